import { DuckDBInstance } from '@duckdb/node-api';
import { beforeAll, describe, expect, test } from 'vitest';
import { memoryTrace } from '../../../datasets/index.ts';
import type { TraceSource } from '../../../datasets/trace.ts';
import type { PolicyRun } from '../../../simulator/result.ts';
import { agreementOf, expectedFrom } from '../../../src/cli/promotion/expected-interval.ts';
import { measurePromotion } from '../../../src/cli/promotion/measure-promotion.ts';
import { servingWindow } from '../../../src/cli/promotion/serving-window.ts';
import { policyHash } from '../../../src/config/load-policy.ts';
import { openRequestLog } from '../../../src/log/logged-requests.ts';
import type { MeasuredPromotion, PromotionRecord } from '../../../src/policies/measured-promotion.ts';
import { temporaryFolder } from '../../log/temporary-folder.ts';
import { evidenceOf, firstRows, INCUMBENT, logCandidate, predictionsOf, promotionOf } from './promoted-log.ts';

const pathOf = temporaryFolder();
const REQUESTS = 1_200;
let run: PolicyRun;
let trace: TraceSource;

beforeAll(async () => {
  ({ run, trace } = await logCandidate(pathOf('run.duckdb'), REQUESTS));
});

async function measure(
  promotion: PromotionRecord,
  path = pathOf('run.duckdb'),
  given: TraceSource | null = null,
): Promise<MeasuredPromotion> {
  const log = await openRequestLog(path);
  try {
    return await measurePromotion({
      promotion,
      promotionPath: 'promotion.json',
      log,
      trace: given,
      seed: 1,
      command: 'tokenpool report',
    });
  } finally {
    log.close();
  }
}

