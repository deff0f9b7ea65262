import { describe, expect, it, test } from 'vitest';
import type { RecordedFacts } from '../../../simulator/counterfactual/recording.ts';
import { hashText } from '../../../src/router/keyed-draw.ts';
import { settleFromRecording, type RecordedMode } from '../../../simulator/counterfactual/settle-from-recording.ts';
import { tierOfAttempt } from '../../../simulator/counterfactual/tier-tally.ts';
import type { AttemptPlan, AttemptRequest } from '../../../simulator/twins/attempt-plan.ts';
import { createPricing } from '../../../simulator/twins/pricing.ts';
import type { Settle, TwinAttempt } from '../../../simulator/twins/settle.ts';
import { STEADY_TWIN } from '../../../simulator/validate/small/small-scenario.ts';
import { loggedAttempt, recordingOf } from './recorded-calls.ts';

const TARGET = 'aurora.a.large';
const MINUTE_MS = 60_000;

/** The twin's answer: 200 ms to the first token, then 20 ms each. */
function twinPlan(changes: Partial<AttemptPlan> = {}): AttemptPlan {
  return {
    requestId: 'mine',
    attempt: 1,
    kind: 'success',
    status: 200,
    errorCode: null,
    firstTokenMs: 200,
    durationMs: 1_180,
    inputTokens: 1_000,
    outputTokens: 50,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    costMicroUsd: 7,
    retryAfterMs: null,
    reachedClient: true,
    connected: true,
    targetIndex: 0,
    producesFromMs: 200,
    interTokenMs: 20,
    priceFactor: 1,
    ...changes,
  };
}

const LIMITED = twinPlan({ kind: 'limited', status: 429, producesFromMs: Infinity, errorCode: 'rate_limited' });

function met(changes: Partial<Omit<TwinAttempt, 'request'>> & { request?: Partial<AttemptRequest> } = {}): TwinAttempt {
  const requestId = changes.request?.requestId ?? 'mine';
  return {
    attempt: 1,
    nowMs: 0,
    othersInFlight: 0,
    readTokens: 0,
    writeTokens: 0,
    pricing: createPricing(STEADY_TWIN.prices),
    ofTwin: twinPlan(),
    ...changes,
    request: {
      requestId,
      requestKey: hashText(requestId),
      inputTokens: 1_000,
      outputTokens: 50,
      stream: true,
      sessionKey: 0,
      prefixBlocks: null,
      ...changes.request,
    },
  };
}

function settle(attempts: readonly RecordedFacts[], mode: RecordedMode = 'auto', shiftMs = 0, seed = 1): Settle {
  return settleFromRecording({ mode, recording: recordingOf(attempts), shiftMs }, [TARGET], seed);
}

const tierOf = (plan: AttemptPlan): number => tierOfAttempt(plan, plan.durationMs);

/** Others at the same time at the same target, so that the attempts after them met that load. */
const crowd = (count: number, changes: Partial<RecordedFacts> = {}): RecordedFacts[] =>
  Array.from({ length: count }, (_, index) => loggedAttempt({ requestId: `crowd${index}`, ...changes }));

