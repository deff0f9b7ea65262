import { describe, expect, it } from 'vitest';
import { createCmaEs } from '../../../simulator/tune/cma-es.ts';
import { symmetricEigen } from '../../../simulator/tune/symmetric-eigen.ts';

type Cost = (point: Float64Array) => number;

function minimise(cost: Cost, start: readonly number[], generations: number, seed: number): Float64Array {
  const search = createCmaEs(start, 0.2, seed);
  for (let generation = 0; generation < generations; generation++) {
    search.tell(search.ask().toSorted((a, b) => cost(a) - cost(b)));
  }
  return search.mean;
}

const OPTIMUM = [0.2, 0.7, 0.4, 0.9, 0.5, 0.1];
const bowl: Cost = (x) => x.reduce((sum, value, axis) => sum + (value - OPTIMUM[axis]!) ** 2, 0);
/** Axes that differ by a factor of a million in what they matter, and lie across each other. */
const ridge: Cost = (x) => {
  const [a, b] = [x[0]! + x[1]! - 0.9, x[0]! - x[1]! + 0.1];
  return a * a + 1e6 * b * b;
};

describe('CMA-ES', () => {
  it.each([1, 2, 3])('finds the bottom of a bowl (seed %i)', (seed) => {
    const found = minimise(bowl, [0.5, 0.5, 0.5, 0.5, 0.5, 0.5], 80, seed);
    expect(bowl(found)).toBeLessThan(1e-6);
  });

  it('learns the shape of a narrow ridge', () => {
    expect(ridge(minimise(ridge, [0.9, 0.1], 120, 1))).toBeLessThan(1e-4);
  });

  it('stays in the cube, also where the best lies outside', () => {
    const towards: Cost = (x) => x.reduce((sum, value) => sum + (value - 2) ** 2, 0);
    const search = createCmaEs([0.5, 0.5, 0.5], 0.3, 4);
    for (let generation = 0; generation < 40; generation++) {
      const points = search.ask();
      for (const point of points) for (const value of point) expect(value >= 0 && value <= 1).toBe(true);
      search.tell(points.toSorted((a, b) => towards(a) - towards(b)));
    }
    expect(Math.min(...search.mean)).toBeGreaterThan(0.9);
  });

  it('repeats itself for the same seed', () => {
    expect(minimise(bowl, OPTIMUM, 5, 9)).toEqual(minimise(bowl, OPTIMUM, 5, 9));
    expect(minimise(bowl, OPTIMUM, 5, 9)).not.toEqual(minimise(bowl, OPTIMUM, 5, 10));
  });
});

describe('the eigenvectors of a symmetric matrix', () => {
  it('put it together again', () => {
    const size = 7;
    const matrix = new Float64Array(size * size);
    for (let row = 0; row < size; row++) {
      for (let column = 0; column <= row; column++) {
        const value = Math.sin(13 * row + 7 * column) + (row === column ? 3 : 0);
        matrix[row * size + column] = value;
        matrix[column * size + row] = value;
      }
    }
    const { values, vectors } = symmetricEigen(matrix, size);
    for (let row = 0; row < size; row++) {
      for (let column = 0; column < size; column++) {
        let again = 0;
        let unit = 0;
        for (let k = 0; k < size; k++) {
          again += vectors[row * size + k]! * values[k]! * vectors[column * size + k]!;
          unit += vectors[k * size + row]! * vectors[k * size + column]!;
        }
        expect(again).toBeCloseTo(matrix[row * size + column]!, 9);
        expect(unit).toBeCloseTo(row === column ? 1 : 0, 9);
      }
    }
  });
});
