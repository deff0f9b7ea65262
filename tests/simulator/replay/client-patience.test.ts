import { describe, expect, test } from 'vitest';
import { memoryTrace } from '../../../datasets/index.ts';
import type { TraceRow } from '../../../datasets/trace.ts';
import type { Policy } from '../../../src/router/policy.ts';
import { STEADY_TWIN } from '../../../simulator/validate/small/small-scenario.ts';
import { FOR_EVER_MS, ONE_PATIENT_ATTEMPT } from '../../../simulator/validate/queues/patient-policy.ts';
import { rowsAt } from './rows-in-time.ts';
import { scenarioOf, type TargetInSmall } from '../../../simulator/validate/small/pool-in-small.ts';
import { witnessedReplay, type SeenCall, type Witnessed } from './witness.ts';

const ONE: readonly TargetInSmall[] = [{ id: 'aurora.main.large' }];
const ONE_AT_A_TIME: readonly TargetInSmall[] = [{ id: 'aurora.main.large', concurrencyLimit: 1, queueLimit: 9 }];

function play(
  rows: readonly TraceRow[],
  targets: readonly TargetInSmall[],
  clients: { firstTokenTimeoutMs?: number; totalTimeoutMs?: number },
  policy: Policy = ONE_PATIENT_ATTEMPT,
): Promise<Witnessed> {
  return witnessedReplay(memoryTrace(rows, 'test'), scenarioOf(targets, { clients }), policy);
}

const only = ({ calls }: Witnessed): SeenCall => calls[0]!;

describe('a client that gives up while its answer is made', () => {
  test('before the first token: nothing was produced, nothing is billed', async () => {
    const call = only(await play(rowsAt([1_000]), ONE, { firstTokenTimeoutMs: 60 }));
    expect(call).toMatchObject({ end: 'cancelled', endedAtMs: 1_060, costMicroUsd: 0 });
    expect(call.attempts[0]?.outcome).toMatchObject({
      kind: 'cancelled',
      status: null,
      errorCode: 'client_left',
      firstTokenMs: null,
      durationMs: 60,
      outputTokens: 0,
      reachedClient: false,
    });
  });

  test('in mid-stream: the tokens so far, billed as the twin bills what breaks off', async () => {
    const call = only(await play(rowsAt([0]), ONE, { totalTimeoutMs: 605 }));
    expect(call).toMatchObject({ end: 'cancelled', endedAtMs: 605 });
    // One token at 100 ms, then one every 10 ms: 51 by 605 ms.
    expect(call.attempts[0]?.outcome).toMatchObject({
      kind: 'cancelled',
      firstTokenMs: expect.closeTo(100, 6),
      inputTokens: 1_000,
      outputTokens: 51,
      costMicroUsd: 1_000 * 2 + 51 * 8,
      reachedClient: true,
    });
    const generous = { ...STEADY_TWIN, prices: { ...STEADY_TWIN.prices, billsAborted: false } };
    const free = only(await play(rowsAt([0]), [{ id: 'aurora.main.large', twin: generous }], { totalTimeoutMs: 605 }));
    expect(free).toMatchObject({ end: 'cancelled', costMicroUsd: 0 });
  });

  test('without streaming, patience for a first token is patience for the whole answer', async () => {
    const rows = rowsAt([0], { stream: false });
    const left = only(await play(rows, ONE, { firstTokenTimeoutMs: 1_005 }));
    expect(left).toMatchObject({ end: 'cancelled', endedAtMs: 1_005, costMicroUsd: 2_000 + 91 * 8 });
    expect(left.attempts[0]?.outcome).toMatchObject({ reachedClient: false });
    expect(only(await play(rows, ONE, { firstTokenTimeoutMs: 1_101 }))).toMatchObject({ end: 'completed' });
  });

  test('a first token in time, at the last moment even, keeps the client', async () => {
    // exp(0) = 1 ms to the first token, without rounding.
    const instant = { ...STEADY_TWIN, firstToken: { ...STEADY_TWIN.firstToken, b0: 0 } };
    const targets = [{ id: 'aurora.main.large', twin: instant }];
    expect(only(await play(rowsAt([0]), targets, { firstTokenTimeoutMs: 1 }))).toMatchObject({ end: 'completed' });
    expect(only(await play(rowsAt([0]), targets, { firstTokenTimeoutMs: 0.9 }))).toMatchObject({ end: 'cancelled' });
  });
});

describe('a client that gives up while its request waits', () => {
  test('leaves the queue at the end of its patience, without an attempt', async () => {
    const { calls, run } = await play(rowsAt([0, 500, 1_000]), ONE_AT_A_TIME, { firstTokenTimeoutMs: 250 });
    expect(calls.map(({ end, endedAtMs }) => [end, endedAtMs])).toEqual([
      ['completed', expect.closeTo(1_100, 6)],
      ['cancelled', 750],
      // Its turn comes at 1,100, its first token at 1,200, in time.
      ['completed', expect.closeTo(2_200, 6)],
    ]);
    expect(calls[1]?.attempts).toEqual([]);
    expect(run.requestsByAttempts).toEqual([1, 2]);
  });

  test('leaves a backoff at the end of its patience', async () => {
    const failing = { ...STEADY_TWIN, errors: { serverError: 1, connectTimeout: 0, midStreamAbort: 0 } };
    const policy: Policy = {
      ...ONE_PATIENT_ATTEMPT,
      retry: { attemptsMax: 2, backoffBaseMs: 1e9, backoffMaxMs: 1e9, deadlineMs: FOR_EVER_MS },
    };
    const targets = [
      { id: 'aurora.main.large', twin: failing },
      { id: 'borealis.main.large', twin: failing },
    ];
    const { calls, run } = await play(rowsAt([0, 10_000, 20_000]), targets, { totalTimeoutMs: 30_000 }, policy);
    expect(calls.map(({ end, endedAtMs, attempts }) => [end, endedAtMs, attempts.length])).toEqual([
      ['cancelled', 30_000, 1],
      ['cancelled', 40_000, 1],
      ['cancelled', 50_000, 1],
    ]);
    expect(run.requestsByAttempts).toEqual([0, 3]);
  });

  test('makes room for who comes next, and is no sign of ill health', async () => {
    const { calls, router } = await play(rowsAt([0, 100, 200, 300]), ONE_AT_A_TIME, { totalTimeoutMs: 400 });
    // The first leaves at 400; the next starts then and leaves at 500, and so on.
    expect(calls.map(({ end, endedAtMs }) => [end, endedAtMs])).toEqual([
      ['cancelled', 400],
      ['cancelled', 500],
      ['cancelled', 600],
      ['cancelled', 700],
    ]);
    expect(calls.map(({ attempts }) => attempts[0]?.sentAtMs)).toEqual([0, 400, 500, 600]);
    expect(router.stateOf(0)).toBe('healthy');
  });
});
