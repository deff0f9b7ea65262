import { describe, expect, it } from 'vitest';
import type { AttemptPlan, AttemptRequest } from '../../../simulator/twins/attempt-plan.ts';
import { createFleet } from '../../../simulator/twins/fleet.ts';
import type { Settle, TwinAttempt } from '../../../simulator/twins/settle.ts';
import { smallScenario } from '../../../simulator/validate/small/small-scenario.ts';

const TARGET = 'aurora.first.large';

const request = (changes: Partial<AttemptRequest> = {}): AttemptRequest => ({
  requestId: 'r1',
  requestKey: 7,
  inputTokens: 1_000,
  outputTokens: 11,
  stream: true,
  sessionKey: 9,
  prefixBlocks: null,
  ...changes,
});

/** An answer in full in place of whatever the twin says. */
function answered({ request: asked, attempt, ofTwin }: TwinAttempt): AttemptPlan {
  return {
    ...ofTwin,
    requestId: asked.requestId,
    attempt,
    kind: 'success',
    status: 200,
    errorCode: null,
    firstTokenMs: 300,
    durationMs: 900,
    inputTokens: asked.inputTokens,
    outputTokens: 200,
    connected: true,
    producesFromMs: 300,
    interTokenMs: 60,
  };
}

const failed: Settle = ({ ofTwin }) => ({ ...ofTwin, kind: 'failure', producesFromMs: Infinity, durationMs: 50 });

describe('a fleet whose attempts are settled by somebody else', () => {
  const promptCache = { ttlMs: 60_000, minTokens: 100, blockTokens: 100 };

  it('tells them what the twin met and makes of it', () => {
    const seen: TwinAttempt[] = [];
    const settle: Settle = (met) => {
      seen.push(met);
      return met.ofTwin;
    };
    const fleet = createFleet(smallScenario({ twin: { promptCache } }), [TARGET], 1, settle);
    const alone = createFleet(smallScenario({ twin: { promptCache } }), [TARGET], 1);
    for (const nowMs of [0, 10, 5_000]) {
      expect(fleet.attempt(0, request(), 1, nowMs)).toEqual(alone.attempt(0, request(), 1, nowMs));
    }
    expect(seen.map(({ othersInFlight }) => othersInFlight)).toEqual([0, 1, 2]);
    expect(seen.map(({ readTokens, writeTokens }) => [readTokens, writeTokens])).toEqual([
      [0, 1_000],
      [0, 1_000],
      [1_000, 0],
    ]);
  });

  it('warms its caches by what was settled, and not by what came to nothing', () => {
    const reads: number[] = [];
    const settle: Settle = (met) => {
      reads.push(met.readTokens);
      return met.attempt === 1 ? answered(met) : failed(met);
    };
    const scenario = smallScenario({ twin: { promptCache } });
    const fleet = createFleet(scenario, [TARGET], 1, settle);
    fleet.attempt(0, request(), 2, 0);
    fleet.attempt(0, request(), 1, 1_000);
    fleet.attempt(0, request({ inputTokens: 5_000 }), 1, 1_899);
    // Warm from the end of the answer, 900 ms after it was sent: its input and its 200 tokens.
    fleet.attempt(0, request({ inputTokens: 5_000 }), 2, 2_800);
    expect(reads).toEqual([0, 0, 0, 5_000]);
  });

  it('has its rate limit used up by what got through in spite of an outage', () => {
    const limited = { rateLimit: { requestsPerMinute: 2, tokensPerMinute: null, retryAfter: true } };
    const down = { kind: 'down' as const, startMs: 0, endMs: 100, scope: 'aurora' };
    const scenario = smallScenario({ twin: limited, faults: [down] });
    const kinds = (settle: Settle): string[] => {
      const plans: AttemptPlan[] = [];
      const fleet = createFleet(scenario, [TARGET], 1, (met) => {
        plans.push(met.ofTwin);
        return met.nowMs < 100 ? settle(met) : met.ofTwin;
      });
      for (const nowMs of [0, 1, 200, 201]) fleet.attempt(0, request(), 1, nowMs);
      return plans.slice(2).map(({ kind }) => kind);
    };
    expect(kinds(answered)).toEqual(['limited', 'limited']);
    expect(kinds(({ ofTwin }) => ofTwin)).toEqual(['success', 'success']);
  });

  it('counts attempts in flight whatever became of them, and gives a recorded cut as it was', () => {
    const recordedCut = {
      firstTokenMs: 300,
      inputTokens: 1_001,
      outputTokens: 4,
      cacheReadTokens: 5,
      cacheWriteTokens: 6,
      costMicroUsd: 77,
    };
    const fleet = createFleet(smallScenario(), [TARGET], 1, (met) => ({
      ...answered(met),
      evidence: { tier: 1, knownUntilMs: 500, recordedCut },
    }));
    const plan = fleet.attempt(0, request(), 1, 0);
    expect(fleet.inFlight(0)).toBe(1);
    expect(fleet.cut(plan, 500)).toBe(recordedCut);
    expect(fleet.cut(plan, 499)).toMatchObject({ inputTokens: 1_000, outputTokens: 4 });
    expect(fleet.cut(plan, 100)).toMatchObject({ inputTokens: 0, costMicroUsd: 0 });
    fleet.end(0, 500);
    expect(fleet.inFlight(0)).toBe(0);
  });
});
