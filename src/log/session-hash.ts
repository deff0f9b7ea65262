import { createHash } from 'node:crypto';
import type { RouterRequest, Steering } from '../router/index.ts';

/** First 16 hex digits of SHA-256(salt + id): equal ids stay equal, but none can be read back. */
export function hashSession(sessionId: string, salt: string): string {
  return createHash('sha256')
    .update(salt + sessionId)
    .digest('hex')
    .slice(0, 16);
}

/** The request as the log keeps it: hashes in place of the ids of its session and of what its instructions hold for. */
export function withHashedSession(request: RouterRequest, salt: string): RouterRequest {
  const { sessionId, steering } = request;
  if (sessionId === null && steering === null) return request;
  return {
    ...request,
    sessionId: sessionId === null ? null : hashSession(sessionId, salt),
    steering: steering === null ? null : withHashedScope(steering, salt),
  };
}

/** Sessions and conversations are named by clients; the other scopes go by the ids of requests, which the log has anyway. */
export function withHashedScope(steering: Steering, salt: string): Steering {
  const isNamed = steering.scope === 'session' || steering.scope === 'conversation';
  return isNamed ? { ...steering, scopeId: hashSession(steering.scopeId, salt) } : steering;
}
