import { request as httpRequest } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { createFailedLogins } from '../../../src/proxy/admin/failed-logins.ts';
import { poolOf, targetOf } from '../../router/small-pool.ts';
import { ADMIN_TOKEN, startTrial, START_MS, type ProxyOnTrial, type TrialOptions } from '../proxy-on-trial.ts';

const CALLS = [
  '/admin/status',
  '/admin/requests',
  '/admin/nothing-here',
  '/admin/explain/r1',
  '/admin/log?table=inputs',
  '/api/health',
];
let trial: ProxyOnTrial;
const start = async (context: TrialOptions['context'] = {}): Promise<void> => {
  trial = await startTrial({ pool: poolOf([targetOf('aurora.main.small')]), context });
};
const code = async (response: Response): Promise<string> => {
  const { error } = (await response.json()) as { error: { code: string; message: string } };
  expect(error.message.length).toBeGreaterThan(10);
  return error.code;
};
afterEach(() => trial.stop());

describe('the admin token', () => {
  it.each(CALLS)('is wanted for %s', async (path) => {
    await start();
    const without = await trial.get(path, null);
    expect([without.status, await code(without)]).toEqual([401, 'unauthorized']);
    expect(without.headers.get('www-authenticate')).toBe('Bearer');
    expect(without.headers.get('cache-control')).toBe('no-store');
    const wrong = await trial.get(path, `${ADMIN_TOKEN}x`);
    expect(wrong.status).toBe(401);
    const hash = await trial.get(path, '0'.repeat(64));
    expect(hash.status).toBe(401);
  });

  it.each(['disable', 'enable', 'cool'])('is wanted before anybody may %s a target', async (action) => {
    await start();
    const response = await trial.post(`/admin/targets/aurora.main.small/${action}`, { forMs: 1_000 }, null);
    expect(response.status).toBe(401);
    expect(trial.driver.router.stateOf(0)).toBe('healthy');
  });

  it('is wanted for reload and rotate', async () => {
    let reloads = 0;
    const reload = (): Promise<{ changed: string[] }> => {
      reloads += 1;
      return Promise.resolve({ changed: [] });
    };
    await start({ reload });
    expect((await trial.post('/admin/reload', undefined, 'wrong')).status).toBe(401);
    expect((await trial.post('/admin/rotate', undefined, null)).status).toBe(401);
    expect(reloads).toBe(0);
  });

  it('turns everything away when there is none, and says how to set one', async () => {
    await start({ adminTokenHash: null });
    for (const path of CALLS) {
      for (const token of [null, ADMIN_TOKEN, '']) {
        const response = await trial.get(path, token);
        expect(response.status).toBe(403);
        expect(await response.json()).toMatchObject({
          error: { code: 'admin_api_off', message: expect.stringContaining('set server.adminTokenEnv') as string },
        });
      }
    }
  });

  it('lets metrics be read by all or by its holder, as configured', async () => {
    await start({ metricsFor: 'admin' });
    expect((await trial.get('/metrics', null)).status).toBe(401);
    expect((await trial.get('/metrics')).status).toBe(200);
    expect((await trial.get('/health', null)).status).toBe(200);
  });

  it('is taken as the header has it, and in no other way', async () => {
    await start();
    const { port } = trial;
    const status = (headers: Record<string, string>, path = '/admin/status'): Promise<number> =>
      new Promise((resolve, reject) => {
        const call = httpRequest({ host: '127.0.0.1', port, path, headers }, (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        });
        call.once('error', reject).end();
      });
    expect(await status({ authorization: `bearer   ${ADMIN_TOKEN} ` })).toBe(200);
    expect(await status({ authorization: ADMIN_TOKEN })).toBe(401);
    expect(await status({ authorization: `Basic ${ADMIN_TOKEN}` })).toBe(401);
    expect(await status({ 'x-api-key': ADMIN_TOKEN })).toBe(401);
    expect(await status({}, `/admin/status?token=${ADMIN_TOKEN}`)).toBe(401);
    expect(await status({ authorization: `Bearer ${'x'.repeat(5_000)}` })).toBe(401);
  });
});

describe('guessing at the admin token', () => {
  it('is slowed down for the address that it comes from, whatever comes next', async () => {
    await start();
    for (let guess = 0; guess < 10; guess++)
      expect((await trial.get('/admin/status', `guess-${guess}`)).status).toBe(401);
    const refused = await trial.get('/admin/status');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '6']);
    expect(await code(refused)).toBe('too_many_failed_logins');
    expect((await trial.get('/api/health')).status).toBe(429);
    trial.wallMs = START_MS + 6_001;
    expect((await trial.get('/admin/status')).status).toBe(200);
    expect((await trial.get('/admin/status', 'guess')).status).toBe(401);
    expect((await trial.get('/admin/status')).status).toBe(429);
  });

  it('is slowed down by the wall clock, however fast the time of the core goes', async () => {
    await start();
    for (let guess = 0; guess < 10; guess++) await trial.get('/admin/status', `guess-${guess}`);
    trial.nowMs = START_MS + 3_600_000;
    trial.wallMs = START_MS + 2_000;
    const refused = await trial.get('/admin/status', 'guess');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '4']);
  });

  it('is not what a call without a token does', async () => {
    await start();
    for (let call = 0; call < 30; call++) await trial.get('/admin/status', null);
    expect((await trial.get('/admin/status')).status).toBe(200);
  });

  it('shows in the log, without what was guessed', async () => {
    await start();
    await trial.get('/admin/status', 'guess-marker');
    expect(trial.lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { level: 'warn', event: 'admin_login', address: '127.0.0.1' },
    ]);
    expect(trial.lines.join('')).not.toContain('guess-marker');
  });

  it('takes bounded memory, however many addresses take part', async () => {
    await start();
    const failed = createFailedLogins();
    for (let address = 0; address < 5_000; address++) failed.note(`10.0.${address >> 8}.${address & 255}`, address);
    expect(failed.size).toBe(1_000);
    for (let failure = 0; failure < 10; failure++) failed.note('last', 6_000);
    expect(failed.waitMs('last', 6_000)).toBe(6_000);
    expect(failed.waitMs('last', 12_000)).toBe(0);
    expect(failed.waitMs('other', 6_000)).toBe(0);
  });
});