describe("a request's own attempt", () => {
  const own = loggedAttempt({ requestId: 'mine', costUsd: 0.000_042, cacheReadTokens: 512, firstTokenMs: 90 });

  it('is taken at like load, with all that was logged', () => {
    const plan = settle([own])(met({ othersInFlight: 2 }));
    expect(plan).toMatchObject({ firstTokenMs: 90, durationMs: 1_100, outputTokens: 101, cacheReadTokens: 512 });
    expect([plan.costMicroUsd, plan.kind, tierOf(plan)]).toEqual([42, 'success', 1]);
    expect(plan.interTokenMs).toBeCloseTo(1_010 / 100, 9);
  });

  test.each([
    ['at another load', met({ othersInFlight: 3 }), [own]],
    ['that was sent elsewhere', met(), [loggedAttempt({ requestId: 'mine', target: 'aurora.b.large' })]],
    ['of another request', met(), [loggedAttempt({ requestId: 'other' })]],
    ['of another request with the same id', met({ request: { inputTokens: 1_001 } }), [own]],
  ])('is not, %s', (_, attempt, attempts) => {
    expect(settle(attempts, 'logged')(attempt)).toBe(attempt.ofTwin);
  });

  it('is found by another attempt number, too', () => {
    expect(tierOf(settle([own])(met({ attempt: 3 })))).toBe(1);
  });

  it('is never taken where donors are put to the test, nor is it its own donor', () => {
    expect(settle([own], 'donor')(met())).toEqual(twinPlan());
    expect(tierOf(settle([own, loggedAttempt({ requestId: 'other' })], 'donor')(met()))).toBe(2);
  });

  describe('where a rate limit is at stake', () => {
    const refused = loggedAttempt({
      requestId: 'mine',
      kind: 'limited',
      status: 429,
      sentAtMs: 30_000,
      firstTokenMs: null,
      durationMs: 30,
    });
    const busy = [...crowd(20, { durationMs: 500 }), refused];
    const sendMany = (settleOne: Settle, count: number): void => {
      for (let index = 0; index < count; index++) settleOne(met({ request: { requestId: `x${index}` }, nowMs: 1_000 }));
    };

    it('stands when the key was sent about as much within the minute', () => {
      const settleOne = settle(busy, 'logged');
      sendMany(settleOne, 17);
      const plan = settleOne(met({ nowMs: 30_000 }));
      expect([plan.kind, plan.status, tierOf(plan)]).toEqual(['limited', 429, 1]);
    });

    it('is left to the twin when it was not', () => {
      const attempt = met({ nowMs: 30_000 });
      expect(settle(busy, 'logged')(attempt)).toBe(attempt.ofTwin);
    });

    it("gives way to the twin's 429 when the log was not under such a load", () => {
      const settleOne = settle([own], 'logged');
      sendMany(settleOne, 17);
      expect(settleOne(met({ nowMs: 30_000, ofTwin: LIMITED }))).toBe(LIMITED);
      expect(tierOf(settle([own], 'logged')(met({ ofTwin: LIMITED })))).toBe(1);
    });
  });
});

describe('a donor', () => {
  const donor = loggedAttempt({ requestId: 'other', sentAtMs: 0 });

  it('lends its first token and its pace; tokens and cost are those of the request at the prices of the twin', () => {
    const plan = settle([donor])(met({ readTokens: 0, writeTokens: 0 }));
    expect(plan).toMatchObject({ requestId: 'mine', firstTokenMs: 100, outputTokens: 50, inputTokens: 1_000 });
    expect(plan.durationMs).toBeCloseTo(100 + 49 * 10, 9);
    const { inputMicroUsdPerToken: input, outputMicroUsdPerToken: output } = STEADY_TWIN.prices;
    expect(plan.costMicroUsd).toBe(Math.round(1_000 * input + 50 * output));
    expect(tierOf(plan)).toBe(2);
  });

  test.each([
    ['of another target', { target: 'aurora.b.large' }],
    ['that was not streamed', { stream: false, firstTokenMs: null }],
    ['of twice the input', { askedInputTokens: 2_047, inputTokens: 2_047 }],
    ['with a warm prompt', { cacheReadTokens: 900 }],
    ['sent half an hour ago', { sentAtMs: -30 * MINUTE_MS - 1 }],
    ['sent half an hour later', { sentAtMs: 30 * MINUTE_MS }],
    ['that a rate limit refused', { kind: 'limited' as const, status: 429 }],
  ])('is none %s', (_, changes) => {
    const attempt = met();
    expect(settle([loggedAttempt({ ...donor, ...changes })])(attempt)).toBe(attempt.ofTwin);
  });

  it('of another load is none, nor is any in place of a 429 of the twin', () => {
    const attempt = met({ othersInFlight: 5 });
    expect(settle([donor])(attempt)).toBe(attempt.ofTwin);
    expect(settle([donor])(met({ ofTwin: LIMITED }))).toBe(LIMITED);
  });

  it('may be sent later, and by a clock that is ahead', () => {
    expect(tierOf(settle([loggedAttempt({ ...donor, sentAtMs: 30 * MINUTE_MS - 1 })])(met()))).toBe(2);
    const live = loggedAttempt({ ...donor, sentAtMs: 1e12 });
    expect(tierOf(settle([live], 'auto', 1e12)(met()))).toBe(2);
    expect(tierOf(settle([live], 'auto', 0)(met()))).toBe(3);
  });

  it('is the nearest in time: within a minute, then five, then thirty', () => {
    const at = (minutes: number): RecordedFacts =>
      loggedAttempt({ requestId: `m${minutes}`, sentAtMs: minutes * MINUTE_MS, firstTokenMs: 100 + minutes });
    const firstTokenOf = (...minutes: number[]): number | null => settle(minutes.map(at))(met()).firstTokenMs;
    expect([firstTokenOf(-20, -4, 0.5), firstTokenOf(-20, -4, 6), firstTokenOf(-20)]).toEqual([100.5, 96, 80]);
  });

  it('is drawn alike among those there are, the same for every policy, another for another seed', () => {
    const many = crowd(4, { durationMs: 0 }).map((each, index) => ({ ...each, firstTokenMs: index + 1 }));
    const drawn = (seed: number): (number | null)[] => {
      const settleOne = settle(many, 'auto', 0, seed);
      return Array.from({ length: 2_000 }, (_, index) => {
        const plan = settleOne(met({ request: { requestId: `q${index}` }, nowMs: index }));
        return plan.firstTokenMs;
      });
    };
    const once = drawn(1);
    expect(drawn(1)).toEqual(once);
    expect(drawn(2)).not.toEqual(once);
    // Binomial(2000, 1/4): five standard deviations are 97.
    for (const firstTokenMs of [1, 2, 3, 4]) {
      expect(Math.abs(once.filter((each) => each === firstTokenMs).length - 500)).toBeLessThan(97);
    }
  });

  it('that failed fails, whatever the twin says; one that broke off breaks off', () => {
    const failed = loggedAttempt({
      ...donor,
      kind: 'failure',
      status: 500,
      errorCode: 'server_error',
      firstTokenMs: null,
      durationMs: 400,
      inputTokens: 0,
      outputTokens: 0,
    });
    expect(settle([failed])(met())).toMatchObject({ kind: 'failure', status: 500, durationMs: 400, costMicroUsd: 0 });
    const broken = loggedAttempt({ ...donor, kind: 'failure', errorCode: 'stream_broken', durationMs: 300 });
    const plan = settle([{ ...broken, outputTokens: 20 }])(met());
    expect(plan).toMatchObject({ kind: 'failure', errorCode: 'stream_broken', firstTokenMs: 100, durationMs: 300 });
    expect(plan.outputTokens).toBe(21);
    expect(settle([failed])(met({ ofTwin: twinPlan({ kind: 'failure' }) }))).toMatchObject({ kind: 'failure' });
  });
});

