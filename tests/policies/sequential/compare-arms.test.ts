import { describe, expect, it } from 'vitest';
import { ClusteredRatio } from '../../../src/policies/sequential/clustered-ratio.ts';
import { CLUSTERS_MIN, differenceLimits, factorLimits } from '../../../src/policies/sequential/compare-arms.ts';
import { drawsOf, type Draws } from '../draws.ts';

const ALPHA = 0.05;
const RUNS = 200;
const REQUESTS = 3_000;

interface Traffic {
  readonly share: number;
  readonly draws: Draws;
  /** What a request of a session costs, given the canary's factor. */
  readonly cost: (session: number, factor: number) => number;
}

/** Sessions of one to forty requests with sizes of their own, as agents have them; heavy tails. */
function traffic(seed: number, share: number): Traffic {
  const draws = drawsOf(seed);
  const sizes = new Map<number, number>();
  return {
    share,
    draws,
    cost(session, factor) {
      const size = sizes.get(session) ?? Math.exp(draws.normal());
      sizes.set(session, size);
      return factor * size * Math.exp(0.5 * draws.normal());
    },
  };
}

/** After how many requests the canary is found dearer than 1.1 times; null: never. */
function foundDearAfter(seed: number, share: number, factor: number): number | null {
  const { draws, cost } = traffic(seed, share);
  const [main, canary] = [new ClusteredRatio(0), new ClusteredRatio(0)];
  const arms = new Map<number, ClusteredRatio>();
  let newest = 0;
  for (let count = 1; count <= REQUESTS; count++) {
    if (draws.uniform() < 0.3) newest++;
    const session = Math.max(0, newest - Math.floor(12 * draws.uniform()));
    const arm = arms.get(session) ?? (draws.uniform() < share ? canary : main);
    arms.set(session, arm);
    arm.add(String(session), cost(session, arm === canary ? factor : 1), 1);
    const [a, b] = [main.estimate(), canary.estimate()];
    const limits = a && b && factorLimits(a, b, ALPHA);
    if ((limits?.low ?? 0) > 1.1) return count;
  }
  return null;
}

function foundOf(share: number, factor: number): number[] {
  const found: number[] = [];
  for (let seed = 0; seed < RUNS; seed++) {
    const after = foundDearAfter(seed, share, factor);
    if (after !== null) found.push(after);
  }
  return found;
}

describe('a canary of sessions that differ in size', () => {
  it.each([0.05, 0.2, 0.5])('as dear as the rest is seldom found dearer, with a share of %d', (share) => {
    expect(foundOf(share, 1).length / RUNS).toBeLessThanOrEqual(ALPHA);
  });

  it('that costs three times as much is found, and soon', () => {
    const found = foundOf(0.2, 3);
    // Sessions differ by a factor of ten and more, so a few runs take longer than they last here.
    expect(found.length / RUNS).toBeGreaterThanOrEqual(0.97);
    expect(found.toSorted((a, b) => a - b)[RUNS / 2]).toBeLessThan(1_500);
  });
});

describe('limits', () => {
  const arm = (values: readonly number[], unit = 0): ClusteredRatio => {
    const ratio = new ClusteredRatio(unit);
    for (const [index, value] of values.entries()) ratio.add(String(index), value, 1);
    return ratio;
  };
  const alternating = (low: number, high: number, count: number): number[] =>
    Array.from({ length: count }, (_, index) => (index % 2 === 0 ? low : high));

  it('need enough clusters in both arms', () => {
    const [few, many] = [arm(alternating(1, 2, CLUSTERS_MIN - 1)), arm(alternating(1, 2, 500))];
    expect(differenceLimits(many.estimate()!, few.estimate()!, ALPHA)).toBeNull();
    expect(factorLimits(few.estimate()!, many.estimate()!, ALPHA)).toBeNull();
    expect(arm([1]).estimate()).toBeNull();
  });

  it('hold the factor between them, and the value where they are asked', () => {
    const [main, canary] = [arm(alternating(1, 3, 1_000)).estimate()!, arm(alternating(2, 6, 1_000)).estimate()!];
    const { low, high } = factorLimits(main, canary, ALPHA)!;
    expect(low).toBeGreaterThan(1.7);
    expect(low).toBeLessThan(2);
    expect(high).toBeGreaterThan(2);
    const difference = differenceLimits(main, canary, ALPHA)!;
    expect(difference.low).toBeLessThan(2);
    expect(difference.high).toBeGreaterThan(2);
    // At its own limit the difference is as far from 0 as it may be.
    const margin = canary.ratio - low! * main.ratio;
    const error = Math.sqrt(canary.variance + low! ** 2 * main.variance);
    expect(margin / error).toBeCloseTo((difference.high! - 2) / Math.sqrt(main.variance + canary.variance), 6);
  });

  it('have no upper one where the rest may cost nothing, and speak of a canary that costs something', () => {
    const free = arm(alternating(0, 0, 100)).estimate()!;
    const dear = arm(alternating(1, 3, 100)).estimate()!;
    expect(factorLimits(free, dear, ALPHA)).toEqual({ low: Infinity, high: null });
    expect(factorLimits(free, free, ALPHA)).toEqual({ low: 0, high: null });
  });

  it('never take a hundred successes for a proof', () => {
    const perfect = arm(alternating(1, 1, 100), 1).estimate()!;
    const { low, high } = differenceLimits(perfect, perfect, ALPHA)!;
    expect(low).toBeLessThan(-0.02);
    expect(high).toBeGreaterThan(0.02);
  });
});

describe('sums by cluster', () => {
  it('are those of whole sessions, in whatever pieces they come', () => {
    const [pieces, whole] = [new ClusteredRatio(0), new ClusteredRatio(0)];
    for (let round = 0; round < 3; round++) for (let id = 0; id < 5; id++) pieces.add(String(id), id + round, 1);
    for (let id = 0; id < 5; id++) whole.add(String(id), 3 * id + 3, 3);
    const [a, b] = [pieces.estimate()!, whole.estimate()!];
    expect(a.ratio).toBeCloseTo(b.ratio, 12);
    expect(a.variance).toBeCloseTo(b.variance, 12);
    expect(a.clusters).toBe(5);
  });

  it('go on after a restart, and stay bounded', () => {
    const before = new ClusteredRatio(0);
    for (let id = 0; id < 30; id++) before.add(String(id), id, 1);
    const after = new ClusteredRatio(0, JSON.parse(JSON.stringify(before.save())));
    expect(after.estimate()).toEqual(before.estimate());
    for (let id = 0; id < 50_000; id++) after.add(`x${id}`, 1, 1);
    expect(after.size).toBeLessThanOrEqual(20_000);
    expect(after.estimate()!.clusters).toBe(50_030);
  });
});
