import { describe, expect, test } from 'vitest';
import { exhaustedBudgets, hasExhaustedBudget } from '../../src/log/exhausted-budgets.ts';
import { openLog } from '../../src/log/log-reader.ts';
import { createLogWriter } from '../../src/log/log-writer.ts';
import { CORE_VERSION, createRouter, reconfigureRouter, type PoolDefinition } from '../../src/router/index.ts';
import { runHere } from '../cli/run-here.ts';
import { DRIVEN_POLICY, DRIVEN_POOL } from './drive-router.ts';
import { steeringOf } from '../router/routed-pool.ts';
import { sampleRequest } from './sample-rows.ts';
import { temporaryFolder } from './temporary-folder.ts';

const pathOf = temporaryFolder();

/** One provider with two requests a minute on its key, and a client who may spend a thousandth of a USD a day. */
const POOL: PoolDefinition = {
  ...DRIVEN_POOL,
  targets: DRIVEN_POOL.targets.slice(0, 1),
  keys: DRIVEN_POOL.keys.slice(0, 1).map((key) => ({
    ...key,
    concurrencyLimit: 8,
    queueLimit: 0,
    budgets: [{ metric: 'requests', window: '1m', limit: 2 }],
  })),
  providers: DRIVEN_POOL.providers.slice(0, 1),
  clientKeys: [
    { name: 'team', priorityCeiling: 'high', models: null, maySteer: true, routes: null, budgets: [] },
    {
      name: 'poor',
      priorityCeiling: 'high',
      models: null,
      maySteer: true,
      routes: null,
      budgets: [{ metric: 'microUsd', window: 'day', limit: 1_000 }],
    },
  ],
};
const TARGET = POOL.targets[0]!.id;

/** @param snapshotAfter the input after which the core's state is kept as well */
async function logged(name: string, snapshotAfter: number | null): Promise<string> {
  const path = pathOf(name);
  const writer = await createLogWriter(path, { coreVersion: CORE_VERSION });
  const router = createRouter(POOL, DRIVEN_POLICY, { seed: 1, explain: true });
  const words = { policyName: 'driven', policyHash: 'd1', seed: 1, coreVersion: CORE_VERSION };
  writer.input(0, 0, 'configure', { pool: POOL, policy: DRIVEN_POLICY, ...words });
  const requests = [
    sampleRequest('dear', { clientKey: 'poor', inputTokens: 9_000, maxOutputTokens: 1_000 }),
    sampleRequest('first'),
    sampleRequest('second'),
    sampleRequest('third'),
    sampleRequest('lost', { model: 'chat-9' }),
    sampleRequest('endless', { maxOutputTokens: 9_000_000 }),
    sampleRequest('astray', { steering: steeringOf({ instructions: [{ kind: 'sticky', name: 'nobody.x' }] }) }),
  ];
  for (const [index, request] of requests.entries()) {
    const sequence = index + 1;
    const atMs = index * 100;
    writer.input(sequence, atMs, 'begin', request);
    writer.commands(sequence, atMs, router.begin(request, atMs));
    if (sequence === snapshotAfter) writer.snapshot(sequence, atMs, router.snapshot());
  }
  await writer.close();
  return path;
}

describe('the budgets that kept candidates out', () => {
  test.each([
    ['replayed from the start', null],
    ['replayed from a snapshot', 3],
  ])('are named with their use and what was needed, %s', async (name, snapshotAfter) => {
    const reader = await openLog(await logged(`${name.replaceAll(' ', '-')}.duckdb`, snapshotAfter));
    try {
      const [third] = await reader.decisionsOf('third');
      expect(hasExhaustedBudget(third!)).toBe(true);
      expect(await exhaustedBudgets(reader, third!)).toEqual([
        {
          label: 'key aurora.main: requests per 1m',
          metric: 'requests',
          window: '1m',
          limit: 2,
          used: 2,
          needed: 1,
          targets: [TARGET],
        },
      ]);
      const [dear] = await reader.decisionsOf('dear');
      expect(dear!.reject_code).toBe('CLIENT_BUDGET_EXHAUSTED');
      expect(await exhaustedBudgets(reader, dear!)).toMatchObject([
        { label: 'client key poor: USD per day', limit: 1_000, used: 0, needed: 1_600, targets: [TARGET] },
      ]);
      const [first] = await reader.decisionsOf('first');
      expect(hasExhaustedBudget(first!)).toBe(false);
    } finally {
      reader.close();
    }
  });

  test('are told by explain, and so is what is wrong with a request itself', async () => {
    const path = await logged('explained.duckdb', null);
    const third = await runHere('explain', 'third', '--log', path);
    expect(third.code).toBe(0);
    expect(third.stdout).toContain(
      `  Exhausted: key aurora.main: requests per 1m: 2 of 2 used before, 1 needed (${TARGET}).\n`,
    );
    const dear = await runHere('explain', 'dear', '--log', path);
    expect(dear.stdout).toContain('client key poor: USD per day: 0.000000 of 0.001000 used before, 0.001600 needed');
    const lost = await runHere('explain', 'lost', '--log', path);
    expect(lost.stdout).toContain(
      'No decision was made on it (UNKNOWN_MODEL): it asked for "chat-9", and the pool had auto, chat-0.\n',
    );
    const endless = await runHere('explain', 'endless', '--log', path);
    expect(endless.stdout).toMatch(/no target \(UNSUPPORTED_REQUEST\)/);
    expect(endless.stdout).toMatch(
      /No target of model "\S+" gives answers of up to 9000000 tokens: the longest has \d+\./,
    );
    const astray = await runHere('explain', 'astray', '--log', path);
    expect(astray.stdout).toContain('it named "nobody.x", and the pool had no such route, provider, key or model.');
    const json = await runHere('explain', 'lost', '--log', path, '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ unknownModel: { asked: 'chat-9', offered: ['auto', 'chat-0'] } });
  });
});

test('what the canary reserved is told of its requests', async () => {
  const path = pathOf('canary.duckdb');
  const writer = await createLogWriter(path, { coreVersion: CORE_VERSION });
  const policy = { ...DRIVEN_POLICY, classes: { ...DRIVEN_POLICY.classes, assumedOutputTokens: 4_000 } };
  const canary = { id: 'p1', policy, share: 1 };
  const bare = createRouter(POOL, DRIVEN_POLICY, { seed: 1, explain: true });
  const router = reconfigureRouter(bare, POOL, DRIVEN_POLICY, 0, canary);
  const run = { pool: POOL, policy: DRIVEN_POLICY, policyName: 'driven', policyHash: 'd1', seed: 1 };
  const words = { coreVersion: CORE_VERSION, canary: { ...canary, policyName: 'tried', policyHash: 'd2' } };
  writer.input(0, 0, 'configure', { ...run, ...words });
  const request = sampleRequest('long', { clientKey: 'poor', inputTokens: 1_000 });
  writer.input(1, 0, 'begin', request);
  writer.commands(1, 0, router.begin(request, 0));
  await writer.close();
  const reader = await openLog(path);
  const [decision] = await reader.decisionsOf('long');
  expect(decision).toMatchObject({ policy_hash: 'd2', reject_code: 'CLIENT_BUDGET_EXHAUSTED' });
  expect(await exhaustedBudgets(reader, decision!)).toMatchObject([{ metric: 'microUsd', used: 0, needed: 2_900 }]);
  reader.close();
});
