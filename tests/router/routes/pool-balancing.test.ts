import { describe, expect, it } from 'vitest';
import { BALANCING_MODES, type BalancingMode } from '../../../src/router/index.ts';
import { routedPool, signalling, type PoolSketch } from '../routed-pool.ts';
import { CANCELLED } from '../small-pool.ts';
import { tryOut, type Trial } from '../trial.ts';

const [ONE, TWO, THREE] = ['p.one.x', 'p.two.x', 'p.three.x'] as const;
const CHEAP = { prices: { inputMicroUsdPerToken: 0, outputMicroUsdPerToken: 0 } };

function balanced(mode: BalancingMode | null, weights: Readonly<Record<string, number>> | null = null) {
  const pool: PoolSketch = { targets: [ONE, TWO, THREE], mode, weights };
  return routedPool({ default: [pool] }, { [TWO]: CHEAP });
}

/** How often each target was chosen; attempts end without a trace, so that only the draws differ. */
function frequencies(trial: Trial, count: number): Record<string, number> {
  const found: Record<string, number> = { [ONE]: 0, [TWO]: 0, [THREE]: 0 };
  for (let index = 0; index < count; index++) {
    const sent = trial.send(`draw-${index}`);
    found[sent.target]!++;
    trial.end(sent, CANCELLED);
  }
  return found;
}

/** A binomial count lies within 3 standard deviations of its mean, but for one in 370. */
function expectShare(count: number, draws: number, share: number): void {
  expect(Math.abs(count - draws * share)).toBeLessThan(3 * Math.sqrt(draws * share * (1 - share)));
}

describe('B.9 load balancing of a pool', () => {
  it.each(BALANCING_MODES)('%s is how the decision says that it was made', (mode) => {
    const { decision } = tryOut(balanced(mode)).send('a');
    expect(decision.mode).toBe(mode);
  });

  it('is that of the policy when the pool says nothing', () => {
    for (const mode of ['ranked', 'weighted', 'random', 'round-robin'] as const) {
      expect(tryOut(balanced(null), { mode }).send('a').decision.mode).toBe(mode);
    }
  });

  it('is that of the pool that was chosen from, not that of the first one', () => {
    const pool = routedPool({
      default: [
        { targets: [ONE], mode: 'ranked' },
        { targets: [TWO, THREE], mode: 'round-robin' },
      ],
      coding: [{ targets: ['c.main.x'], mode: 'weighted' }],
    });
    const trial = tryOut(pool, { mode: 'random' });
    expect(trial.send('a', signalling({ lastTool: 'write' })).decision.mode).toBe('weighted');
    expect(trial.send('b').decision.mode).toBe('ranked');
    trial.order('disable', ONE);
    expect(trial.send('c').decision.mode).toBe('round-robin');
  });

  it('round-robin: in turn', () => {
    const trial = tryOut(balanced('round-robin'));
    const turns = Array.from({ length: 6 }, (_, index) => trial.serve(`turn-${index}`));
    expect(new Set(turns.slice(0, 3)).size).toBe(3);
    expect(turns.slice(3)).toEqual(turns.slice(0, 3));
  });

  it('ranked: the best score', () => {
    expect(frequencies(tryOut(balanced('ranked')), 30)).toEqual({ [ONE]: 0, [TWO]: 30, [THREE]: 0 });
  });

  it('weighted: by the scores', () => {
    const trial = tryOut(balanced('weighted'));
    const { decision } = trial.send('a');
    const weights = Object.fromEntries(decision.candidates!.map((each) => [each.target, each.weight]));
    const sum = Object.values(weights).reduce((total, weight) => total + weight, 0);
    for (const { target, propensity } of decision.candidates!) {
      expect(propensity).toBeCloseTo(weights[target]! / sum, 12);
    }
    expect(weights[TWO]).toBeGreaterThan(weights[ONE]!);
  });

  it('static-weighted: in proportion to the weights of the pool, whatever the scores', () => {
    const draws = 6_000;
    const trial = tryOut(balanced('static-weighted', { [ONE]: 6, [TWO]: 1, [THREE]: 3 }));
    const found = frequencies(trial, draws);
    expectShare(found[ONE]!, draws, 0.6);
    expectShare(found[TWO]!, draws, 0.1);
    expectShare(found[THREE]!, draws, 0.3);
  });

  it('static-weighted: says exactly how likely each was, also when one of them is out', () => {
    const trial = tryOut(balanced('static-weighted', { [ONE]: 6, [TWO]: 1, [THREE]: 3 }));
    const propensities = (): Record<string, number> =>
      Object.fromEntries(
        trial
          .send(`asked-${trial.router.openRequests}`)
          .decision.candidates!.map((each) => [each.target, each.propensity]),
      );
    const all = propensities();
    expect(all[ONE]).toBeCloseTo(0.6, 12);
    expect(all[TWO]).toBeCloseTo(0.1, 12);
    expect(all[THREE]).toBeCloseTo(0.3, 12);
    trial.order('disable', ONE);
    const rest = propensities();
    expect(rest[ONE]).toBe(0);
    expect(rest[TWO]).toBeCloseTo(0.25, 12);
    expect(rest[THREE]).toBeCloseTo(0.75, 12);
  });

  it('static-weighted: a target without a weight has 1, and without weights all are equal', () => {
    const { decision } = tryOut(balanced('static-weighted', { [ONE]: 2 })).send('a');
    expect(decision.candidates!.map((each) => [each.target, each.propensity])).toEqual([
      [ONE, 0.5],
      [THREE, 0.25],
      [TWO, 0.25],
    ]);
    const even = tryOut(balanced('static-weighted')).send('a').decision;
    expect(even.candidates!.map((each) => each.propensity)).toEqual([1 / 3, 1 / 3, 1 / 3]);
  });

  it('static-weighted: the same request draws the same target whatever came before it', () => {
    const fresh = tryOut(balanced('static-weighted', { [ONE]: 6 })).send('asked').target;
    const busy = tryOut(balanced('static-weighted', { [ONE]: 6 }));
    frequencies(busy, 20);
    expect(busy.send('asked').target).toBe(fresh);
  });

  it('explores as the policy says, in every mode', () => {
    const trial = tryOut(balanced('round-robin'), { explorationRate: 1 });
    const { decision } = trial.send('a');
    expect(decision.explored).toBe(true);
    for (const { propensity } of decision.candidates!) expect(propensity).toBeCloseTo(1 / 3, 12);
  });
});
