import { afterEach, describe, expect, it } from 'vitest';
import type { ClientKeysPage } from '../../../src/proxy/admin/client-keys-page.ts';
import type { TimelinePage } from '../../../src/proxy/watch/index.ts';
import type { ClientKeyDefinition } from '../../../src/router/index.ts';
import { CANCELLED, FAILED, poolOf, targetOf } from '../../router/small-pool.ts';
import { startTrial, START_MS, type ProxyOnTrial } from '../proxy-on-trial.ts';

function keyOf(name: string, facts: Partial<ClientKeyDefinition> = {}): ClientKeyDefinition {
  return { name, priorityCeiling: 'normal', models: null, maySteer: false, routes: null, budgets: [], ...facts };
}

let trial: ProxyOnTrial;
const start = async (clientKeys: readonly ClientKeyDefinition[]): Promise<void> => {
  trial = await startTrial({
    pool: poolOf([targetOf('aurora.main.small', { budgets: [{ metric: 'tokens', window: '1m', limit: 1e6 }] })], {
      clientKeys,
    }),
    policy: { retry: { attemptsMax: 1 } },
  });
};
const page = async (): Promise<ClientKeysPage> =>
  (await (await trial.get('/admin/client-keys')).json()) as ClientKeysPage;
afterEach(() => trial.stop());

describe('the page of client keys', () => {
  it('has what each may do, what is left of its quotas, and what it has used', async () => {
    await start([
      keyOf('team', {
        models: ['small'],
        maySteer: true,
        budgets: [
          { metric: 'microUsd', window: 'day', limit: 10_000 },
          { metric: 'requests', window: '5m', limit: 4 },
        ],
      }),
      keyOf('batch', { priorityCeiling: 'low', routes: ['default'] }),
    ]);
    trial.serve('r1', { clientKey: 'team' });
    trial.serve('r2', { clientKey: 'team' }, FAILED);
    trial.serve('r3', { clientKey: 'team' }, CANCELLED);
    trial.serve('r4', { clientKey: 'stranger' });
    const { atMs, clientKeys } = await page();
    expect(atMs).toBe(START_MS);
    expect(clientKeys).toEqual([
      {
        name: 'team',
        models: ['small'],
        routes: null,
        priorityMax: 'normal',
        maySteer: true,
        quotas: [
          expect.objectContaining({
            label: 'client key team: USD per day',
            used: 1_800,
            limit: 10_000,
            useRatio: 0.18,
          }),
          expect.objectContaining({ label: 'client key team: requests per 5m', used: 3, limit: 4, useRatio: 0.75 }),
        ],
        today: { attempts: 3, inputTokens: 1_000, outputTokens: 200, costUsd: 0.0018 },
        sinceStart: { completed: 1, rejected: 1, cancelled: 1 },
      },
      {
        name: 'batch',
        models: null,
        routes: ['default'],
        priorityMax: 'low',
        maySteer: false,
        quotas: [],
        today: { attempts: 0, inputTokens: 0, outputTokens: 0, costUsd: 0 },
        sinceStart: { completed: 0, rejected: 0, cancelled: 0 },
      },
    ]);
    // Another day begins with nothing.
    trial.nowMs += 86_400_000;
    expect((await page()).clientKeys[0]!.today.attempts).toBe(0);
    expect((await page()).clientKeys[0]!.sinceStart.completed).toBe(1);
  });

  it('tells keys apart whose names begin alike', async () => {
    const budgets = [{ metric: 'tokens', window: '1m', limit: 1_000 }] as const;
    await start([keyOf('a', { budgets }), keyOf('a: b', { budgets }), keyOf('a: tokens per 1m', { budgets })]);
    const { clientKeys } = await page();
    expect(clientKeys.map(({ quotas }) => quotas.map(({ label }) => label))).toEqual([
      ['client key a: tokens per 1m'],
      ['client key a: b: tokens per 1m'],
      ['client key a: tokens per 1m: tokens per 1m'],
    ]);
  });
});

it('the timeline is a page of the admin API', async () => {
  await start([]);
  trial.serve('r1');
  trial.nowMs += 30_000;
  trial.serve('r2', {}, FAILED);
  const { atMs, hour, day } = (await (await trial.get('/admin/timeline')).json()) as TimelinePage;
  expect(atMs).toBe(START_MS + 30_000);
  expect(hour).toMatchObject({
    cellMs: 30_000,
    startMs: [START_MS, START_MS + 30_000],
    requests: [1, 1],
    failures: [0, 1],
    rejected: [0, 1],
    costUsd: [0.0018, 0],
    firstTokenP95Ms: [expect.any(Number), null],
  });
  expect(day).toMatchObject({ cellMs: 300_000, startMs: [START_MS], requests: [2], rejected: [1] });
});
