import { expect, it } from 'vitest';
import { recoveryCoverage } from './recovery.ts';

const RUNS = 20;
/** Below this share of runs an interval of 95 % is wrong with a certainty of 99.7 % (R: `pbinom(15, 20, 0.95)`). */
const HELD_MIN = 0.8;

it('the intervals hold what the twins of the attempts were made with', { timeout: 60_000 }, () => {
  const { 'degradedShare in the long run': _, 'downShare in the long run': __, ...known } = recoveryCoverage(RUNS, 1);
  expect(Object.keys(known)).toHaveLength(10);
  for (const [parameter, { held, runs }] of Object.entries(known)) {
    expect(held / runs, parameter).toBeGreaterThanOrEqual(HELD_MIN);
  }
});
