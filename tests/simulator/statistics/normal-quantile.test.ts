import { describe, expect, it } from 'vitest';
import { normalFromUniform, normalQuantile } from '../../../simulator/statistics/normal-quantile.ts';

/** SciPy 1.17 `scipy.stats.norm.ppf`, printed with repr. */
const SCIPY: readonly (readonly [number, number])[] = [
  [1e-300, -37.0470962993612],
  [1e-100, -21.273453560965322],
  [1e-20, -9.262340089798409],
  [1e-10, -6.361340902404056],
  [1e-6, -4.753424308822899],
  [0.001, -3.090232306167813],
  [0.025, -1.9599639845400545],
  [0.05, -1.6448536269514729],
  [0.074, -1.4466320671589785],
  [0.075, -1.4395314709384563],
  [0.1, -1.2815515655446004],
  [0.25, -0.6744897501960817],
  [0.4, -0.2533471031357997],
  [0.5, 0.0],
  [0.6, 0.2533471031357997],
  [0.75, 0.6744897501960817],
  [0.9, 1.2815515655446004],
  [0.925, 1.4395314709384563],
  [0.95, 1.6448536269514722],
  [0.975, 1.959963984540054],
  [0.99, 2.3263478740408408],
  [0.999, 3.090232306167813],
  [0.999999, 4.753424308817087],
];

describe('normalQuantile', () => {
  it.each(SCIPY)('agrees with SciPy at %d', (probability, expected) => {
    expect(Math.abs(normalQuantile(probability) - expected)).toBeLessThanOrEqual(
      2e-15 * Math.max(1, Math.abs(expected)),
    );
  });

  it('is odd around one half and rises', () => {
    let last = -Infinity;
    for (let step = 1; step < 4_096; step++) {
      const probability = step / 4_096;
      const value = normalQuantile(probability);
      expect(value).toBeGreaterThan(last);
      expect(Math.abs(value + normalQuantile(1 - probability))).toBeLessThan(1e-14);
      last = value;
    }
  });

  it('says what lies at and beyond the ends', () => {
    expect(normalQuantile(0)).toBe(-Infinity);
    expect(normalQuantile(1)).toBe(Infinity);
    expect(normalQuantile(-0.1)).toBeNaN();
    expect(normalQuantile(1.1)).toBeNaN();
    expect(normalQuantile(NaN)).toBeNaN();
  });
});

describe('normalFromUniform', () => {
  it('is finite at both ends of the 32-bit draw and symmetric', () => {
    const lowest = normalFromUniform(0);
    const highest = normalFromUniform(1 - 2 ** -32);
    expect(lowest).toBeCloseTo(-6.337957, 5);
    expect(highest).toBeCloseTo(-lowest, 6);
  });
});
