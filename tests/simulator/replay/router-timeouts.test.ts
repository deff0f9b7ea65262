import { describe, expect, test } from 'vitest';
import { memoryTrace } from '../../../datasets/index.ts';
import type { TraceRow } from '../../../datasets/trace.ts';
import type { Policy } from '../../../src/router/policy.ts';
import type { TwinDefinition } from '../../../simulator/scenario.ts';
import { STEADY_TWIN } from '../../../simulator/validate/small/small-scenario.ts';
import { FOR_EVER_MS, ONE_PATIENT_ATTEMPT } from '../../../simulator/validate/queues/patient-policy.ts';
import { rowsAt } from './rows-in-time.ts';
import { scenarioOf } from '../../../simulator/validate/small/pool-in-small.ts';
import { witnessedReplay, type SeenCall } from './witness.ts';

async function play(
  twin: Partial<TwinDefinition>,
  timeouts: Partial<Policy['timeouts']>,
  row: Partial<TraceRow> = {},
  attemptsMax = 1,
): Promise<SeenCall> {
  const scenario = scenarioOf([
    { id: 'aurora.main.large', twin },
    { id: 'borealis.main.large', twin },
  ]);
  const policy: Policy = {
    ...ONE_PATIENT_ATTEMPT,
    retry: { attemptsMax, backoffBaseMs: 0, backoffMaxMs: 0, deadlineMs: FOR_EVER_MS },
    timeouts: { ...ONE_PATIENT_ATTEMPT.timeouts, ...timeouts },
  };
  return (await witnessedReplay(memoryTrace(rowsAt([0], row), 'test'), scenario, policy)).calls[0]!;
}

const UNREACHABLE = { errors: { serverError: 0, connectTimeout: 1, midStreamAbort: 0 } };
const SLOW_START = { firstToken: { ...STEADY_TWIN.firstToken, b0: Math.log(5_000) } };
const HALTING = { interToken: { aMs: 400, bMs: 0, sigma: 0 } };

describe('a timeout of the router', () => {
  test('cuts a connection that does not come about', async () => {
    const call = await play(UNREACHABLE, { connectMs: 2_000 });
    expect(call).toMatchObject({
      end: 'rejected',
      endedAtMs: 2_000,
      reject: { code: 'ALL_PROVIDER_FAILED', status: 504 },
    });
    expect(call.attempts[0]?.outcome).toMatchObject({ kind: 'timeout', status: null, errorCode: 'connect_timeout' });
    // Without one, the connection itself gives up.
    expect(await play(UNREACHABLE, {})).toMatchObject({ endedAtMs: 30_000 });
  });

  test('does not take a slow answer for a missing connection', async () => {
    expect(await play(SLOW_START, { connectMs: 2_000 })).toMatchObject({ end: 'completed' });
  });

  test('cuts a stream whose first token is late, for nothing', async () => {
    const call = await play(SLOW_START, { firstTokenMs: 1_000 });
    expect(call).toMatchObject({ end: 'rejected', endedAtMs: 1_000, costMicroUsd: 0 });
    expect(call.attempts[0]?.outcome).toMatchObject({ kind: 'timeout', errorCode: 'first_token_timeout' });
  });

  test('lets an answer that is not streamed take its time until the first token', async () => {
    expect(await play(SLOW_START, { firstTokenMs: 1_000 }, { stream: false })).toMatchObject({ end: 'completed' });
  });

  test('cuts a stream that halts, after what has been produced, and repeats nothing', async () => {
    const call = await play(HALTING, { idleMs: 300 }, {}, 2);
    expect(call).toMatchObject({ end: 'rejected', reject: { code: 'STREAM_BROKEN' }, costMicroUsd: 2_000 + 8 });
    expect(call.endedAtMs).toBeCloseTo(400, 6);
    expect(call.attempts).toHaveLength(1);
    expect(call.attempts[0]?.outcome).toMatchObject({ kind: 'timeout', errorCode: 'idle_timeout', outputTokens: 1 });
    expect(await play(HALTING, { idleMs: 400 }, {}, 2)).toMatchObject({ end: 'completed' });
  });

  test('cuts what takes too long altogether', async () => {
    const call = await play({}, { totalMs: 605 }, {}, 2);
    expect(call).toMatchObject({ endedAtMs: 605, reject: { code: 'STREAM_BROKEN' }, costMicroUsd: 2_000 + 51 * 8 });
    expect(call.attempts[0]?.outcome).toMatchObject({
      kind: 'timeout',
      errorCode: 'total_timeout',
      reachedClient: true,
    });
  });

  test('moves a request that has seen nothing yet to another target', async () => {
    const call = await play({}, { totalMs: 605 }, { stream: false }, 2);
    expect(call.attempts.map(({ target, sentAtMs }) => [target, sentAtMs])).toEqual([
      ['aurora.main.large', 0],
      ['borealis.main.large', 605],
    ]);
    // Both attempts worked until they were cut, and both are billed.
    expect(call).toMatchObject({ end: 'rejected', endedAtMs: 1_210, costMicroUsd: 2 * (2_000 + 51 * 8) });
  });
});

describe('an answer that breaks off by itself', () => {
  const BREAKING = { errors: { serverError: 0, connectTimeout: 0, midStreamAbort: 1 } };

  test('after its first token is not repeated', async () => {
    const call = await play(BREAKING, {}, {}, 2);
    expect(call.attempts).toHaveLength(1);
    expect(call).toMatchObject({ end: 'rejected', reject: { code: 'STREAM_BROKEN', status: 502 } });
  });

  test('before the client saw anything of it is repeated elsewhere', async () => {
    const call = await play(BREAKING, {}, { stream: false }, 2);
    expect(call.attempts).toHaveLength(2);
    expect(call).toMatchObject({ end: 'rejected', reject: { code: 'ALL_PROVIDER_FAILED', status: 502 } });
  });
});
