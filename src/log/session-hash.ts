import { createHash } from 'node:crypto';
import type { RouterRequest } from '../router/index.ts';

/** First 16 hex digits of SHA-256(salt + id): equal ids stay equal, but none can be read back. */
export function hashSession(sessionId: string, salt: string): string {
  return createHash('sha256')
    .update(salt + sessionId)
    .digest('hex')
    .slice(0, 16);
}

/** The request as the log keeps it: the session's hash in place of its id. */
export function withHashedSession(request: RouterRequest, salt: string): RouterRequest {
  return request.sessionId === null ? request : { ...request, sessionId: hashSession(request.sessionId, salt) };
}
