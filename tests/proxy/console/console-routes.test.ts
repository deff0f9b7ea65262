import { afterEach, describe, expect, it } from 'vitest';
import type { SessionPage } from '../../../src/proxy/console/contract.ts';
import { temporaryFolder } from '../../log/temporary-folder.ts';
import { poolOf, targetOf } from '../../router/small-pool.ts';
import { ADMIN_TOKEN, startTrial, START_MS, type ProxyOnTrial, type TrialOptions } from '../proxy-on-trial.ts';
import { PageClient, signedIn, type Answer } from './page-client.ts';

const HOUR_MS = 3_600_000;
const TARGET = 'aurora.main.small';
const ABSENT = { script: '/absent/main.tsx', style: '/absent/console.css' };

const folder = temporaryFolder();
let trial: ProxyOnTrial;
let page: PageClient;
/** The clock of the sessions, which is not the core's. */
let nowMs = START_MS;
let isOn = true;
const start = async (options: Partial<TrialOptions> = {}): Promise<void> => {
  nowMs = START_MS;
  isOn = true;
  trial = await startTrial({
    pool: poolOf([targetOf(TARGET)]),
    ...options,
    console: {
      sources: ABSENT,
      nowMs: () => nowMs,
      frameEveryMs: 20,
      get isOn() {
        return isOn;
      },
    },
  });
  page = new PageClient(trial.port);
};
const shown = ({ status, code }: Answer): [number, string] => [status, code];
const state = async (client = page): Promise<string> =>
  ((await client.get('/console/session')).json() as SessionPage).state;
afterEach(() => trial.stop());

describe('the login', () => {
  it('with the admin token opens a session', async () => {
    await start();
    expect((await page.get('/console/session')).json()).toEqual({ state: 'signed-out' });
    const answer = await page.login(` ${ADMIN_TOKEN}\n`);
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({
      state: 'signed-in',
      csrfToken: expect.stringMatching(/^[\w-]{43}$/) as string,
      expiresAtMs: START_MS + HOUR_MS,
      version: '0.0.0-trial',
    });
    expect(answer.headers['set-cookie']).toEqual([
      expect.stringMatching(/^token_pool_console=[\w-]{43}; Path=\/console; Max-Age=43200; HttpOnly; SameSite=Strict$/),
    ]);
    nowMs += 1_000;
    const again = signedIn(await page.get('/console/session'));
    expect(again).toEqual({ ...signedIn(answer), expiresAtMs: START_MS + HOUR_MS + 1_000 });
    expect((await page.get('/console/api/status')).json()).toMatchObject({ version: '0.0.0-trial' });
  });

  it('goes on over TLS alone when it came over TLS', async () => {
    await start();
    const answer = await page.post('/console/login', { token: ADMIN_TOKEN }, { 'x-forwarded-proto': 'https' });
    expect(answer.headers['set-cookie']![0]).toMatch(/; Secure$/);
  });

  it('without the right token opens none, and says nothing of what was sent', async () => {
    await start();
    for (const [body, status, code] of [
      [{ token: 'wrong-marker' }, 401, 'unauthorized'],
      [{ token: `${ADMIN_TOKEN}x` }, 401, 'unauthorized'],
      [{}, 400, 'bad_request'],
      ['', 400, 'bad_request'],
      [{ token: '' }, 400, 'bad_request'],
      [{ token: ' ' }, 400, 'bad_request'],
      [{ token: 12 }, 400, 'bad_request'],
      [{ token: [ADMIN_TOKEN] }, 400, 'bad_request'],
      [{ token: 'wrong-marker'.repeat(100) }, 400, 'bad_request'],
      [{ token: ADMIN_TOKEN, remember: true }, 400, 'bad_request'],
      ['{"token": "wrong-marker', 400, 'bad_request'],
      [{ token: 'x'.repeat(5_000) }, 413, 'body_too_large'],
    ] as const) {
      const answer = await page.post('/console/login', body, { 'content-type': 'application/json' });
      expect([body, ...shown(answer)]).toEqual([body, status, code]);
      expect(answer.headers['set-cookie']).toBeUndefined();
      expect(answer.text).not.toContain('marker');
    }
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await page.post('/console/login', `token=${ADMIN_TOKEN}`, form)).status).toBe(415);
    expect(await state()).toBe('signed-out');
    expect(trial.lines.join('')).not.toContain('marker');
  });

  it('cannot be while there is no admin token', async () => {
    await start({ context: { adminTokenHash: null } });
    expect((await page.get('/console/session')).json()).toEqual({ state: 'off', advice: 'set server.adminTokenEnv' });
    expect(shown(await page.login(ADMIN_TOKEN))).toEqual([403, 'admin_api_off']);
    expect(shown(await page.get('/console/api/status'))).toEqual([403, 'admin_api_off']);
    expect(shown(await page.get('/console/live'))).toEqual([403, 'admin_api_off']);
  });

  it('and the admin API count the same failures', async () => {
    await start();
    for (let guess = 0; guess < 5; guess++) {
      expect((await page.login(`guess-${guess}`)).status).toBe(401);
      expect((await trial.get('/admin/status', `guess-${guess}`)).status).toBe(401);
    }
    const refused = await page.login(ADMIN_TOKEN);
    expect([...shown(refused), refused.headers['retry-after']]).toEqual([429, 'too_many_failed_logins', '6']);
    expect((await trial.get('/admin/status')).status).toBe(429);
    trial.wallMs = START_MS + 6_001;
    expect((await page.login(ADMIN_TOKEN)).status).toBe(200);
  });

  it('does not lock out who is logged in already', async () => {
    await start();
    await page.login(ADMIN_TOKEN);
    for (let guess = 0; guess < 10; guess++) await new PageClient(trial.port).login('guess');
    expect((await page.get('/console/api/status')).status).toBe(200);
  });

  it('of the same browser takes the place of the one before', async () => {
    await start();
    await page.login(ADMIN_TOKEN);
    const before = page.cookie!;
    await page.login(ADMIN_TOKEN);
    expect(page.cookie).not.toBe(before);
    expect(await state()).toBe('signed-in');
    const old = new PageClient(trial.port);
    old.cookie = before;
    expect(await state(old)).toBe('signed-out');
  });
});

