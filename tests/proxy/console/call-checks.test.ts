import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, it } from 'vitest';
import { AdminError } from '../../../src/proxy/admin/admin-error.ts';
import { checkCsrfToken, refuseForeignCall } from '../../../src/proxy/console/call-checks.ts';
import { noTicketCookie, ticketCookie, ticketIn } from '../../../src/proxy/console/session-cookie.ts';

const HOST = '127.0.0.1:3301';
const TICKET = 'Ab-_'.repeat(10) + 'xyz';

/** The code of the error that a check throws; null when it throws none. */
function refusal(check: () => void): string | null {
  try {
    check();
    return null;
  } catch (error) {
    if (!(error instanceof AdminError)) throw error;
    return error.code;
  }
}

describe('a call', () => {
  it.each<[string, IncomingHttpHeaders, string | null]>([
    ['POST', {}, null],
    ['POST', { 'sec-fetch-site': 'same-origin' }, null],
    ['POST', { 'sec-fetch-site': 'cross-site' }, 'foreign_call'],
    ['POST', { 'sec-fetch-site': 'same-site' }, 'foreign_call'],
    ['POST', { 'sec-fetch-site': 'none' }, 'foreign_call'],
    ['POST', { origin: `http://${HOST}` }, null],
    ['POST', { origin: `https://${HOST}` }, null],
    ['POST', { origin: 'http://evil.example' }, 'foreign_call'],
    ['POST', { origin: 'http://127.0.0.1:8080' }, 'foreign_call'],
    ['POST', { origin: 'null' }, 'foreign_call'],
    ['POST', { origin: `http://${HOST}, http://evil.example` }, 'foreign_call'],
    ['POST', { origin: 'http://evil.example', 'sec-fetch-site': 'same-origin' }, 'foreign_call'],
    ['POST', { origin: 'http://pool.example', host: 'Pool.Example' }, null],
    ['GET', {}, null],
    ['GET', { 'sec-fetch-site': 'none' }, null],
    ['GET', { 'sec-fetch-site': 'same-origin' }, null],
    ['GET', { 'sec-fetch-site': 'cross-site' }, 'foreign_call'],
    ['GET', { 'sec-fetch-site': 'same-site' }, 'foreign_call'],
    ['GET', { origin: 'http://evil.example' }, 'foreign_call'],
  ])('%s with %j', (method, headers, code) => {
    expect(refusal(() => refuseForeignCall({ method, headers: { host: HOST, ...headers } }))).toBe(code);
  });

  it('with an origin and without a host is refused', () => {
    const headers = { origin: 'http://pool.example' };
    expect(refusal(() => refuseForeignCall({ method: 'POST', headers }))).toBe('foreign_call');
  });

  it.each<[string, string | undefined, string | null]>([
    ['POST', 'right', null],
    ['POST', undefined, 'wrong_csrf_token'],
    ['POST', '', 'wrong_csrf_token'],
    ['POST', 'righ', 'wrong_csrf_token'],
    ['DELETE', 'wrong', 'wrong_csrf_token'],
    ['GET', undefined, null],
    ['HEAD', undefined, null],
  ])('%s with the CSRF token %s', (method, token, code) => {
    const headers: IncomingHttpHeaders = token === undefined ? {} : { 'x-token-pool-csrf': token };
    expect(refusal(() => checkCsrfToken({ method, headers }, { csrfToken: 'right' }))).toBe(code);
  });
});

describe('the cookie', () => {
  it.each<[string | undefined, string | null]>([
    [undefined, null],
    ['', null],
    [`token_pool_console=${TICKET}`, TICKET],
    [`a=b; token_pool_console=${TICKET};c=d`, TICKET],
    ['token_pool_console=', null],
    [`token_pool_console=${TICKET}x`, null],
    [`token_pool_console="${TICKET}"`, null],
    [`x_token_pool_console=${TICKET}`, null],
    [`token_pool_console=short; token_pool_console=${TICKET}`, TICKET],
  ])('in %s', (header, ticket) => {
    expect(ticketIn(header)).toBe(ticket);
  });

  it('is for the console alone, out of the reach of scripts and other sites', () => {
    const plain = { protocol: 'http', headers: {} } as const;
    const fields = 'Path=/console; Max-Age=43200; HttpOnly; SameSite=Strict';
    expect(ticketCookie(TICKET, plain)).toBe(`token_pool_console=${TICKET}; ${fields}`);
    expect(noTicketCookie(plain)).toBe('token_pool_console=; Path=/console; Max-Age=0; HttpOnly; SameSite=Strict');
  });

  it('goes over TLS alone where the call came over TLS', () => {
    expect(ticketCookie(TICKET, { protocol: 'https', headers: {} })).toMatch(/; Secure$/);
    for (const [forwarded, isSecure] of [
      ['https', true],
      ['HTTPS, http', true],
      ['http, https', false],
      ['http', false],
    ] as const) {
      const cookie = ticketCookie(TICKET, { protocol: 'http', headers: { 'x-forwarded-proto': forwarded } });
      expect([forwarded, cookie.endsWith('; Secure')]).toEqual([forwarded, isSecure]);
    }
  });
});
