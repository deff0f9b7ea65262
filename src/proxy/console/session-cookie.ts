/** The cookie that a browser keeps its ticket in: out of the reach of scripts, for the console's own pages alone. */
import type { FastifyRequest } from 'fastify';
import { SESSION_MS } from './console-sessions.ts';

const NAME = 'token_pool_console';
const TICKET = /^[\w-]{43}$/;

/** What of a call says how it came. */
export type CallTransport = Pick<FastifyRequest, 'protocol' | 'headers'>;

/** The ticket in a `Cookie` header; null when there is none, or something else. */
export function ticketIn(header: string | undefined): string | null {
  for (const part of (header ?? '').split(';')) {
    const [name, value = ''] = part.trim().split('=', 2);
    if (name === NAME && TICKET.test(value)) return value;
  }
  return null;
}

/** For `Set-Cookie`. */
export function ticketCookie(ticket: string, request: CallTransport): string {
  return cookie(ticket, SESSION_MS / 1_000, request);
}

/** The same, to make the browser forget it. */
export function noTicketCookie(request: CallTransport): string {
  return cookie('', 0, request);
}

function cookie(value: string, ageS: number, request: CallTransport): string {
  const fields = [`${NAME}=${value}`, 'Path=/console', `Max-Age=${ageS}`, 'HttpOnly', 'SameSite=Strict'];
  return [...fields, ...(isOverTls(request) ? ['Secure'] : [])].join('; ');
}

/** By itself or through whoever stands before the proxy; who claims it without cause loses the own cookie alone. */
function isOverTls({ protocol, headers }: CallTransport): boolean {
  const forwarded = headers['x-forwarded-proto'];
  const first = typeof forwarded === 'string' ? forwarded.split(',', 1)[0] : undefined;
  return protocol === 'https' || first?.trim().toLowerCase() === 'https';
}
