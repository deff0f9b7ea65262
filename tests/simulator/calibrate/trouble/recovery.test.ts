import { expect, it } from 'vitest';
import { coverageOf } from '../../../../simulator/validate/recovery/coverage.ts';
import { recoverTrouble } from '../../../../simulator/validate/recovery/trouble-recovery.ts';

const RUNS = 20;
/** Below this share of runs an interval of 95 % is wrong with a certainty of 99.7 % (R: `pbinom(15, 20, 0.95)`). */
const HELD_MIN = 0.8;

it('the intervals hold what the twins of the attempts were made with', { timeout: 60_000 }, () => {
  const coverage = coverageOf(Array.from({ length: RUNS }, (_, run) => recoverTrouble(1, run)).flat());
  expect(coverage).toHaveLength(10);
  for (const { parameter, runs, missed } of coverage) {
    expect(1 - missed / runs, parameter).toBeGreaterThanOrEqual(HELD_MIN);
  }
});
