import { connect } from 'node:net';
import { tableFromIPC } from 'apache-arrow';
import { afterEach, describe, expect, it } from 'vitest';
import { BadInput } from '../../../src/config/bad-input.ts';
import type { BudgetPage, StatusPage } from '../../../src/proxy/admin/index.ts';
import type { CostReport, RecentRequest, TargetStatus } from '../../../src/proxy/watch/index.ts';
import { FAILED, LIMITED, poolOf, targetOf } from '../../router/small-pool.ts';
import { temporaryFolder } from '../../log/temporary-folder.ts';
import { ADMIN_TOKEN, startTrial, START_MS, type ProxyOnTrial, type TrialOptions } from '../proxy-on-trial.ts';
import { CORE_VERSION } from '../../../src/router/index.ts';

const SLASHED = 'aurora.main.org/small:v1.5';
const OTHER = 'borealis.main.small';
const pool = poolOf(
  [targetOf(SLASHED, { budgets: [{ metric: 'microUsd', window: 'day', limit: 10_000 }] }), targetOf(OTHER)],
  {
    keys: { 'borealis.main': { concurrencyLimit: 2, queueLimit: 5 } },
    clientKeys: [{ name: 'team', priorityCeiling: 'high', models: null, maySteer: true, routes: null, budgets: [] }],
  },
);
const path = (target: string, action: string): string => `/admin/targets/${encodeURIComponent(target)}/${action}`;

let trial: ProxyOnTrial;
const start = async (options: Partial<TrialOptions> = {}): Promise<void> => {
  trial = await startTrial({ pool, policy: { retry: { attemptsMax: 2 } }, ...options });
};
const json = async <T>(response: Response, status = 200): Promise<T> => {
  expect(response.headers.get('content-type')).toContain('application/json');
  expect(response.headers.get('cache-control')).toBe('no-store');
  const body = (await response.json()) as T;
  expect([response.status, body]).toEqual([status, body]);
  return body;
};
const refusal = async (response: Response): Promise<[number, string, string]> => {
  const body = await json<{ error: { code: string; message: string } }>(response, response.status);
  expect(Object.keys(body)).toEqual(['error']);
  expect(Object.keys(body.error)).toEqual(['code', 'message']);
  return [response.status, body.error.code, body.error.message];
};
afterEach(() => trial.stop());

describe('status', () => {
  it('says how the proxy and each target stand, and why', async () => {
    await start();
    trial.driver.order({ kind: 'disable', target: SLASHED, untilMs: null });
    trial.begin('r1');
    trial.begin('r2');
    trial.begin('r3');
    trial.nowMs += 90_000;
    const page = await json<StatusPage>(await trial.get('/admin/status'));
    expect(page).toMatchObject({
      version: '0.0.0-trial',
      coreVersion: CORE_VERSION,
      startedAtMs: START_MS,
      uptimeSeconds: 90,
      isDraining: false,
      policy: { name: 'trial', hash: 'a1b2', mode: 'ranked', explorationRate: 0 },
      openRequests: 3,
      waitingRequests: 1,
      upstream: { open: 5, idle: 2, waiting: 1, attempts: 3 },
      log: { state: 'ok', droppedRecords: 0 },
    });
    expect(page.targets).toMatchObject([
      { target: SLASHED, state: 'disabled', isAvailable: false, why: expect.stringContaining('disabled') as string },
      {
        target: OTHER,
        state: 'healthy',
        isAvailable: true,
        why: 'busy: its key has 2 attempts in flight, at most 2',
        cooldownLeftMs: 0,
        inFlight: 2,
        waiting: 1,
        queueLimit: 5,
        beliefs: { successRatio: expect.closeTo(0.95, 6) as number, firstTokenMs: expect.closeTo(800, 6) as number },
        isLeaving: false,
      },
    ]);
  });

  it('tells a rest that was ordered from one after failures, where no attempt has failed', async () => {
    await start();
    trial.driver.order({ kind: 'cool', target: SLASHED, untilMs: START_MS + 60_000 });
    const { targets } = await json<StatusPage>(await trial.get('/admin/status'));
    expect(targets.find(({ target }) => target === SLASHED)?.why).toBe(
      'rests by an order, or since before the last start',
    );
  });

  it('tells a rate limit, a spent budget and a rest from each other', async () => {
    await start();
    trial.driver.order({ kind: 'disable', target: SLASHED, untilMs: null });
    trial.serve('r1', {}, { ...LIMITED, retryAfterMs: 30_000 });
    trial.driver.order({ kind: 'enable', target: SLASHED, untilMs: null });
    trial.serve('r2', {}, { costMicroUsd: 10_000 });
    const [spent, limited] = (await json<StatusPage>(await trial.get('/admin/status'))).targets;
    expect(spent).toMatchObject({
      isAvailable: false,
      why: `used up: target ${SLASHED}: USD per day`,
      cooldownLeftMs: 0,
    });
    expect(limited).toMatchObject({ isAvailable: false, why: expect.stringContaining('429') as string });
    expect(limited!.cooldownLeftMs).toBeGreaterThan(29_000);
    expect(limited!.cooldownLeftMs).toBeLessThanOrEqual(30_000);
  });
});