describe('an attempt that was cut', () => {
  const cut = (changes: Partial<RecordedFacts>): AttemptPlan =>
    settle([loggedAttempt({ requestId: 'mine', kind: 'cancelled', errorCode: 'client_left', ...changes })])(met());

  it('before its first token goes on as the twin says, when the twin agrees with that', () => {
    const plan = cut({ firstTokenMs: null, durationMs: 150, outputTokens: 0, inputTokens: 0 });
    expect(plan).toMatchObject({ firstTokenMs: 200, durationMs: 1_180, kind: 'success' });
    expect([tierOfAttempt(plan, 150), tierOfAttempt(plan, 151)]).toEqual([1, 3]);
  });

  it('and begins anew at the cut, when the twin would have been quicker', () => {
    const plan = cut({ firstTokenMs: null, durationMs: 5_000, outputTokens: 0, inputTokens: 0 });
    expect(plan).toMatchObject({ firstTokenMs: 5_200, durationMs: 6_180, producesFromMs: 5_200 });
  });

  it('in the middle keeps its pace', () => {
    const plan = cut({ durationMs: 600, outputTokens: 50 });
    expect(plan).toMatchObject({ kind: 'success', firstTokenMs: 100, interTokenMs: 10, outputTokens: 52 });
    expect(plan.evidence).toMatchObject({ tier: 1, knownUntilMs: 600, recordedCut: { outputTokens: 50 } });
  });

  it('because the stream stalled never goes on', () => {
    const plan = cut({ kind: 'timeout', errorCode: 'idle_timeout', durationMs: 30_100, outputTokens: 1 });
    expect(plan.interTokenMs).toBeGreaterThan(30_000);
  });

  it('because nothing listened never connects', () => {
    const plan = cut({ kind: 'timeout', errorCode: 'connect_timeout', firstTokenMs: null, durationMs: 5_000 });
    expect(plan).toMatchObject({ connected: false, kind: 'timeout', durationMs: 30_000, producesFromMs: Infinity });
    expect([tierOfAttempt(plan, 5_000), tierOfAttempt(plan, 30_000)]).toEqual([1, 3]);
  });

  it('lends what is known of it as a donor, too', () => {
    const donor = loggedAttempt({ requestId: 'other', kind: 'timeout', errorCode: 'total_timeout', durationMs: 1_100 });
    const plan = settle([donor])(met());
    // 101 tokens in 1,000 ms, so the 50 of this request are there long before the cut.
    expect(plan).toMatchObject({ kind: 'success', firstTokenMs: 100, outputTokens: 50 });
    expect(plan.durationMs).toBeCloseTo(100 + (49 * 1_000) / 101, 9);
    expect([tierOf(plan), tierOfAttempt(plan, 1_101)]).toEqual([2, 3]);
  });
});
