/**
 * CMA-ES in the unit cube: draws points around a mean, keeps the better half, and learns from them how far and in which
 * directions to step. Constants are the defaults of N. Hansen, "The CMA Evolution Strategy: A Tutorial" (2016). Only the
 * order of the points counts, so constraints and utilities of any scale will do.
 */
import { DRAW_PURPOSE_OUTSIDE_ROUTER, drawUniform } from '../../src/router/keyed-draw.ts';
import { normalFromUniform } from '../statistics/normal-quantile.ts';
import { symmetricEigen } from './symmetric-eigen.ts';

const NORMAL_PURPOSE = DRAW_PURPOSE_OUTSIDE_ROUTER + 502;
/** Draws until a point lies inside; then it is moved to the nearest point of the cube. */
const REDRAWS = 8;
const STEP_MAX = 0.5;

export interface CmaEs {
  /** Points of a generation; even, so that two workers share it. */
  readonly pointsPerGeneration: number;
  readonly generation: number;
  readonly mean: Float64Array;
  /** Standard deviation of the draws along the axes of the cube, before the shape that was learnt. */
  readonly stepSize: number;
  /** The points to be judged next, in [0, 1]^n. */
  ask(): readonly Float64Array[];
  /** @param points those of the last {@link ask}, best first */
  tell(points: readonly Float64Array[]): void;
}

/**
 * @param start a point of the unit cube
 * @param stepSize first standard deviation, for example 0.2
 * @param seed a safe integer
 */
export function createCmaEs(start: ArrayLike<number>, stepSize: number, seed: number): CmaEs {
  const n = start.length;
  const lambda = evenAtLeast(4 + Math.floor(3 * Math.log(n)));
  const mu = lambda / 2;
  const raw = Array.from({ length: mu }, (_, index) => Math.log((lambda + 1) / 2) - Math.log(index + 1));
  const rawSum = raw.reduce((sum, weight) => sum + weight, 0);
  const weights = raw.map((weight) => weight / rawSum);
  const muEff = 1 / weights.reduce((sum, weight) => sum + weight * weight, 0);
  const cSigma = (muEff + 2) / (n + muEff + 5);
  const dSigma = 1 + 2 * Math.max(0, Math.sqrt((muEff - 1) / (n + 1)) - 1) + cSigma;
  const cC = (4 + muEff / n) / (n + 4 + (2 * muEff) / n);
  const c1 = 2 / ((n + 1.3) ** 2 + muEff);
  const cMu = Math.min(1 - c1, (2 * (muEff - 2 + 1 / muEff)) / ((n + 2) ** 2 + muEff));
  const expectedLength = Math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));

  const mean = Float64Array.from(start);
  const covariance = new Float64Array(n * n);
  for (let index = 0; index < n; index++) covariance[index * n + index] = 1;
  const pathSigma = new Float64Array(n);
  const pathC = new Float64Array(n);
  let { values, vectors } = symmetricEigen(covariance, n);
  let sigma = stepSize;
  let generation = 0;

  /** mean + sigma B D z. */
  function drawn(point: number, redraw: number): Float64Array {
    const key = (generation * lambda + point) * (REDRAWS + 1) + redraw;
    const scaled = Float64Array.from({ length: n }, (_, axis) => {
      const z = normalFromUniform(drawUniform(seed, key, axis, NORMAL_PURPOSE));
      return z * Math.sqrt(Math.max(0, values[axis]!));
    });
    return mean.map((middle, row) => middle + sigma * product(vectors, scaled, n, row));
  }

  function pointInside(point: number): Float64Array {
    let candidate = drawn(point, 0);
    for (let redraw = 1; redraw <= REDRAWS && !isInside(candidate); redraw++) candidate = drawn(point, redraw);
    return candidate.map((coordinate) => Math.min(1, Math.max(0, coordinate)));
  }

  /** C^(-1/2) y = B D^-1 B' y. */
  function whitened(y: Float64Array): Float64Array {
    const turned = Float64Array.from({ length: n }, (_, axis) => {
      let sum = 0;
      for (let row = 0; row < n; row++) sum += vectors[row * n + axis]! * y[row]!;
      return sum / Math.sqrt(Math.max(1e-20, values[axis]!));
    });
    return y.map((_, row) => product(vectors, turned, n, row));
  }

  function learn(steps: readonly Float64Array[]): void {
    const move = Float64Array.from({ length: n }, (_, axis) =>
      steps.reduce((sum, step, rank) => sum + weights[rank]! * step[axis]!, 0),
    );
    for (let axis = 0; axis < n; axis++) mean[axis] = Math.min(1, Math.max(0, mean[axis]! + sigma * move[axis]!));
    const white = whitened(move);
    const pull = Math.sqrt(cSigma * (2 - cSigma) * muEff);
    for (let axis = 0; axis < n; axis++) pathSigma[axis] = (1 - cSigma) * pathSigma[axis]! + pull * white[axis]!;
    const length = Math.sqrt(pathSigma.reduce((sum, value) => sum + value * value, 0));
    const settled = Math.sqrt(1 - (1 - cSigma) ** (2 * (generation + 1)));
    const isSteady = length / settled < (1.4 + 2 / (n + 1)) * expectedLength;
    const pullC = isSteady ? Math.sqrt(cC * (2 - cC) * muEff) : 0;
    for (let axis = 0; axis < n; axis++) pathC[axis] = (1 - cC) * pathC[axis]! + pullC * move[axis]!;
    updateCovariance(steps, isSteady);
    sigma = Math.min(STEP_MAX, sigma * Math.exp((cSigma / dSigma) * (length / expectedLength - 1)));
  }

  function updateCovariance(steps: readonly Float64Array[], isSteady: boolean): void {
    const forgotten = c1 * (isSteady ? 0 : cC * (2 - cC));
    for (let row = 0; row < n; row++) {
      for (let column = 0; column <= row; column++) {
        const ofSteps = steps.reduce((sum, step, rank) => sum + weights[rank]! * step[row]! * step[column]!, 0);
        const value =
          (1 - c1 - cMu + forgotten) * covariance[row * n + column]! +
          c1 * pathC[row]! * pathC[column]! +
          cMu * ofSteps;
        covariance[row * n + column] = value;
        covariance[column * n + row] = value;
      }
    }
    ({ values, vectors } = symmetricEigen(covariance, n));
  }

  return {
    pointsPerGeneration: lambda,
    get generation() {
      return generation;
    },
    get mean() {
      return mean.slice();
    },
    get stepSize() {
      return sigma;
    },
    ask: () => Array.from({ length: lambda }, (_, point) => pointInside(point)),
    tell(points) {
      if (points.length !== lambda) throw new RangeError(`a generation has ${lambda} points, not ${points.length}`);
      learn(points.slice(0, mu).map((point) => point.map((coordinate, axis) => (coordinate - mean[axis]!) / sigma)));
      generation++;
    },
  };
}

function product(matrix: Float64Array, vector: Float64Array, n: number, row: number): number {
  let sum = 0;
  for (let column = 0; column < n; column++) sum += matrix[row * n + column]! * vector[column]!;
  return sum;
}

function isInside(point: Float64Array): boolean {
  return point.every((coordinate) => coordinate >= 0 && coordinate <= 1);
}

function evenAtLeast(count: number): number {
  return count + (count % 2);
}