describe('a promoted policy', () => {
  test('is measured by the definitions of the replay, to the last bin', async () => {
    const measured = await measure(promotionOf(evidenceOf(trace, predictionsOf(run))));
    const values = Object.fromEntries(measured.metrics.map(({ metric, measured: { value } }) => [metric, value]));
    expect(values['cost']).toBeCloseTo(run.costUsdPer1kRequests, 9);
    expect(values['success']).toBeCloseTo(run.successRatio, 12);
    expect(values['p50_first_token_ms']).toBeCloseTo(run.firstTokenMs.p50!, 6);
    expect(values['p95_first_token_ms']).toBeCloseTo(run.firstTokenMs.p95!, 6);
    expect(values['p99_first_token_ms']).toBeCloseTo(run.firstTokenMs.p99!, 6);
    expect(values['p95_duration_ms']).toBeCloseTo(run.durationMs.p95!, 6);
    expect(values['budget_overshoot']).toBeNull();
    expect(measured.candidate).toMatchObject({
      name: 'tuned',
      requests: run.arrivals,
      completed: run.completed,
      rejected: run.rejected,
      cancelled: run.cancelled,
      open: 0,
    });
    expect(measured.blocks).toBe(24);
    for (const { metric, measured: interval, agreement } of measured.metrics) {
      if (metric === 'budget_overshoot') expect(agreement).toBe('unknown');
      else {
        expect(agreement).toBe('inside');
        expect(interval.low95).toBeLessThanOrEqual(interval.value!);
        expect(interval.high95).toBeGreaterThanOrEqual(interval.value!);
      }
    }
    expect(measured.main).toBeNull();
    expect(measured.differences).toEqual([]);
    expect(measured.traffic.before).toBeNull();
  });

  test('gives the same object twice', async () => {
    const promotion = promotionOf(evidenceOf(trace, predictionsOf(run)));
    expect(await measure(promotion)).toEqual(await measure(promotion));
  });

  test('is off where the promise was another', async () => {
    const promised = predictionsOf(run).map((prediction) => {
      const halve = (value: number | null): number | null => (value === null ? null : value / 2);
      if (prediction.metric !== 'p95_first_token_ms') return prediction;
      const { value, low95, high95 } = prediction.candidate;
      return { ...prediction, candidate: { value: halve(value), low95: halve(low95), high95: halve(high95) } };
    });
    const { metrics } = await measure(promotionOf(evidenceOf(trace, promised)));
    expect(metrics.filter(({ agreement }) => agreement === 'above').map(({ metric }) => metric)).toEqual([
      'p95_first_token_ms',
    ]);
  });

  test('counts from its canary on, beside the rest of the traffic', async () => {
    const path = pathOf('canary.duckdb');
    await logCandidate(path, REQUESTS);
    const instance = await DuckDBInstance.create(path);
    const connection = await instance.connect();
    // Two thirds of the requests are said to be the incumbent's; those of before are too.
    const startMs = (await firstRows(REQUESTS))[300]!.arrivalMs;
    const old = policyHash(INCUMBENT);
    await connection.run(
      `UPDATE decisions SET policy_hash = '${old}' WHERE request_id IN
        (SELECT payload->>'requestId' FROM inputs WHERE kind = 'begin' AND (at_ms < ${startMs} OR hash(payload->>'requestId') % 3 > 0))`,
    );
    connection.closeSync();
    instance.closeSync();
    const measured = await measure(promotionOf(evidenceOf(trace, predictionsOf(run)), [[startMs, 'canary']]), path);
    const { candidate, main, traffic, window, differences } = measured;
    expect(candidate.requests + main!.requests).toBe(REQUESTS - 300);
    expect(candidate.requests).toBeGreaterThan(200);
    expect(candidate.requests).toBeLessThan(400);
    expect(traffic.before!.requests).toBe(300);
    expect(traffic.now.requests).toBe(REQUESTS - 300);
    expect(window).toMatchObject({ fromMs: startMs, stages: ['canary'], isOver: false });
    // The two arms are one policy under two names, so most differences are not clear.
    const unclear = differences.filter(({ measured: { low95, high95 } }) => low95! <= 0 && high95! >= 0);
    expect(differences).toHaveLength(6);
    expect(unclear.length).toBeGreaterThanOrEqual(5);
  });

  test('is told of the mix of the trace when that is at hand', async () => {
    const promotion = promotionOf(evidenceOf(trace, predictionsOf(run)));
    const { traffic } = await measure(promotion, pathOf('run.duckdb'), trace);
    expect(traffic.trace.classes).toEqual(traffic.now.classes);
    expect(traffic.trace.inputTokensMean).toBeCloseTo(traffic.now.inputTokensMean!, 6);
    const other = memoryTrace(await firstRows(100), 'other');
    await expect(measure(promotion, pathOf('run.duckdb'), other)).rejects.toThrow(
      /^other: is not the trace that the policy was tuned on \(embedded, SHA-256 /,
    );
  });

  test('without evidence, without service or without requests is refused', async () => {
    const evidence = evidenceOf(trace, predictionsOf(run));
    await expect(measure(promotionOf(null))).rejects.toThrow(/^promotion\.json: promotion p-1 has no evidence/);
    await expect(measure(promotionOf(evidence, [[0, 'shadow']]))).rejects.toThrow(
      /is shadow and never served a client/,
    );
    await expect(measure(promotionOf(evidence, [[1e12, 'active']]))).rejects.toThrow(
      /run\.duckdb: the log ends before promotion p-1 served its first request/,
    );
    const stranger = { ...promotionOf(evidence), policyHash: 'f'.repeat(64) };
    await expect(measure(stranger)).rejects.toThrow(/no request was decided by tuned \(hash ffffffffffff\)/);
  });
});

describe('the window of service', () => {
  const evidence = null;
  test.each([
    [
      [
        [10, 'canary'],
        [20, 'active'],
      ],
      { fromMs: 10, toMs: Infinity, stages: ['canary', 'active'] },
    ],
    [
      [
        [10, 'canary'],
        [20, 'rolled_back'],
      ],
      { fromMs: 10, toMs: 20, stages: ['canary'] },
    ],
    [
      [
        [5, 'shadow'],
        [10, 'canary'],
        [20, 'active'],
        [30, 'retired'],
        [40, 'active'],
      ],
      { fromMs: 40, toMs: Infinity, stages: ['active'] },
    ],
  ] as const)('of %j is %j', (steps, expected) => {
    expect(servingWindow(promotionOf(evidence, steps), 'p.json')).toEqual(expected);
  });
});

test.each([
  [[1, 0.9, 1.1], [1.05, 1, 1.1], 'inside'],
  [[1, 0.9, 1.1], [1.14, 1.04, 1.24], 'inside'],
  [[1, 0.9, 1.1], [1.2, 1.05, 1.3], 'overlapping'],
  [[1, 0.9, 1.1], [1.3, 1.2, 1.4], 'above'],
  [[1, 0.9, 1.1], [0.5, 0.4, 0.6], 'below'],
  [[1, null, null], [0.5, 0.4, 0.6], 'unknown'],
  [[1, 0.9, 1.1], [null, null, null], 'unknown'],
  [[1, 0.9, 1.1], [2, null, null], 'unknown'],
] as const)('%j and %j: %s', ([p, pLow, pHigh], [m, mLow, mHigh], expected) => {
  const estimated = (value: number | null, low95: number | null, high95: number | null) => ({ value, low95, high95 });
  const [predicted, measured] = [estimated(p, pLow, pHigh), estimated(m, mLow, mHigh)];
  const around = expectedFrom('budget_overshoot', predicted, measured);
  expect(agreementOf(predicted, around, measured)).toBe(expected);
});

test('where a time is to be expected never reaches below nothing, however little the measurement knows', () => {
  const predicted = { value: 333, low95: 253, high95: 591 };
  const expected = expectedFrom('p50_first_token_ms', predicted, { value: 4_280, low95: 2_900, high95: 7_260 });
  // ln: below by the root of .2747^2 + .5284^2, above by that of .5737^2 + .3893^2.
  expect(expected.low95).toBeCloseTo(333 * Math.exp(-Math.hypot(Math.log(333 / 253), Math.log(7_260 / 4_280))), 6);
  expect(expected.high95).toBeCloseTo(333 * Math.exp(Math.hypot(Math.log(591 / 333), Math.log(4_280 / 2_900))), 6);
  expect(expected.low95).toBeGreaterThan(180);
});

test('shares stay between 0 and 1', () => {
  const wide = { value: 0.5, low95: 0.1, high95: 0.9 };
  expect(expectedFrom('success', wide, wide)).toEqual({ value: 0.5, low95: 0, high95: 1 });
});
