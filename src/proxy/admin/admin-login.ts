import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { LineAllowance } from '../watch/line-allowance.ts';
import type { AdminContext } from './admin-context.ts';
import { AdminError } from './admin-error.ts';
import { createFailedLogins } from './failed-logins.ts';

const TOKEN_LENGTH_MAX = 1_024;
const HASH_BYTES = 32;
const LINES_PER_SECOND = 1;
const LINES_BURST = 10;

/** Lets a call pass or throws the answer to it. To be used as an `onRequest` hook. */
export type AdminCheck = (request: FastifyRequest) => Promise<void>;

/**
 * The check of `authorization: Bearer <admin token>`. Tokens are compared by their hashes and in constant time; an
 * address that has failed too often is turned away whatever it brings, because otherwise it could go on guessing.
 * One check is to be shared by all routes, as it counts the failures.
 */
export function createAdminCheck(context: AdminContext): AdminCheck {
  const failed = createFailedLogins();
  const lines = new LineAllowance(LINES_PER_SECOND, LINES_BURST);
  return async (request) => {
    const { adminTokenHash, view } = context;
    if (adminTokenHash === null) {
      const message = `The admin API is off, because no admin token is set: ${context.adminTokenAdvice}.`;
      throw new AdminError('admin_api_off', message);
    }
    const nowMs = view.nowMs();
    const waitMs = failed.waitMs(request.ip, nowMs);
    if (waitMs > 0) {
      const message = 'Too many calls with a wrong admin token came from this address; wait before the next.';
      throw new AdminError('too_many_failed_logins', message, waitMs);
    }
    const token = bearerToken(request.headers.authorization);
    if (token !== null && isToken(token, adminTokenHash)) return;
    // A call without a token is no guess: a browser or a probe that only looks.
    if (token !== null) {
      failed.note(request.ip, nowMs);
      if (lines.take(nowMs)) context.logger.warn({ event: 'admin_login', address: request.ip }, 'wrong admin token');
    }
    const message =
      token === null ? 'Send the admin token: authorization: Bearer <token>.' : 'The admin token is wrong.';
    throw new AdminError('unauthorized', message);
  };
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
