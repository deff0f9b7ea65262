/** Logging in to the console, out again, and whether one is. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { closedObject } from '../../config/closed-object.ts';
import { AdminError } from '../admin/admin-error.ts';
import { TOKEN_LENGTH_MAX, tokenHashInForce } from '../admin/admin-login.ts';
import { fieldsOf, refuseFields, refuseUnreadBody } from '../admin/checked-input.ts';
import { checkCsrfToken, refuseForeignCall } from './call-checks.ts';
import type { ConsoleContext } from './console-context.ts';
import { endOf, type ConsoleSession, type ConsoleSessions } from './console-sessions.ts';
import type { SessionPage } from './contract.ts';
import { noTicketCookie, ticketCookie, ticketIn } from './session-cookie.ts';

// Without a word of what was sent: it may be a token with a slip in it.
const TOKEN_EXPECTED = 'expected the admin token, as text';
const loginSchema = closedObject({ token: z.custom<string>(isToken, { error: TOKEN_EXPECTED }) });

/**
 * Adds `GET /console/session`, `POST /console/login` and `POST /console/logout`.
 *
 * @param loggedOut a session has ended
 */
export function sessionRoutes(
  app: FastifyInstance,
  context: ConsoleContext,
  sessions: ConsoleSessions,
  loggedOut: () => void,
): void {
  const { admin, login } = context;
  const pageOf = (session: ConsoleSession | null): SessionPage => {
    if (admin.adminTokenHash === null) return { state: 'off', advice: admin.adminTokenAdvice };
    if (session === null) return { state: 'signed-out' };
    const { csrfToken } = session;
    return { state: 'signed-in', csrfToken, expiresAtMs: Math.floor(endOf(session)), version: admin.view.version };
  };

  app.get('/session', (request): SessionPage => {
    refuseForeignCall(request);
    return pageOf(sessionOf(request, sessions));
  });

  app.post('/login', (request, reply): SessionPage => {
    refuseForeignCall(request);
    refuseUnreadBody(request.body, request.headers);
    const { token } = fieldsOf(request.body, loginSchema);
    login.admit(token.trim(), request.ip);
    const before = sessionOf(request, sessions);
    if (before !== null) sessions.end(before);
    const { ticket, session } = sessions.open(tokenHashInForce(admin));
    admin.logger.info({ event: 'console', address: request.ip }, 'a login to the console');
    reply.header('set-cookie', ticketCookie(ticket, request));
    return pageOf(session);
  });

  app.post('/logout', (request, reply): SessionPage => {
    refuseForeignCall(request);
    refuseUnreadBody(request.body, request.headers);
    refuseFields(request.body);
    const session = sessionOf(request, sessions);
    if (session !== null) {
      checkCsrfToken(request, session);
      sessions.end(session);
      loggedOut();
    }
    forget(reply, request);
    return pageOf(null);
  });
}

/** The session that a call belongs to. @throws AdminError when there is none, or the call is none of a page of ours */
export function requireSession(
  request: FastifyRequest,
  { admin }: ConsoleContext,
  sessions: ConsoleSessions,
): ConsoleSession {
  refuseForeignCall(request);
  tokenHashInForce(admin);
  const session = sessionOf(request, sessions);
  if (session === null) throw new AdminError('unauthorized', 'Log in first: there is no session, or it is over.');
  checkCsrfToken(request, session);
  return session;
}

function sessionOf({ headers }: FastifyRequest, sessions: ConsoleSessions): ConsoleSession | null {
  const ticket = ticketIn(headers.cookie);
  return ticket === null ? null : sessions.use(ticket);
}

function forget(reply: FastifyReply, request: FastifyRequest): void {
  reply.header('set-cookie', noTicketCookie(request));
}

function isToken(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '' && value.length <= TOKEN_LENGTH_MAX;
}
