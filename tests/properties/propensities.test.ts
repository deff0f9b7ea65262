import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRouter, SELECTION_MODES, type Router, type SelectionMode } from '../../src/router/index.ts';
import { FAILED, outcomeOf, policyWith, poolOf, requestOf, targetOf } from '../router/small-pool.ts';
import { checkDecision } from './random-run.ts';

const IDS = ['a.main.m', 'b.main.m', 'c.main.m', 'd.main.m', 'e.main.m'];
const DECISIONS = 3_000;

/**
 * Five targets that differ in everything a strategy looks at: price, first token, success, load; one of them is
 * disabled, and two have equal prices and equal load, so that ties happen.
 */
function unequalRouter(mode: SelectionMode, explorationRate: number, seed: number): Router {
  const pool = poolOf(
    IDS.map((id, index) =>
      targetOf(id, {
        disabled: index === 4,
        prices: { inputMicroUsdPerToken: [3, 1, 1, 2, 0.1][index]!, outputMicroUsdPerToken: 1 },
      }),
    ),
    { modelAliases: Object.fromEntries(IDS.map((id) => [id, [id]])) },
  );
  const policy = policyWith({
    mode,
    explorationRate,
    score: { sharpness: 4, halfLifeMs: 1e9 },
    health: { minSamples: 1e6 },
  });
  const router = createRouter(pool, policy, { seed, explain: true });
  IDS.slice(0, 4).forEach((id, index) => {
    for (let each = 0; each < 10; each++) {
      router.begin(requestOf(`${id}-${each}`, { model: id }), 0);
      const isGood = each >= index;
      router.observe(outcomeOf(`${id}-${each}`, 1, isGood ? { firstTokenMs: 300 + 150 * index } : FAILED), 0);
    }
    // In flight for ever: 2, 1, 1 and 0 attempts.
    for (let each = 0; each < [2, 1, 1, 0][index]!; each++)
      router.begin(requestOf(`open-${id}-${each}`, { model: id }), 0);
  });
  return router;
}

const CASES = SELECTION_MODES.flatMap((mode) => [0, 0.1, 1].map((rate) => [mode, rate] as const));

