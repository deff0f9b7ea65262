import { describe, expect, it } from 'vitest';
import { believedTimes } from '../../../simulator/calibrate/far-off-times.ts';
import { ImplausibleTimes, timeTroubleOf } from '../../../simulator/calibrate/plausible-times.ts';
import { BadInput } from '../../../src/config/bad-input.ts';

const DAY_MS = 86_400_000;

describe('the times of an attempt', () => {
  it.each([
    [500, 100, null],
    [500, null, null],
    [0, 0, null],
    // Rounded each for itself.
    [500, 501, null],
    [500, 700, 'firstAfterEnd'],
    [-1, null, 'negative'],
    [500, -20, 'negative'],
    [NaN, null, 'negative'],
    [40 * DAY_MS + 900, 40 * DAY_MS, 'tooLong'],
    [7 * 3_600_000, 100, 'tooLong'],
    [500, 40 * DAY_MS, 'tooLong'],
  ] as const)('of %d ms with a first token at %s are %s', (durationMs, firstTokenMs, trouble) => {
    expect(timeTroubleOf({ durationMs, firstTokenMs })).toBe(trouble);
  });
});

describe('attempts whose times cannot be', () => {
  const good = { durationMs: 900, firstTokenMs: 200 };

  function counted(
    bad: readonly (readonly [durationMs: number, firstTokenMs: number])[],
    of: number,
  ): ImplausibleTimes {
    const times = new ImplausibleTimes();
    for (let row = bad.length; row < of; row++) expect(times.accepts(good)).toBe(true);
    for (const [durationMs, firstTokenMs] of bad) expect(times.accepts({ durationMs, firstTokenMs })).toBe(false);
    return times;
  }

  it('are counted by what is wrong with them', () => {
    const times = counted(
      [
        [900, 40 * DAY_MS],
        [100, 400],
        [100, 300],
      ],
      100,
    );
    expect(times.accepts(good, true)).toBe(false);
    expect(times.notes('log.parquet')).toEqual([
      'log.parquet: 4 of 101 attempts have times that cannot be (2 with a first token after the end, 1 that took longer than 6 hours, 1 sent weeks before or after all others, as by a clock that was wrong); they are left out, so what they added to the load, used of limits and cost is not seen',
    ]);
  });

  it('are nothing to speak of where there are none', () => {
    expect(counted([], 10).notes('log')).toEqual([]);
  });

  it('are refused when they are many', () => {
    const times = counted(
      Array.from({ length: 6 }, () => [100, 400] as const),
      100,
    );
    expect(() => times.notes('log')).toThrow(BadInput);
    expect(() => times.notes('log')).toThrow(/^log: 6 of 100 attempts .* too many .* unit of the source/);
  });
});

describe('rows that a clock put weeks away', () => {
  const day = Array.from({ length: 100 }, (_unused, row) => 50 * DAY_MS + row * 60_000);

  it('are left out at either end, where they are few', () => {
    expect(believedTimes([0, 1_000, ...day, 90 * DAY_MS])).toEqual({ fromMs: day[0], toMs: day.at(-1), pauseMs: null });
    expect(believedTimes(day)).toEqual({ fromMs: day[0], toMs: day.at(-1), pauseMs: null });
  });

  it('are traffic of their own where they are many, with a word on the pause', () => {
    const later = day.map((ms) => ms + 30 * DAY_MS);
    expect(believedTimes([...day, ...later])).toEqual({
      fromMs: day[0],
      toMs: later.at(-1),
      pauseMs: later[0]! - day.at(-1)!,
    });
  });

  it('are not those after a week without traffic', () => {
    const after = day.at(-1)! + 7 * DAY_MS;
    expect(believedTimes([...day, after])).toEqual({ fromMs: day[0], toMs: after, pauseMs: null });
    expect(believedTimes([5])).toEqual({ fromMs: 5, toMs: 5, pauseMs: null });
  });
});
