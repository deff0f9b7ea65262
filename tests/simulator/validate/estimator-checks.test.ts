import { describe, expect, it } from 'vitest';
import { memoryTrace } from '../../../datasets/index.ts';
import type { PolicyEstimate } from '../../../simulator/estimate/policy-estimate.ts';
import { replay } from '../../../simulator/replay/replay.ts';
import {
  agreementChecks,
  agreementsOf,
  refusalCheck,
  type Agreement,
} from '../../../simulator/validate/estimators/estimator-checks.ts';
import { FirstChoiceCollector } from '../../../simulator/validate/estimators/first-choice-outcomes.ts';
import { independentRequests } from '../../../simulator/validate/estimators/independent-requests.ts';
import { ONE_PATIENT_ATTEMPT } from '../../../simulator/validate/queues/patient-policy.ts';
import { rowAt, scenarioOf } from '../../../simulator/validate/small/pool-in-small.ts';

const at = (simulated: number): Agreement => ({
  name: `at ${simulated}`,
  simulated,
  estimate: { value: 10, low95: 8, high95: 12 },
});
const estimateWith = (changes: Partial<PolicyEstimate>): PolicyEstimate =>
  ({ identifiable: true, reason: null, metrics: [], ...changes }) as PolicyEstimate;
const interval = { value: 1, low95: 0, high95: 2 };

describe('checks of the simulator against an estimate', () => {
  it('measure the distance in half widths of the interval', () => {
    const checks = agreementChecks([at(10), at(7), at(14.1)]);
    expect(checks.map(({ value, pass }) => [value, pass])).toEqual([
      [0, true],
      [1.5, true],
      [expect.closeTo(2.05, 9), false],
      [2 / 3, true],
    ]);
  });

  it('let no more lie outside than chance does', () => {
    // R: qbinom(0.99, 18, 0.1) = 5
    const with18 = (outside: number): Agreement[] =>
      Array.from({ length: 18 }, (_, index) => at(index < outside ? 12.5 : 11));
    expect(agreementChecks(with18(5)).at(-1)).toMatchObject({ value: 5 / 18, limit: 5 / 18, pass: true });
    expect(agreementChecks(with18(6)).at(-1)).toMatchObject({ pass: false });
  });

  it('do not pass without an estimate, or with one that has no width', () => {
    const nothing = agreementChecks([
      { name: 'refused', simulated: 1, estimate: null },
      { name: 'no width', simulated: 1, estimate: { value: 2, low95: 2, high95: 2 } },
      { name: 'no number', simulated: NaN, estimate: interval },
    ]);
    expect(nothing.slice(0, 3).map(({ value, pass }) => [value, pass])).toEqual(
      nothing.slice(0, 3).map(() => [null, false]),
    );
    expect(nothing[3]).toMatchObject({ value: 1, pass: false });
    expect(agreementChecks([]).at(-1)).toMatchObject({ value: null, pass: false });
  });

  it('take the doubly robust value of each metric', () => {
    const metric = { metric: 'successRatio', doublyRobust: interval } as PolicyEstimate['metrics'][number];
    const simulated = { successRatio: 0.9, costUsdPer1kRequests: 2, firstTokenMs: 300 };
    expect(agreementsOf('case', estimateWith({ metrics: [metric] }), simulated)).toEqual([
      { name: 'case: cost', simulated: 2, estimate: null },
      { name: 'case: success', simulated: 0.9, estimate: interval },
      { name: 'case: mean first token', simulated: 300, estimate: null },
    ]);
  });

  it('fail when there is a figure where there must be none', () => {
    expect(refusalCheck('x', estimateWith({ identifiable: false, reason: 'why' }))).toMatchObject({
      pass: true,
      detail: 'why',
    });
    expect(refusalCheck('x', estimateWith({}))).toMatchObject({ value: 1, pass: false });
    const leaked = { metric: 'successRatio', doublyRobust: null, snips: interval } as PolicyEstimate['metrics'][number];
    expect(refusalCheck('x', estimateWith({ identifiable: false, metrics: [leaked] })).pass).toBe(false);
  });
});

describe('outcomes of first choices', () => {
  it('leave out requests that were never sent, and count those that failed', async () => {
    // The third finds the one place taken and may not wait; the last breaks at a provider that is down.
    const scenario = scenarioOf([{ id: 'aurora.main.large', concurrencyLimit: 1, queueLimit: 0 }], {
      faults: [{ kind: 'down', scope: 'aurora', startMs: 39_000, endMs: 50_000 }],
    });
    const rows = [0, 20_000, 20_500, 40_000].map((arrivalMs, index) => rowAt(arrivalMs, index));
    const observer = new FirstChoiceCollector();
    await replay(memoryTrace(rows, 'few'), { scenario, policy: ONE_PATIENT_ATTEMPT, seed: 1, observer });
    const outcomes = observer.outcomes();
    expect(outcomes.successRatio).toBeCloseTo(2 / 3, 12);
    expect(outcomes.firstTokenMs).toBeCloseTo(100, 9);
    // 1,000 x 2 + 101 x 8 micro-USD each.
    expect(outcomes.costUsdPer1kRequests).toBeCloseTo((2 * 2.808) / 3, 9);
  });

  it('are of requests that come as often and are as large as said', () => {
    const rows = independentRequests(20_000, 500, 3);
    expect(rows.at(-1)!.arrivalMs / 20_000 / 500).toBeCloseTo(1, 1);
    const sorted = rows.map(({ inputTokens }) => inputTokens).toSorted((a, b) => a - b);
    expect(sorted[10_000]! / 800).toBeCloseTo(1, 1);
    expect(new Set(rows.map(({ requestId }) => requestId)).size).toBe(20_000);
  });
});