describe('the logout', () => {
  it('ends the session and clears the cookie', async () => {
    await start();
    await page.login(ADMIN_TOKEN);
    const { cookie } = page;
    const answer = await page.post('/console/logout');
    expect([answer.status, answer.text]).toEqual([200, '{"state":"signed-out"}']);
    expect(answer.headers['set-cookie']![0]).toMatch(/^token_pool_console=; .*Max-Age=0/);
    page.cookie = cookie;
    expect(shown(await page.get('/console/api/status'))).toEqual([401, 'unauthorized']);
    expect((await page.post('/console/logout')).status).toBe(200);
  });

  it('wants the CSRF token', async () => {
    await start();
    await page.login(ADMIN_TOKEN);
    page.csrfToken = null;
    expect(shown(await page.post('/console/logout'))).toEqual([403, 'wrong_csrf_token']);
    expect(await state()).toBe('signed-in');
  });
});

describe('a session', () => {
  it('is over after an hour without a call, and after twelve with many', async () => {
    await start();
    await page.login(ADMIN_TOKEN);
    nowMs += HOUR_MS;
    expect(shown(await page.get('/console/api/status'))).toEqual([401, 'unauthorized']);
    await page.login(ADMIN_TOKEN);
    for (let half = 0; half < 23; half++) {
      nowMs += HOUR_MS / 2;
      expect((await page.get('/console/api/budgets')).status).toBe(200);
    }
    nowMs += HOUR_MS / 2;
    expect(await state()).toBe('signed-out');
  });

  it('is of this run, whoever presents a cookie from before', async () => {
    await start();
    page.cookie = `token_pool_console=${'x'.repeat(43)}`;
    expect(await state()).toBe('signed-out');
    expect(shown(await page.get('/console/live'))).toEqual([401, 'unauthorized']);
  });
});

