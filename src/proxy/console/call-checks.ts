/** Whether a call comes from a page of the console, which the browser's cookie alone does not say. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { AdminError } from '../admin/admin-error.ts';
import type { ConsoleSession } from './console-sessions.ts';
import type { CsrfHeader } from './contract.ts';

/** What of a call says where it comes from. */
export type CallOrigin = Pick<FastifyRequest, 'method' | 'headers'>;

const CSRF_HEADER: CsrfHeader = 'x-token-pool-csrf';
const READING = ['GET', 'HEAD', 'OPTIONS'];
const FOREIGN = 'The console takes calls from its own pages alone, and this one came from a page of another site.';
const OTHER_HOST =
  'The page that made this call has another address than the one called; what stands before the proxy must pass Host on.';

/**
 * Browsers say where a call comes from, and programs that say nothing have no cookies of anybody.
 *
 * @throws AdminError for a call that a page of another origin made
 */
export function refuseForeignCall({ method, headers }: CallOrigin): void {
  const site = headers['sec-fetch-site'];
  // An address that somebody typed has no site, and changes nothing.
  const isOurs = site === undefined || site === 'same-origin' || (site === 'none' && READING.includes(method));
  if (!isOurs) throw new AdminError('foreign_call', FOREIGN);
  const { origin, host } = headers;
  if (origin !== undefined && hostOf(origin) !== host?.toLowerCase()) throw new AdminError('foreign_call', OTHER_HOST);
}

/** @throws AdminError for a call that may change something and lacks the token of its session */
export function checkCsrfToken(
  { method, headers }: CallOrigin,
  { csrfToken }: Pick<ConsoleSession, 'csrfToken'>,
): void {
  if (READING.includes(method)) return;
  const given = headers[CSRF_HEADER];
  if (typeof given === 'string' && timingSafeEqual(digest(given), digest(csrfToken))) return;
  const message = `Send the csrfToken of GET /console/session in the header ${CSRF_HEADER}.`;
  throw new AdminError('wrong_csrf_token', message);
}

/** `host:port` of an origin; null for what is none, such as the `null` of a sandboxed page. */
function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
