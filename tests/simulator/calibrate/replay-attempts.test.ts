import { describe, expect, it } from 'vitest';
import { KIND_CODE, type AttemptTable } from '../../../simulator/calibrate/attempt-table.ts';
import { replayAttempts } from '../../../simulator/calibrate/replay-attempts.ts';
import type { Scenario } from '../../../simulator/scenario.ts';
import { smallScenario, STEADY_TWIN } from '../../../simulator/validate/small/small-scenario.ts';
import { everyRow, loggedAttempts, noisyScenario, sentAttempts, SHOWERS, TIMEOUTS } from './generated-attempts.ts';

const stormy = noisyScenario({ weather: [SHOWERS] });
const log = loggedAttempts(stormy, 2_000, 1_500);

const replay = (table: AttemptTable, scenario: Scenario, changes: Partial<typeof TIMEOUTS> = {}): AttemptTable =>
  replayAttempts(table, everyRow(table), scenario, 5, { ...TIMEOUTS, ...changes });

const with1 = (table: AttemptTable, changes: Partial<AttemptTable>): AttemptTable => ({ ...table, ...changes });

describe('playing attempts again', () => {
  it('keeps every row with its target, time, stream and session, and gives each an outcome', () => {
    const played = replay(log, stormy);
    for (const column of ['target', 'sentAtMs', 'stream', 'session', 'askedInputTokens'] as const)
      expect(played[column]).toEqual(log[column]);
    expect(played.rows).toBe(log.rows);
    expect(played.kind.every((kind) => kind !== KIND_CODE.cancelled)).toBe(true);
    expect(played.durationMs.every((durationMs) => durationMs > 0)).toBe(true);
    for (let row = 0; row < played.rows; row++) {
      if (played.kind[row] !== KIND_CODE.success) continue;
      expect(played.inputTokens[row]).toBe(
        log.inputTokens[row]! > 0 ? log.inputTokens[row] : log.askedInputTokens[row],
      );
      if (log.kind[row] === KIND_CODE.success) expect(played.outputTokens[row]).toBe(log.outputTokens[row]);
    }
  });

  it('is a function of its arguments, and another seed is other luck', () => {
    expect(replay(log, stormy)).toEqual(replay(log, stormy));
    expect(replayAttempts(log, everyRow(log), stormy, 6, TIMEOUTS).durationMs).not.toEqual(
      replay(log, stormy).durationMs,
    );
  });

  it('draws the output of what failed from the successes of its twin, no shorter than what had come', () => {
    const steady = smallScenario();
    const sent = sentAttempts(6, 10_000);
    const table = with1(sent, {
      target: Uint16Array.of(0, 0, 0, 0, 2, 0),
      stream: new Uint8Array(6).fill(1),
      kind: Uint8Array.of(0, 0, 0, KIND_CODE.failure, 0, KIND_CODE.timeout),
      outputTokens: Float64Array.of(10, 20, 300, 25, 900, 5_000),
    });
    const drawn = new Set<number>();
    for (let seed = 0; seed < 20; seed++) {
      const { outputTokens } = replayAttempts(table, everyRow(table), steady, seed, TIMEOUTS);
      drawn.add(outputTokens[3]!);
      // Longer than any success: what had come is all that is known.
      expect(outputTokens[5]).toBe(5_000);
    }
    expect([...drawn]).toEqual([300]);
  });

  it('cuts by the timeouts of the router, as a replay does', () => {
    const slow = smallScenario({
      twin: {
        firstToken: { ...STEADY_TWIN.firstToken, b0: Math.log(4_000) },
        interToken: { aMs: 50, bMs: 0, sigma: 0 },
      },
    });
    const sent = with1(sentAttempts(3, 60_000), {
      stream: Uint8Array.of(1, 1, 0),
      outputTokens: Float64Array.of(21, 1_001, 21),
    });
    const early = replay(sent, slow, { firstTokenMs: 3_000 });
    expect([...early.kind]).toEqual([KIND_CODE.timeout, KIND_CODE.timeout, KIND_CODE.success]);
    expect(early.errorCodes[early.errorCode[0]!]).toBe('first_token_timeout');
    expect(early.durationMs[0]).toBeCloseTo(3_000, 6);
    expect(early.firstTokenMs[0]).toBeNaN();
    const total = replay(sent, slow, { totalMs: 10_000 });
    expect(total.errorCodes[total.errorCode[1]!]).toBe('total_timeout');
    expect(total.durationMs[1]).toBeCloseTo(10_000, 6);
    expect(total.firstTokenMs[1]).toBeCloseTo(4_000, 6);
    expect(total.outputTokens[1]).toBe(121);
  });

  it('lets a client leave at the age at which it left', () => {
    const sent = with1(sentAttempts(2, 60_000), {
      stream: Uint8Array.of(1, 1),
      kind: new Uint8Array(2).fill(KIND_CODE.cancelled),
      durationMs: Float64Array.of(60, 600_000),
      outputTokens: Float64Array.of(0, 3),
    });
    const played = replay(sent, smallScenario());
    expect([...played.kind]).toEqual([KIND_CODE.cancelled, KIND_CODE.success]);
    expect(played.durationMs[0]).toBeCloseTo(60, 6);
  });

  it('ends before it sends at equal times, and counts what is in flight at the twin over its keys', () => {
    // 100 ms to the first token and 10 ms for each of 90 more: over after one second sharp.
    const table = with1(sentAttempts(4, 1), {
      target: Uint16Array.of(0, 1, 2, 0),
      sentAtMs: Float64Array.of(0, 500, 600, 1_000),
      outputTokens: new Float64Array(4).fill(91),
    });
    expect([...replay(table, smallScenario()).othersInFlight]).toEqual([0, 1, 0, 1]);
  });

  it('plays what surrounds some rows too, so that their load is whole', () => {
    const whole = replay(log, stormy);
    const some = Uint32Array.from({ length: 200 }, (_unused, index) => 1_000 + 5 * index);
    const part = replayAttempts(log, some, stormy, 5, TIMEOUTS);
    expect(part.rows).toBe(200);
    expect([...part.durationMs]).toEqual([...some].map((row) => whole.durationMs[row]));
    expect([...part.othersInFlight]).toEqual([...some].map((row) => whole.othersInFlight[row]));
  });

  it('says which target the scenario lacks, and plays nothing for no rows', () => {
    const lonely = { ...stormy, pool: { ...stormy.pool, targets: stormy.pool.targets.slice(0, 2) } };
    expect(() => replay(log, lonely)).toThrow(
      /generated: attempts went to borealis\.main\.large, which scenario small/,
    );
    expect(replayAttempts(log, new Uint32Array(), stormy, 5, TIMEOUTS).rows).toBe(0);
  });
});
