import { describe, expect, it } from 'vitest';
import { DRAW_PURPOSE, drawUniform, hashText } from '../../src/router/keyed-draw.ts';

/** Upper .1 % point of chi-square with 99 degrees of freedom (R: qchisq(.999, 99) = 148.2304). */
const CHI_SQUARE_99_DF = 148.2304;

function chiSquare(draws: readonly number[]): number {
  const counts = new Array<number>(100).fill(0);
  for (const draw of draws) counts[Math.floor(draw * 100)]! += 1;
  const expected = draws.length / 100;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

const COUNT = 50_000;
const over = (draw: (index: number) => number): number[] => Array.from({ length: COUNT }, (_, index) => draw(index));

describe('keyed draws', () => {
  it.each<[string, (index: number) => number]>([
    ['requests', (index) => drawUniform(1, hashText(`req-${index}`), 1, 3)],
    ['long ids with a common start', (index) => drawUniform(1, hashText(`${'x'.repeat(60)}${index}`), 1, 3)],
    ['attempts', (index) => drawUniform(1, 77, index, 3)],
    ['seeds', (index) => drawUniform(index, 77, 1, 3)],
    ['large seeds', (index) => drawUniform(Number.MAX_SAFE_INTEGER - index, 77, 1, 3)],
    ['purposes', (index) => drawUniform(1, 77, 1, index)],
  ])('are uniform over %s', (_, draw) => {
    const draws = over(draw);
    expect(draws.every((each) => each >= 0 && each < 1)).toBe(true);
    expect(chiSquare(draws)).toBeLessThan(CHI_SQUARE_99_DF);
  });

  it('are uncorrelated between purposes, attempts and neighbouring seeds', () => {
    const base = over((index) => drawUniform(5, hashText(`r${index}`), 1, DRAW_PURPOSE.explore));
    const others = [
      over((index) => drawUniform(5, hashText(`r${index}`), 1, DRAW_PURPOSE.pick)),
      over((index) => drawUniform(5, hashText(`r${index}`), 2, DRAW_PURPOSE.explore)),
      over((index) => drawUniform(6, hashText(`r${index}`), 1, DRAW_PURPOSE.explore)),
      over((index) => drawUniform(5, hashText(`r${index + 1}`), 1, DRAW_PURPOSE.explore)),
    ];
    for (const other of others) {
      const covariance = base.reduce((sum, draw, index) => sum + (draw - 0.5) * (other[index]! - 0.5), 0) / COUNT;
      // Standard deviation of a correlation of n independent pairs is 1 / sqrt(n).
      expect(Math.abs(covariance * 12)).toBeLessThan(4 / Math.sqrt(COUNT));
    }
  });

  it('tell seeds beyond 32 bits apart', () => {
    const seeds = [1, 1 + 2 ** 32, 1 + 2 ** 40, 1 + 2 ** 52];
    expect(new Set(seeds.map((seed) => drawUniform(seed, 7, 1, 1))).size).toBe(4);
  });

  it('use no number for two purposes', () => {
    const purposes = Object.values(DRAW_PURPOSE);
    expect(new Set(purposes).size).toBe(purposes.length);
  });

  it('hash a hundred thousand ids without a collision more than chance allows', () => {
    const hashes = new Set(Array.from({ length: 100_000 }, (_, index) => hashText(`request-${index}`)));
    // Expected collisions n^2 / 2^33 = 1.2; eight or more have a probability below 1e-4.
    expect(hashes.size).toBeGreaterThan(100_000 - 8);
  });

  it('give the same forever: recorded runs depend on these values', () => {
    expect(hashText('')).toBe(hashText(''));
    expect([hashText('a'), hashText('request-1'), hashText('größe')]).toEqual([711464985, 488873771, 450334544]);
    expect([drawUniform(1, 2, 3, 4), drawUniform(2 ** 40, 5, 6, 7)]).toEqual([0.5930643333122134, 0.825626925798133]);
  });
});