describe('the admin API of the console', () => {
  it('has every route of the admin API, wants a session for each and the CSRF token for what changes something', async () => {
    await start({ folder: folder('log') });
    const below = (prefix: string): string[] =>
      trial.routes.filter((route) => route.includes(` ${prefix}/`)).map((route) => route.replace(prefix, ''));
    const routes = below('/console/api');
    expect(routes.toSorted()).toEqual(below('/admin').toSorted());
    expect(routes.length).toBeGreaterThan(20);
    const calls = routes.map((route) => {
      const [method = '', path = ''] = route.split(' ');
      const url = `/console/api${path.replace(':id', TARGET).replace(':requestId', 'r1')}`;
      return { method, url, body: path.endsWith('/cool') ? { forMs: 1_000 } : {} };
    });
    for (const { method, url, body } of calls) {
      const answer = await page.call(method, url, method === 'POST' ? { body } : {});
      expect([method, url, answer.status]).toEqual([method, url, 401]);
    }
    await page.login(ADMIN_TOKEN);
    const { csrfToken } = page;
    for (const given of [null, `${csrfToken!.slice(0, -1)}_`, 'x']) {
      page.csrfToken = given;
      for (const { url, body } of calls.filter(({ method }) => method === 'POST')) {
        expect([url, ...shown(await page.post(url, body))]).toEqual([url, 403, 'wrong_csrf_token']);
      }
    }
    expect(trial.driver.router.stateOf(0)).toBe('healthy');
    page.csrfToken = csrfToken;
    trial.serve('r1');
    await trial.log!.flushed();
    for (const { method, url, body } of calls) {
      const answer = await page.call(method, url, method === 'POST' ? { body } : {});
      // A promotion and a rollback of nothing are refused for what they are.
      const expected = url.includes('/policies/promote') ? 400 : url.includes('/policies/rollback') ? 400 : 200;
      const isCool = url.endsWith('/cool');
      expect([method, url, isCool || answer.status === expected, answer.text.slice(0, 200)]).toMatchObject([
        method,
        url,
        true,
        expect.anything(),
      ]);
    }
  });

  it('carries orders out', async () => {
    await start();
    await page.login(ADMIN_TOKEN);
    expect((await page.post(`/console/api/targets/${TARGET}/disable`)).json()).toMatchObject({
      target: { state: 'disabled' },
    });
    expect(trial.driver.router.stateOf(0)).toBe('disabled');
  });

  it('takes no token in place of a session, and the admin API no session in place of a token', async () => {
    await start();
    const bearer = { authorization: `Bearer ${ADMIN_TOKEN}` };
    expect(shown(await page.get('/console/api/status', bearer))).toEqual([401, 'unauthorized']);
    await page.login(ADMIN_TOKEN);
    expect(shown(await page.get('/admin/status'))).toEqual([401, 'unauthorized']);
  });

  it('takes calls from its own pages alone', async () => {
    await start();
    const host = `127.0.0.1:${trial.port}`;
    const foreign = [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'http://evil.example' },
      { origin: `http://127.0.0.1:${trial.port + 1}` },
      { origin: 'null' },
    ];
    for (const headers of foreign) {
      const login = await page.post('/console/login', { token: ADMIN_TOKEN }, headers);
      expect([headers, ...shown(login)]).toEqual([headers, 403, 'foreign_call']);
    }
    await page.login(ADMIN_TOKEN);
    for (const headers of foreign) {
      for (const [method, path] of [
        ['POST', `/console/api/targets/${TARGET}/disable`],
        ['POST', '/console/logout'],
        ['GET', '/console/api/status'],
        ['GET', '/console/live'],
        ['GET', '/console/session'],
      ] as const) {
        const answer = await page.call(method, path, { headers, ...(method === 'POST' ? { body: {} } : {}) });
        expect([headers, path, ...shown(answer)]).toEqual([headers, path, 403, 'foreign_call']);
      }
    }
    expect(trial.driver.router.stateOf(0)).toBe('healthy');
    const own = { 'sec-fetch-site': 'same-origin', origin: `http://${host}` };
    expect((await page.post(`/console/api/targets/${TARGET}/disable`, {}, own)).status).toBe(200);
  });
});

