import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { LineAllowance } from '../watch/line-allowance.ts';
import { createLiveClock } from '../live-clock.ts';
import type { AdminContext } from './admin-context.ts';
import { AdminError } from './admin-error.ts';
import { createFailedLogins } from './failed-logins.ts';

/** Of an admin token; longer texts are none. */
export const TOKEN_LENGTH_MAX = 1_024;
const HASH_BYTES = 32;
const LINES_PER_SECOND = 1;
const LINES_BURST = 10;

/** Lets a call pass or throws the answer to it. To be used as an `onRequest` hook. */
export type AdminCheck = (request: FastifyRequest) => Promise<void>;

/**
 * Who knows the admin token. Tokens are compared by their hashes and in constant time; an address that has failed too
 * often is turned away whatever it brings, because otherwise it could go on guessing. One is to be shared by all ways
 * in, as it counts the failures.
 */
export interface AdminLogin {
  /** Of `authorization: Bearer <admin token>`. */
  readonly check: AdminCheck;
  /**
   * Of a token that came in another way.
   *
   * @param token null: none came, which is no guess: a browser or a probe that only looks
   * @throws AdminError unless it is the admin token
   */
  admit(token: string | null, address: string): void;
}

/**
 * @param wallClock Unix time, never going back; that of the machine when left out. Not the core's, which may go faster
 *   than life: whoever guesses would be let in again as much sooner
 */
export function createAdminLogin(
  context: AdminContext,
  wallClock: { nowMs(): number } = createLiveClock(0),
): AdminLogin {
  const failed = createFailedLogins();
  const lines = new LineAllowance(LINES_PER_SECOND, LINES_BURST);
  const admit = (token: string | null, address: string): void => {
    const hash = tokenHashInForce(context);
    const nowMs = wallClock.nowMs();
    const waitMs = failed.waitMs(address, nowMs);
    if (waitMs > 0) {
      const message = 'Too many calls with a wrong admin token came from this address; wait before the next.';
      throw new AdminError('too_many_failed_logins', message, waitMs);
    }
    if (token === null) throw new AdminError('unauthorized', 'Send the admin token: authorization: Bearer <token>.');
    if (isToken(token, hash)) return;
    failed.note(address, nowMs);
    if (lines.take(nowMs)) context.logger.warn({ event: 'admin_login', address }, 'wrong admin token');
    throw new AdminError('unauthorized', 'The admin token is wrong.');
  };
  return { admit, check: async ({ headers, ip }) => admit(bearerToken(headers.authorization), ip) };
}

/** SHA-256 of the admin token. @throws AdminError when there is none */
export function tokenHashInForce({ adminTokenHash, adminTokenAdvice }: AdminContext): string {
  if (adminTokenHash !== null) return adminTokenHash;
  throw new AdminError('admin_api_off', `The admin API is off, because no admin token is set: ${adminTokenAdvice}.`);
}

function bearerToken(header: string | undefined): string | null {
  if (header === undefined || header.length > TOKEN_LENGTH_MAX) return null;
  return /^bearer +(\S+) *$/i.exec(header)?.[1] ?? null;
}

function isToken(token: string, hash: string): boolean {
  const expected = Buffer.from(hash, 'hex');
  if (expected.length !== HASH_BYTES) throw new Error('the hash of the admin token is not a SHA-256 in hex');
  return timingSafeEqual(createHash('sha256').update(token).digest(), expected);
}
