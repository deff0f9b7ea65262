import { describe, expect, test } from 'vitest';
import { memoryTrace } from '../../../datasets/index.ts';
import { SessionTurns } from '../../../simulator/replay/session-turns.ts';
import { STEADY_TWIN } from '../../../simulator/validate/small/small-scenario.ts';
import { ONE_PATIENT_ATTEMPT } from '../../../simulator/validate/queues/patient-policy.ts';
import { rowAt, scenarioOf } from '../../../simulator/validate/small/pool-in-small.ts';
import { rowsAt } from './rows-in-time.ts';
import { witnessedReplay, type SeenCall } from './witness.ts';

const HALF_A_SECOND = { medianMs: 500, sigma: 0 };

async function play(
  rows: ReturnType<typeof rowsAt>,
  sessions: 'open' | 'wait',
  thinkTime = HALF_A_SECOND,
  twin = STEADY_TWIN,
): Promise<readonly SeenCall[]> {
  const scenario = scenarioOf([{ id: 'aurora.main.large', twin }], { clients: { sessions, thinkTime } });
  return (await witnessedReplay(memoryTrace(rows, 'test'), scenario, ONE_PATIENT_ATTEMPT)).calls;
}

const arrivals = (calls: readonly SeenCall[]): number[] => calls.map(({ arrivedAtMs }) => arrivedAtMs);

describe('turns of a session', () => {
  const rows = rowsAt([0, 200, 400, 9_000], { sessionId: 's' });

  test('arrive as recorded when sessions are open', async () => {
    expect(arrivals(await play(rows, 'open'))).toEqual([0, 200, 400, 9_000]);
  });

  test('wait for the last answer and a think time, but no longer than recorded', async () => {
    // Each answer takes 1,100 ms.
    expect(arrivals(await play(rows, 'wait'))).toEqual([0, expect.closeTo(1_600, 6), expect.closeTo(3_200, 6), 9_000]);
  });

  test('wait for a failure as for an answer', async () => {
    const failing = { ...STEADY_TWIN, errors: { serverError: 1, connectTimeout: 0, midStreamAbort: 0 } };
    const calls = await play(rows, 'wait', HALF_A_SECOND, failing);
    expect(calls.every(({ end }) => end === 'rejected')).toBe(true);
    expect(calls[1]!.arrivedAtMs).toBe(calls[0]!.endedAtMs + 500);
    expect(calls[2]!.arrivedAtMs).toBe(calls[1]!.endedAtMs + 500);
  });

  test('of other sessions, or of none, do not wait for each other', async () => {
    const mixed = [null, 's', null, 't'].map((sessionId, index) => rowAt(index * 100, index, { sessionId }));
    expect(arrivals(await play(mixed, 'wait'))).toEqual([0, 100, 200, 300]);
  });

  test('never overtake, however their think times fall', async () => {
    const knot = rowsAt(
      Array.from({ length: 300 }, (_, index) => index * 700),
      { sessionId: 's' },
    );
    const calls = await play(knot, 'wait', { medianMs: 2_000, sigma: 1.5 });
    const sequences = calls.map(({ sequence }) => sequence);
    expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
    const pauses = calls.slice(1).map((call, index) => call.arrivedAtMs - calls[index]!.endedAtMs);
    expect(Math.min(...pauses)).toBeGreaterThan(0);
    // All of them wait, so that each pause is a think time: lognormal with median 2,000 ms.
    const shorter = pauses.filter((pause) => pause < 2_000).length / pauses.length;
    expect(Math.abs(shorter - 0.5)).toBeLessThan(0.1);
  });
});

describe('a session that is silent for an hour', () => {
  const long = { medianMs: 7_200_000, sigma: 0 };
  const turn = (sequence: number) => ({ row: rowAt(0, sequence, { sessionId: 's' }), sequence });

  test('starts anew, so that the memory of sessions is bounded', () => {
    const turns = new SessionTurns(long, 1);
    expect(turns.offer(turn(0), 's', 0)).toBe(0);
    expect(turns.ended('s', 1_000)).toBeNull();
    expect(turns.offer(turn(1), 's', 3_600_999)).toBe(7_201_000);
    const others = new SessionTurns(long, 1);
    others.offer(turn(0), 's', 0);
    others.ended('s', 1_000);
    expect(others.offer(turn(1), 's', 3_601_000)).toBe(3_601_000);
  });
});