describe('every answer of the console', () => {
  it('has the headers that keep others out, whatever it is', async () => {
    await start();
    const look = async (answer: Answer, status: number): Promise<void> => {
      expect([answer.text, answer.status]).toEqual([answer.text, status]);
      expect(answer.headers).toMatchObject({
        'content-security-policy':
          "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'cache-control': 'no-store',
      });
    };
    await look(await page.get('/console/session'), 200);
    await look(await page.get('/console'), 500);
    await look(await page.get('/console/nothing'), 404);
    await look(await page.call('DELETE', '/console/login'), 405);
    await look(await page.call('OPTIONS', '/console/login'), 204);
    await look(await page.get('/console/live'), 401);
    await look(await page.get('/console/api/nothing'), 401);
    await look(await page.login('wrong'), 401);
    await look(await page.post('/console/login', { token: 'x'.repeat(9_000) }), 413);
    await look(await page.login(ADMIN_TOKEN), 200);
    await look(await page.get('/console/api/status'), 200);
    await look(await page.get('/console/api/nothing'), 404);
    await look(await page.call('HEAD', '/console/live'), 405);
    page.csrfToken = 'wrong';
    await look(await page.post('/console/api/reload'), 403);
    const stream = await page.live();
    expect(stream.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining("default-src 'none'") as string,
    });
    stream.leave();
  });
});

describe('the switch of the configuration', () => {
  it('takes everything away, and ends streams', async () => {
    await start();
    await page.login(ADMIN_TOKEN);
    const stream = await page.live();
    await stream.framesCome(1);
    isOn = false;
    await stream.ends();
    for (const path of ['/console', '/console/session', '/console/api/status', '/console/live', '/console/x']) {
      expect([path, ...shown(await page.get(path))]).toEqual([path, 404, 'not_found']);
    }
    expect((await trial.get('/admin/status')).status).toBe(200);
  });
});

describe('live frames', () => {
  it('want a session; the first comes at once, and the next ones by themselves', async () => {
    await start();
    expect(shown(await page.get('/console/live'))).toEqual([401, 'unauthorized']);
    await page.login(ADMIN_TOKEN);
    const stream = await page.live();
    await stream.framesCome(3);
    const [first] = stream.frames;
    expect(first!.status).toEqual((await page.get('/console/api/status')).json());
    expect(first!.budgets).toEqual((await page.get('/console/api/budgets')).json());
    stream.leave();
  });

  it('are for sixteen readers at once', async () => {
    await start();
    await page.login(ADMIN_TOKEN);
    const streams = [];
    for (let reader = 0; reader < 16; reader++) streams.push(await page.live());
    const refused = await page.get('/console/live');
    expect([...shown(refused), refused.headers['retry-after']]).toEqual([429, 'too_many_streams', '10']);
    streams[7]!.leave();
    await expect
      .poll(async () => {
        const next = await page.live();
        const { statusCode } = next.response;
        if (statusCode === 200) streams.push(next);
        return statusCode;
      })
      .toBe(200);
    for (const stream of streams) stream.leave();
  });

  it('end with the session: at the logout at once, at its end with the next frame', async () => {
    await start();
    const other = new PageClient(trial.port);
    await page.login(ADMIN_TOKEN);
    await other.login(ADMIN_TOKEN);
    const [mine, theirs] = [await page.live(), await other.live()];
    await page.post('/console/logout');
    await mine.ends();
    expect(mine.events.at(-1)).toEqual({ event: 'expired', data: '{}' });
    await theirs.framesCome(theirs.frames.length + 2);
    expect(theirs.isEnded).toBe(false);
    nowMs += HOUR_MS;
    await theirs.ends();
    expect(theirs.events.at(-1)!.event).toBe('expired');
  });
});
