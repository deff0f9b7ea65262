import { expect, it } from 'vitest';
import { recoverKnownTwin } from './recovery.ts';

it('recovers a known twin, its intervals hold the truth', () => {
  const coverage = recoverKnownTwin(20, 70);
  for (const { parameter, covered, meanRatio } of coverage) {
    expect(covered, parameter).toBeGreaterThanOrEqual(15);
    expect(Math.abs(meanRatio - 1), parameter).toBeLessThan(0.1);
  }
  const all = coverage.reduce((sum, { covered }) => sum + covered, 0);
  expect(all / (20 * coverage.length)).toBeGreaterThanOrEqual(0.9);
});
