import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { memoryTrace } from '../../../datasets/index.ts';
import { RECORDED_MODES } from '../../../simulator/counterfactual/settle-from-recording.ts';
import { plainOutcome } from '../../../simulator/replay/attempt-end.ts';
import type { TierShares } from '../../../simulator/result.ts';
import { SELECTION_MODES } from '../../../src/router/policy.ts';
import { arbitraryRun } from '../replay/arbitrary-run.ts';
import { witnessedReplay, type SeenCall } from '../replay/witness.ts';
import { recordedCalls } from './recorded-calls.ts';

/** All that was seen, without what a plan says beyond its outcome. */
function plainCalls(calls: readonly SeenCall[]): unknown {
  return calls.map((call) => ({
    ...call,
    attempts: call.attempts.map((attempt) => ({ ...attempt, outcome: plainOutcome(attempt.outcome!) })),
  }));
}

function checkShares({ T1, T2, T3 }: TierShares, attempts: number, requests: number): void {
  expect(T1.attempts + T2.attempts + T3.attempts).toBe(attempts);
  expect(T1.attemptRatio + T2.attemptRatio + T3.attemptRatio).toBeCloseTo(attempts === 0 ? 0 : 1, 12);
  expect(T1.requests + T2.requests + T3.requests).toBe(requests);
  expect(T1.requestRatio + T2.requestRatio + T3.requestRatio).toBeCloseTo(requests === 0 ? 0 : 1, 12);
}

describe('in any run', () => {
  test('the same policy on its own recording does the same again, all of it as logged', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryRun, async ({ rows, scenario, policy, seed }) => {
        const trace = memoryTrace(rows, 'test');
        const { calls, run } = await witnessedReplay(trace, scenario, policy, seed);
        const recording = recordedCalls(calls, rows);
        for (const mode of ['logged', 'auto'] as const) {
          const again = await witnessedReplay(trace, scenario, policy, seed, { mode, recording, shiftMs: 0 });
          expect(plainCalls(again.calls)).toEqual(plainCalls(calls));
          const { tiers, ...figures } = again.run;
          expect(figures).toEqual(run);
          expect(tiers!.T1.attempts).toBe(run.attempts);
          checkShares(tiers!, run.attempts, calls.filter(({ attempts }) => attempts.length > 0).length);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('the laws hold under another policy and luck in every mode, and the same comes again', async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryRun,
        fc.constantFrom(...SELECTION_MODES),
        fc.constantFrom(...RECORDED_MODES),
        async ({ rows, scenario, policy, seed }, selection, mode) => {
          const trace = memoryTrace(rows, 'test');
          const { calls } = await witnessedReplay(trace, scenario, policy, seed);
          const outcomes = { mode, recording: recordedCalls(calls, rows), shiftMs: 0 };
          const other = { ...policy, mode: selection, timeouts: { ...policy.timeouts, totalMs: 60_000 } };
          const once = await witnessedReplay(trace, scenario, other, seed + 1, outcomes);
          const again = await witnessedReplay(trace, scenario, other, seed + 1, outcomes);
          expect(JSON.stringify(again.run)).toBe(JSON.stringify(once.run));
          const sent = once.calls.filter(({ attempts }) => attempts.length > 0).length;
          checkShares(once.run.tiers!, once.run.attempts, sent);
          if (mode === 'logged') expect(once.run.tiers!.T2.attempts).toBe(0);
          if (mode === 'donor') expect(once.run.tiers!.T1.attempts).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });
});
