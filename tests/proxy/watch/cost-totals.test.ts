import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CostTotals, type CostBucket } from '../../../src/proxy/watch/cost-totals.ts';
import type { ProxyView } from '../../../src/proxy/watch/index.ts';
import type { PoolDefinition } from '../../../src/router/index.ts';
import { outcomeOf, poolOf, requestOf, targetOf } from '../../router/small-pool.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const START_MS = Date.UTC(2026, 0, 15, 10, 59, 59);
const TARGETS = ['aurora.main.small', 'borealis.main.small'];
const CLIENTS = ['team', 'batch'];

function poolWith(targets: readonly string[]): PoolDefinition {
  const clientKeys = CLIENTS.map((name) => ({
    name,
    priorityCeiling: 'high' as const,
    models: null,
    maySteer: true,
    routes: null,
    budgets: [],
  }));
  return poolOf(
    targets.map((id) => targetOf(id)),
    { clientKeys },
  );
}

/** What the totals look at of a proxy. */
function viewOf(): { pool: PoolDefinition; at: number; startedAtMs: number; nowMs(): number } {
  const view = { pool: poolWith(TARGETS), at: START_MS, startedAtMs: START_MS, nowMs: () => view.at };
  return view;
}

const event = fc.record({
  passMs: fc.oneof(
    fc.integer({ min: 0, max: 1_000 }),
    fc.integer({ min: 0, max: 3 * HOUR_MS }),
    fc.integer({ min: 0, max: 20 * DAY_MS }),
  ),
  target: fc.constantFrom(...TARGETS),
  client: fc.constantFrom(...CLIENTS, 'made-up'),
  costMicroUsd: fc.integer({ min: 0, max: 5_000_000 }),
  outputTokens: fc.integer({ min: 0, max: 4_000 }),
});

describe('cost totals', () => {
  it('are what a plain sum over all attempts gives, hour by hour and day by day', () => {
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 60 }), (events) => {
        const view = viewOf();
        const totals = new CostTotals(view as unknown as ProxyView);
        const all: { atMs: number; target: string; client: string; costMicroUsd: number; outputTokens: number }[] = [];
        for (const { passMs, target, client, costMicroUsd, outputTokens } of events) {
          view.at += passMs;
          const outcome = outcomeOf('r', 1, { costMicroUsd, outputTokens });
          totals.attemptEnded(requestOf('r', { clientKey: client }), outcome, target, view.at);
          all.push({
            atMs: view.at,
            target,
            client: client === 'made-up' ? '(other)' : client,
            costMicroUsd,
            outputTokens,
          });
        }
        const report = totals.report();
        for (const [buckets, periodMs, periods] of [
          [report.hours, HOUR_MS, 24],
          [report.days, DAY_MS, 31],
        ] as const) {
          const newest = Math.floor(view.at / periodMs);
          const kept = all.filter(({ atMs }) => Math.floor(atMs / periodMs) > newest - periods);
          const starts = [...new Set(kept.map(({ atMs }) => Math.floor(atMs / periodMs) * periodMs))];
          expect(buckets.map(({ startMs }) => startMs)).toEqual(starts);
          for (const bucket of buckets)
            checkBucket(
              bucket,
              kept.filter(({ atMs }) => within(bucket, atMs, periodMs)),
            );
        }
      }),
      { numRuns: 300 },
    );
  });

  it('forget nothing of what a removed target cost, until its days have passed', () => {
    const view = viewOf();
    const totals = new CostTotals(view as unknown as ProxyView);
    totals.attemptEnded(requestOf('r'), outcomeOf('r', 1, { costMicroUsd: 7 }), TARGETS[0]!, view.at);
    view.pool = poolWith([TARGETS[1]!]);
    totals.reconfigured(view.at);
    totals.attemptEnded(requestOf('r'), outcomeOf('r', 1, { costMicroUsd: 5 }), TARGETS[0]!, view.at);
    expect(totals.report().days[0]!.targets[TARGETS[0]!]!.costMicroUsd).toBe(12);
    view.at += 32 * DAY_MS;
    totals.reconfigured(view.at);
    totals.attemptEnded(requestOf('r'), outcomeOf('r', 1, { costMicroUsd: 3 }), TARGETS[0]!, view.at);
    expect(totals.report().days).toMatchObject([{ targets: { '(other)': { costMicroUsd: 3 } } }]);
  });

  it('stay bounded and lose no money when a thousand targets come and go', () => {
    const view = viewOf();
    const totals = new CostTotals(view as unknown as ProxyView);
    for (let index = 0; index < 1_000; index++) {
      const target = `gone.main.m${index}`;
      view.pool = poolWith([target]);
      totals.reconfigured(view.at);
      totals.attemptEnded(requestOf('r'), outcomeOf('r', 1, { costMicroUsd: 2 }), target, view.at);
      view.at += 60_000;
    }
    view.pool = poolWith(TARGETS);
    totals.reconfigured(view.at);
    const { days } = totals.report();
    expect(days.reduce((sum, { total }) => sum + total.costMicroUsd, 0)).toBe(2_000);
    const names = new Set(days.flatMap(({ targets }) => Object.keys(targets)));
    expect(names.size).toBe(257);
    expect(names).toContain('gone.main.m999');
    expect(names).not.toContain('gone.main.m1');
  });
});

function within({ startMs }: CostBucket, atMs: number, periodMs: number): boolean {
  return atMs >= startMs && atMs < startMs + periodMs;
}

function checkBucket(
  bucket: CostBucket,
  events: readonly { target: string; client: string; costMicroUsd: number; outputTokens: number }[],
): void {
  const sum = (of: typeof events) => ({
    attempts: of.length,
    outputTokens: of.reduce((total, { outputTokens }) => total + outputTokens, 0),
    inputTokens: 1_000 * of.length,
    costMicroUsd: of.reduce((total, { costMicroUsd }) => total + costMicroUsd, 0),
  });
  expect(bucket.total).toMatchObject(sum(events));
  for (const [field, sums] of [
    ['target', bucket.targets],
    ['client', bucket.clientKeys],
  ] as const) {
    expect(Object.keys(sums).sort()).toEqual([...new Set(events.map((each) => each[field]))].sort());
    for (const [name, of] of Object.entries(sums)) {
      expect(of).toMatchObject(sum(events.filter((each) => each[field] === name)));
    }
  }
}
