import { describe, expect, it } from 'vitest';
import { anytimeMultiplier } from '../../../src/policies/sequential/confidence-sequence.ts';
import { drawsOf } from '../draws.ts';

const STREAMS = 400;
const LONGEST = 4_000;
const FIRST_LOOK = 20;

/** Share of streams in which a mean of zero is, at any look, declared not to be. */
function falseAlarms(multiplierAt: (count: number) => number, draw: (seed: number) => () => number): number {
  let alarms = 0;
  for (let stream = 0; stream < STREAMS; stream++) {
    const next = draw(stream);
    let sum = 0;
    let squares = 0;
    for (let count = 1; count <= LONGEST; count++) {
      const value = next();
      sum += value;
      squares += value * value;
      if (count < FIRST_LOOK) continue;
      const mean = sum / count;
      const error = Math.sqrt(Math.max(0, squares / count - mean * mean) / (count - 1));
      if (Math.abs(mean) > multiplierAt(count) * error) {
        alarms++;
        break;
      }
    }
  }
  return alarms / STREAMS;
}

const normal = (seed: number) => {
  const draws = drawsOf(seed);
  return () => draws.normal();
};
/** Exponential less its mean: skewed, as money is. */
const skewed = (seed: number) => {
  const draws = drawsOf(seed);
  return () => -Math.log(1 - draws.uniform()) - 1;
};

describe('intervals that hold at all times', () => {
  it('are crossed in at most alpha of the streams, looked at after every value', () => {
    expect(falseAlarms((count) => anytimeMultiplier(count, 0.05), normal)).toBeLessThanOrEqual(0.05);
    // Skewed ones need more values for the same; what is left over alpha is that.
    expect(falseAlarms((count) => anytimeMultiplier(count, 0.05), skewed)).toBeLessThanOrEqual(0.08);
  });

  it('where intervals of one look would cry wolf', () => {
    expect(falseAlarms(() => 1.96, normal)).toBeGreaterThan(0.3);
  });

  it('are nearly as narrow as they can be where they are meant to', () => {
    const at150 = anytimeMultiplier(150, 0.05);
    for (const tightestAt of [20, 50, 100, 300, 1_000, 5_000]) {
      expect(at150).toBeLessThan(anytimeMultiplier(150, 0.05, tightestAt) + 0.01);
    }
    expect(anytimeMultiplier(30, 0.05)).toBeLessThan(1.15 * at150);
    expect(anytimeMultiplier(10_000, 0.05)).toBeLessThan(1.3 * at150);
  });
});
