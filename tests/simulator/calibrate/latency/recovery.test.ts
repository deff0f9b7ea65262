import { expect, it } from 'vitest';
import { coverageOf } from '../../../../simulator/validate/recovery/coverage.ts';
import { recoverLatency } from '../../../../simulator/validate/recovery/latency-recovery.ts';

const RUNS = 12;

it('recovers a known twin, its intervals hold the truth', () => {
  const coverage = coverageOf(Array.from({ length: RUNS }, (_, run) => recoverLatency(70 + run)).flat());
  expect(coverage).toHaveLength(8);
  for (const { parameter, runs, missed, meanRatio } of coverage) {
    expect(runs).toBe(RUNS);
    expect(missed, parameter).toBeLessThanOrEqual(3);
    expect(Math.abs(meanRatio! - 1), parameter).toBeLessThan(0.1);
  }
  const all = coverage.reduce((sum, { missed }) => sum + missed, 0);
  expect(all / (RUNS * coverage.length)).toBeLessThanOrEqual(0.1);
});