describe('budgets, requests and costs', () => {
  it('come as the watchers have them', async () => {
    await start();
    trial.driver.order({ kind: 'disable', target: OTHER, untilMs: null });
    trial.serve('r1', { clientKey: 'team' });
    const { budgets } = await json<BudgetPage>(await trial.get('/admin/budgets'));
    const label = `target ${SLASHED}: USD per day`;
    expect(budgets).toEqual([
      { label, metric: 'microUsd', window: 'day', limit: 10_000, used: 1_800, useRatio: 0.18, pressure: 0 },
    ]);
    const { requests } = await json<{ requests: RecentRequest[] }>(await trial.get('/admin/requests'));
    expect(requests).toMatchObject([{ requestId: 'r1', selectedProviderId: SLASHED }]);
    expect(requests).toEqual(JSON.parse(JSON.stringify(trial.watch.recentRequests())));
    const costs = await json<CostReport>(await trial.get('/admin/costs'));
    expect(costs.hours).toMatchObject([
      { startMs: Date.UTC(2026, 0, 15, 10), clientKeys: { team: { costMicroUsd: 1_800 } } },
    ]);
    expect(costs.days).toMatchObject([{ startMs: Date.UTC(2026, 0, 15), targets: { [SLASHED]: { attempts: 1 } } }]);
  });
});

describe('parameters', () => {
  it('of a call that takes a number of requests', async () => {
    await start();
    for (let index = 0; index < 60; index++) trial.serve(`r${index}`);
    const ids = async (query: string): Promise<string[]> => {
      const { requests } = await json<{ requests: RecentRequest[] }>(await trial.get(`/admin/requests${query}`));
      return requests.map(({ requestId }) => requestId);
    };
    expect(await ids('?limit=2')).toEqual(['r59', 'r58']);
    expect(await ids('?limit=50')).toEqual(await ids(''));
    for (const [query, message] of [
      ['limit=abc', 'limit: expected a whole number, got "abc"'],
      ['limit=0', 'limit: expected number >= 1'],
      ['limit=51', 'limit: expected number <= 50'],
      ['limit=1&limit=2', 'limit: expected text'],
      ['since=1', 'since: unknown field (known: limit)'],
    ] as const) {
      const [status, code, text] = await refusal(await trial.get(`/admin/requests?${query}`));
      expect([query, status, code]).toEqual([query, 400, 'bad_request']);
      expect(text).toContain(message);
    }
  });

  it('are refused where there are none, by their names', async () => {
    await start();
    for (const [method, path, name] of [
      ['GET', '/admin/status?target=a', 'target'],
      ['GET', '/admin/budgets?limit=1', 'limit'],
      ['GET', '/admin/costs?since=1', 'since'],
      ['GET', '/admin/explain/r1?table=x', 'table'],
      ['POST', '/admin/reload?dry%20run=1', '["dry run"]'],
      ['POST', '/admin/rotate?until=1', 'until'],
      ['POST', '/admin/targets/borealis.main.small/disable?forMs=1', 'forMs'],
      ['POST', '/admin/targets/borealis.main.small/cool?forMs=1', 'forMs'],
    ] as const) {
      const answer = await refusal(await (method === 'GET' ? trial.get(path) : trial.post(path)));
      expect([path, ...answer]).toEqual([path, 400, 'bad_request', `${name}: unknown parameter; this call takes none`]);
    }
    expect(trial.driver.router.stateOf(1)).toBe('healthy');
    // Before anything else is said of it, one has to log in; and what is not there stays what it is.
    expect((await trial.get('/admin/status?x=1', null)).status).toBe(401);
    expect((await trial.get('/admin/nothing?x=1')).status).toBe(404);
  });
});