describe('propensities', () => {
  it.each(CASES)(
    'in mode %s with exploration rate %d sum to 1 and match how often each target is picked',
    (mode, rate) => {
      const router = unequalRouter(mode, rate, 99);
      const picked = new Map<string, number>();
      const expected = new Map<string, number>();
      const variance = new Map<string, number>();
      const add = (map: Map<string, number>, key: string, value: number): void =>
        void map.set(key, (map.get(key) ?? 0) + value);
      for (let index = 0; index < DECISIONS; index++) {
        const [command] = router.begin(requestOf(`request-${index}`), 1);
        if (command?.kind !== 'send') throw new Error('not sent');
        checkDecision(command.decision);
        add(picked, command.target, 1);
        for (const { target, propensity } of command.decision.candidates!) {
          add(expected, target, propensity);
          add(variance, target, propensity * (1 - propensity));
        }
        // As if the client had left at once: nothing is learnt, and the next decision sees the same state.
        router.observe(
          outcomeOf(`request-${index}`, 1, {
            kind: 'cancelled',
            status: null,
            inputTokens: 0,
            outputTokens: 0,
            firstTokenMs: null,
          }),
          1,
        );
      }
      expect(picked.has('e.main.m')).toBe(false);
      expect(expected.get('e.main.m')).toBe(0);
      for (const id of IDS) {
        // Independent draws: a sum of Bernoulli variables has the variance sum p (1 - p); 5 standard deviations.
        const difference = (picked.get(id) ?? 0) - expected.get(id)!;
        expect(Math.abs(difference)).toBeLessThanOrEqual(5 * Math.sqrt(variance.get(id)!) + 1e-6);
      }
    },
  );

  it('of what the strategies never would do alone are 0 without exploration', () => {
    for (const mode of ['ranked', 'lowest-latency'] as const) {
      const [command] = unequalRouter(mode, 0, 1).begin(requestOf('r'), 1);
      if (command?.kind !== 'send') throw new Error('not sent');
      const propensities = command.decision.candidates!.map((each) => each.propensity);
      expect(propensities.toSorted((a, b) => a - b)).toEqual([0, 0, 0, 0, 1]);
    }
  });

  it('share ties evenly: two cheapest, one idlest', () => {
    const propensities = (mode: SelectionMode): number[] => {
      const [command] = unequalRouter(mode, 0, 1).begin(requestOf('r'), 1);
      if (command?.kind !== 'send') throw new Error('not sent');
      return command.decision.candidates!.map((each) => each.propensity);
    };
    expect(propensities('lowest-cost')).toEqual([0, 0.5, 0.5, 0, 0]);
    expect(propensities('least-busy')).toEqual([0, 0, 0, 1, 0]);
    expect(propensities('random')).toEqual([0.25, 0.25, 0.25, 0.25, 0]);
    // Ordered pairs of 4: the idlest wins all 6 of its 12, each of the tied beats the busiest and half of its equal.
    const two = propensities('power-of-two');
    [0, 3 / 12, 3 / 12, 6 / 12, 0].forEach((expected, index) => expect(two[index]).toBeCloseTo(expected, 12));
  });

  it('follow score ^ sharpness in weighted mode', () => {
    const [command] = unequalRouter('weighted', 0.2, 1).begin(requestOf('r'), 1);
    if (command?.kind !== 'send') throw new Error('not sent');
    const eligible = command.decision.candidates!.filter((each) => each.rejection === null);
    const sum = eligible.reduce((total, each) => total + each.score ** 4, 0);
    for (const { score, weight, propensity } of eligible) {
      expect(weight).toBeCloseTo(score ** 4, 12);
      expect(propensity).toBeCloseTo(0.2 / 4 + (0.8 * score ** 4) / sum, 12);
    }
  });

  it('hold while a target is probing: p / M, and the rest by the strategy', () => {
    const router = unequalRouter('ranked', 0.1, 5);
    router.order({ kind: 'cool', target: 'c.main.m', untilMs: 10 }, 2);
    const counts = new Map<string, number>();
    let propensity = 0;
    for (let index = 0; index < DECISIONS; index++) {
      const [command] = router.begin(requestOf(`probing-${index}`), 20);
      if (command?.kind !== 'send') throw new Error('not sent');
      checkDecision(command.decision);
      propensity = command.decision.candidates!.find((each) => each.target === 'c.main.m')!.propensity;
      counts.set(command.target, (counts.get(command.target) ?? 0) + 1);
      router.observe(outcomeOf(command.requestId, 1, { kind: 'cancelled', status: null, firstTokenMs: null }), 20);
    }
    expect(propensity).toBeCloseTo(0.05 + (0.95 * 0.1) / 4, 12);
    const deviation = Math.sqrt(DECISIONS * propensity * (1 - propensity));
    expect(Math.abs(counts.get('c.main.m')! - DECISIONS * propensity)).toBeLessThan(5 * deviation);
  });

  it('sum to 1 whatever the scores, the sharpness and the number of targets', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...SELECTION_MODES),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.oneof(fc.constantFrom(0, 64), fc.double({ min: 0, max: 64, noNaN: true })),
        fc.array(
          fc.record({ price: fc.constantFrom(0, 1e-9, 1, 1e9), firstTokenMs: fc.constantFrom(0, 1, 1e3, 1e12) }),
          {
            minLength: 1,
            maxLength: 12,
          },
        ),
        fc.constantFrom(0, 1, 1_000, 1_000_000_000),
        (mode, explorationRate, sharpness, targets, inputTokens) => {
          const ids = targets.map((_, index) => `p${index}.main.m`);
          const pool = poolOf(
            ids.map((id, index) =>
              targetOf(id, { contextTokens: 1e12, prices: { inputMicroUsdPerToken: targets[index]!.price } }),
            ),
            { modelAliases: Object.fromEntries(ids.map((id) => [id, [id]])) },
          );
          const policy = policyWith({ mode, explorationRate, score: { sharpness } });
          const router = createRouter(pool, policy, { seed: 3, explain: true });
          ids.forEach((id, index) => {
            router.begin(requestOf(id, { model: id }), 0);
            router.observe(outcomeOf(id, 1, { firstTokenMs: targets[index]!.firstTokenMs, durationMs: 1e13 }), 0);
          });
          const [command] = router.begin(requestOf('r', { inputTokens }), 0);
          if (command?.kind !== 'send') throw new Error('not sent');
          checkDecision(command.decision);
        },
      ),
      { seed: 41, numRuns: 500 },
    );
  });
});