describe('orders', () => {
  it('disable, enable and cool a target, whose name may hold a slash', async () => {
    await start();
    const state = async (response: Response): Promise<TargetStatus> =>
      (await json<{ target: TargetStatus }>(response)).target;
    expect(await state(await trial.post(path(SLASHED, 'disable')))).toMatchObject({
      target: SLASHED,
      state: 'disabled',
    });
    expect(trial.driver.router.stateOf(0)).toBe('disabled');
    expect(trial.serve('r1').sends[0]!.target).toBe(OTHER);
    expect(await state(await trial.post(path(SLASHED, 'enable')))).toMatchObject({ state: 'healthy' });
    const cooled = await state(await trial.post(path(SLASHED, 'cool'), { forMs: 60_000 }));
    expect(cooled).toMatchObject({ state: 'cooldown', cooldownLeftMs: 60_000, isAvailable: false });
    const longer = await state(await trial.post(path(SLASHED, 'cool'), { untilMs: START_MS + 90_000 }));
    expect(longer.cooldownLeftMs).toBe(90_000);
    expect(trial.lines.map((line) => JSON.parse(line) as object)).toContainEqual(
      expect.objectContaining({ event: 'admin', action: 'cool', target: SLASHED, untilMs: START_MS + 90_000 }),
    );
  });

  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'either untilMs'],
    ['both', { forMs: 1, untilMs: START_MS + 1 }, 'either untilMs'],
    ['the past', { untilMs: START_MS }, 'must lie in the future'],
    ['a year', { untilMs: START_MS + 365 * 86_400_000 }, 'at most 30 days'],
    ['text', { forMs: '1s' }, 'forMs: expected a number, got "1s"'],
    ['a negative length', { forMs: -1 }, 'forMs: expected number > 0, got -1'],
    ['a misspelt field', { formMs: 1 }, 'formMs: unknown field'],
    ['a list', [1], 'expected a mapping of fields'],
  ])('do not let a target rest for %s', async (_, body, message) => {
    await start();
    const [status, code, text] = await refusal(await trial.post(path(OTHER, 'cool'), body));
    expect([status, code]).toEqual([400, 'bad_request']);
    expect(text).toContain(message);
    expect(trial.driver.router.stateOf(1)).toBe('healthy');
  });

  it('refuse fields where they take none, by name', async () => {
    await start();
    const cases: readonly [unknown, string][] = [
      [{ forMs: 60_000 }, 'forMs: unknown field; this call takes none'],
      [{ 'dry run': true }, '["dry run"]: unknown field; this call takes none'],
      [[1], 'The body must be empty or {}; this call takes no fields.'],
    ];
    const calls = [path(OTHER, 'disable'), path(OTHER, 'enable'), '/admin/rotate', '/admin/reload'];
    for (const call of calls) {
      for (const [body, message] of cases) {
        expect([call, ...(await refusal(await trial.post(call, body)))]).toEqual([call, 400, 'bad_request', message]);
      }
    }
    expect(trial.driver.router.stateOf(1)).toBe('healthy');
    expect((await trial.post(path(OTHER, 'disable'), {})).status).toBe(200);
    expect(trial.driver.router.stateOf(1)).toBe('disabled');
  });

  it('are refused for what is not there, disabled already, or not well-formed', async () => {
    await start();
    expect((await refusal(await trial.post(path('no.such.target', 'disable')))).slice(0, 2)).toEqual([
      404,
      'not_found',
    ]);
    expect((await refusal(await trial.post('/admin/targets')))[0]).toBe(404);
    await trial.post(path(OTHER, 'disable'));
    expect((await refusal(await trial.post(path(OTHER, 'cool'), { forMs: 1_000 }))).slice(0, 2)).toEqual([
      409,
      'conflict',
    ]);
    expect((await refusal(await trial.post(path(OTHER, 'cool'), '{"forMs": marker')))[1]).toBe('bad_request');
    const big = JSON.stringify({ forMs: 1_000, why: 'x'.repeat(5_000) });
    expect((await refusal(await trial.post(path(OTHER, 'cool'), big))).slice(0, 2)).toEqual([413, 'body_too_large']);
    const form = await fetch(`http://127.0.0.1:${trial.port}${path(OTHER, 'cool')}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
      body: new URLSearchParams({ forMs: '1' }),
    });
    expect((await refusal(form)).slice(0, 2)).toEqual([415, 'unsupported_media_type']);
  });
});

describe('reload', () => {
  it('tells what is in force afterwards', async () => {
    const next = poolOf([targetOf('cirrus.main.large')]);
    await start({
      context: {
        reload: async () => {
          trial.replaceRouter(next, { ...trial.view.policy, name: 'next', hash: 'c3d4' });
          return { changed: ['providers', 'policy'] };
        },
      },
    });
    const answer = await json(await trial.post('/admin/reload'));
    const policy = { name: 'next', hash: 'c3d4' };
    expect(answer).toEqual({ reloaded: true, changed: ['providers', 'policy'], policy, targets: 1 });
    const page = await json<StatusPage>(await trial.get('/admin/status'));
    expect(page.targets.map(({ target }) => target)).toEqual(['cirrus.main.large']);
  });

  it('passes on why a file was refused, and hides what is our own fault', async () => {
    let fault: Error = new BadInput('token-pool.yaml: keys[0]: missing');
    await start({ context: { reload: () => Promise.reject(fault) } });
    expect(await refusal(await trial.post('/admin/reload'))).toEqual([
      422,
      'CONFIG_ERROR',
      'token-pool.yaml: keys[0]: missing; the old configuration stays in force',
    ]);
    const lines = trial.lines.filter((line) => line.includes('reload'));
    expect(lines).toHaveLength(1);
    const line = JSON.parse(lines[0]!) as Record<string, unknown>;
    expect(line).toMatchObject({ level: 'warn', msg: expect.stringContaining('keys[0]: missing') as string });
    // It is a file that is wrong, so there is no stack to look at.
    expect(lines[0]).not.toMatch(/stack|\.ts:\d/);
    fault = new Error('a bug with a marker');
    const [status, code, message] = await refusal(await trial.post('/admin/reload'));
    expect([status, code]).toEqual([500, 'internal_error']);
    expect(message).not.toContain('marker');
    expect(trial.lines.join('')).toContain('a bug with a marker');
  });

  it('is done one at a time', async () => {
    let finish = (): void => undefined;
    let reloads = 0;
    const reload = (): Promise<{ changed: string[] }> =>
      new Promise((resolve) => {
        reloads += 1;
        finish = () => resolve({ changed: [] });
      });
    await start({ context: { reload } });
    const first = trial.post('/admin/reload');
    await expect.poll(() => reloads).toBe(1);
    expect((await refusal(await trial.post('/admin/reload'))).slice(0, 2)).toEqual([409, 'conflict']);
    finish();
    expect((await first).status).toBe(200);
    const third = trial.post('/admin/reload');
    await expect.poll(() => reloads).toBe(2);
    finish();
    expect((await third).status).toBe(200);
  });
});

describe('the log', () => {
  const folder = temporaryFolder();

  it('explains a request that it knows, and says so when it does not', async () => {
    await start({ folder: folder('explain') });
    const open = trial.serve('r1', { sessionId: 'raw-session-id' }, FAILED, {});
    const explained = await json<{ requestId: string; decisions: { decision: object; outcome: object }[] }>(
      await trial.get('/admin/explain/r1'),
    );
    expect(explained.decisions).toMatchObject([
      { decision: { chosen_target: open.sends[0]!.target }, outcome: { kind: 'failure' } },
      { decision: { chosen_target: open.sends[1]!.target }, outcome: { kind: 'success', output_tokens: 200 } },
    ]);
    expect(JSON.stringify(explained)).not.toContain('raw-session-id');
    const [status, code, message] = await refusal(await trial.get('/admin/explain/unheard-of'));
    expect([status, code]).toEqual([404, 'not_found']);
    expect(message).toBe('the decision log: no request unheard-of in this log; it knows r1, for example');
  });

  it('gives its rows as Arrow, chosen by the query', async () => {
    await start({ folder: folder('rows') });
    for (let index = 0; index < 30; index++) {
      trial.serve(`r${index}`);
      trial.nowMs += 1_000;
    }
    const rows = async (query: string): Promise<Record<string, unknown>[]> => {
      const response = await trial.get(`/admin/log?${query}`);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('application/vnd.apache.arrow.stream');
      const table = tableFromIPC(new Uint8Array(await response.arrayBuffer()));
      return table.toArray().map((row) => (row as { toJSON(): Record<string, unknown> }).toJSON());
    };
    const ids = async (query: string): Promise<unknown[]> => (await rows(query)).map((row) => row['request_id']);
    expect(await ids('table=outcomes')).toEqual(Array.from({ length: 30 }, (_, index) => `r${index}`));
    expect(await ids('table=outcomes&limit=2')).toEqual(['r28', 'r29']);
    expect(await ids(`table=outcomes&since=${START_MS + 27_000}`)).toEqual(['r27', 'r28', 'r29']);
    expect(await ids(`table=outcomes&until=${new Date(START_MS + 2_000).toISOString()}`)).toEqual(['r0', 'r1']);
    expect(await ids('table=decisions&requestId=r7')).toEqual(['r7']);
    expect(await ids('requestId=r7')).toEqual(['r7']);
    expect((await rows('limit=1'))[0]).toHaveProperty('chosen_target');
    expect(await ids(`table=outcomes&target=${encodeURIComponent('no.such.target')}`)).toEqual([]);
    expect((await rows('table=policies'))[0]).toMatchObject({ hash: 'a1b2', stage: 'active' });
  });

  it('refuses a query that cannot be, and says what is wrong', async () => {
    await start({ folder: folder('refused') });
    const cases: readonly [string, string][] = [
      ['table=secrets', 'table: expected one of'],
      ['table=inputs&limit=0', 'limit: expected number >= 1'],
      ['table=inputs&limit=many', 'limit: expected a whole number'],
      ['table=inputs&since=yesterday', 'since: expected Unix time in ms'],
      ['table=inputs&sinze=1', 'sinze: unknown field'],
      ['table=inputs&since=-1', 'since: expected Unix time in ms'],
      ['table=inputs&until=page 5', 'until: expected Unix time in ms'],
      ['table=inputs&since=2026-01-02&until=2026-01-01T23:59Z', 'until: must be later than since'],
      ['table=inputs&limit=1000001', 'limit: expected number <= 1000000'],
      ['table=inputs&limit=', 'limit: expected a whole number'],
      ['table=inputs&target=a.b.c', 'target: rows of inputs have none'],
      ['table=inputs&requestId=r1', 'requestId: rows of inputs have none'],
      ['table=inputs&table=outcomes', 'table: expected one of'],
    ];
    for (const [query, message] of cases) {
      const [status, code, text] = await refusal(await trial.get(`/admin/log?${query}`));
      expect([query, status, code]).toEqual([query, 400, 'bad_request']);
      expect(text).toContain(message);
    }
  });

  it('reads no further than a slow client takes, and stops when it leaves', async () => {
    let given = 0;
    let isReturned = false;
    const piece = new Uint8Array(65_536);
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) {
          given += 1;
          yield piece;
        }
      } finally {
        isReturned = true;
      }
    }
    await start({ context: { log: { arrow: endless, explain: never, rotate: never } } });
    const socket = connect(trial.port, '127.0.0.1');
    socket.write(`GET /admin/log?table=inputs HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${ADMIN_TOKEN}\r\n\r\n`);
    await new Promise((resolve) => socket.once('readable', resolve));
    await expect.poll(() => stable(() => given), { timeout: 10_000, interval: 10 }).toBe(true);
    // What the sockets of the machine hold, not all that there is.
    expect(given).toBeGreaterThan(1);
    expect(given * piece.length).toBeLessThan(64 * 1_048_576);
    socket.destroy();
    await expect.poll(() => isReturned).toBe(true);
  });

  it('leaves no stream open behind clients who went at once', async () => {
    await start({ folder: folder('gone') });
    trial.serve('r1');
    for (let call = 0; call < 30; call++) {
      const controller = new AbortController();
      const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
      const response = await fetch(`http://127.0.0.1:${trial.port}/admin/log?table=inputs`, {
        headers,
        signal: controller.signal,
      });
      expect(response.status).toBe(200);
      controller.abort();
    }
    expect((await trial.get('/admin/log?table=inputs')).status).toBe(200);
  });

  it('closes a segment on order', async () => {
    await start({ folder: folder('rotate') });
    trial.serve('r1');
    expect(await json(await trial.post('/admin/rotate'))).toEqual({ rotated: true });
    const table = tableFromIPC(new Uint8Array(await (await trial.get('/admin/log?table=outcomes')).arrayBuffer()));
    expect(table.numRows).toBe(1);
  });
});

/** Has a number stopped rising for a while? */
async function stable(read: () => number): Promise<boolean> {
  const before = read();
  await new Promise((resolve) => setTimeout(resolve, 200));
  return before > 0 && read() === before;
}

function never(): never {
  throw new Error('not asked for in this test');
}
