/** Faults of the original selection (seed-semantics A.4.9 to 11 and A.6), one test each that shows the fault gone. */
import { performance } from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';
import { createRouter, DEFAULT_POLICY, SELECTION_MODES } from '../../src/router/index.ts';
import { CANCELLED, FAILED, outcomeOf, policyWith, poolOf, requestOf, targetOf } from './small-pool.ts';
import { rejections, tryOut, type Trial } from './trial.ts';

const ONE = 'aurora.main.small';
const TWO = 'borealis.main.small';
const THREE = 'cirrus.main.small';
const POOL = poolOf([targetOf(ONE), targetOf(TWO), targetOf(THREE)], {
  modelAliases: { one: [ONE], two: [TWO], three: [THREE] },
});

/** Decides many times without learning anything, and counts. */
function shares(trial: Trial, count = 400, facts: Parameters<Trial['send']>[1] = {}): Record<string, number> {
  const counts: Record<string, number> = {};
  for (let index = 0; index < count; index++) {
    const sent = trial.send(`share-${trial.nowMs}-${index}`, facts);
    trial.end(sent, CANCELLED);
    counts[sent.target] = (counts[sent.target] ?? 0) + 1;
  }
  return counts;
}

describe('exploration', () => {
  it('A.4.9 never makes a request of high priority the explorer', () => {
    for (const mode of SELECTION_MODES) {
      const trial = tryOut(POOL, { mode, explorationRate: 1 });
      for (let index = 0; index < 50; index++) {
        expect(trial.send(`high-${index}`, { declaredPriority: 'high' }).decision.explored).toBe(false);
        expect(trial.send(`normal-${index}`).decision.explored).toBe(true);
      }
    }
  });

  it('A.4.9 heeds cost and load: nothing full, exhausted or unfit is explored', () => {
    const pool = poolOf(
      [targetOf(ONE), targetOf(TWO, { budgets: [{ metric: 'microUsd', window: '1m', limit: 1 }] }), targetOf(THREE)],
      {
        keys: { 'cirrus.main': { concurrencyLimit: 1, queueLimit: 0 } },
        modelAliases: { three: [THREE] },
      },
    );
    const trial = tryOut(pool, { explorationRate: 1 });
    trial.send('fills', { model: 'three' });
    expect(shares(trial)).toEqual({ [ONE]: 400 });
  });

  it('A.4.9 fades as a budget runs out', () => {
    const pool = poolOf([targetOf(ONE), targetOf(TWO)], {
      clientKeys: [
        {
          name: 'team',
          priorityCeiling: 'high',
          models: null,
          maySteer: true,
          routes: null,
          budgets: [{ metric: 'tokens', window: 'day', limit: 1_000_000 }],
        },
      ],
    });
    const explored = (usedTokens: number): number => {
      const trial = tryOut(pool, { explorationRate: 0.5 });
      trial.serve('uses', { clientKey: 'team' }, { inputTokens: usedTokens, outputTokens: 0 });
      let count = 0;
      for (let index = 0; index < 1_000; index++) {
        const sent = trial.send(`r${index}`, { clientKey: 'team', inputTokens: 1, maxOutputTokens: 1 });
        trial.end(sent, CANCELLED);
        if (sent.decision.explored) count++;
      }
      return count;
    };
    // Shares .5 and .5 x (1 - .75), each within five standard deviations of a binomial.
    expect(Math.abs(explored(0) - 500)).toBeLessThan(5 * Math.sqrt(250));
    expect(Math.abs(explored(950_000) - 125)).toBeLessThan(5 * Math.sqrt(110));
  });

  it('A.4.11 does not apply to a single candidate, and is off unless the policy asks for it', () => {
    const sent = tryOut(poolOf([targetOf(ONE)]), { explorationRate: 1 }).send('a');
    expect(sent.decision).toMatchObject({ explored: false, propensity: 1 });
    expect(DEFAULT_POLICY.explorationRate).toBe(0);
    expect(tryOut(POOL).send('a').decision.explored).toBe(false);
  });

  it('A.6.12 works in every mode, ranked included, at exactly the rate of the policy', () => {
    for (const mode of SELECTION_MODES) {
      const trial = tryOut(POOL, { mode, explorationRate: 0.2 });
      let explored = 0;
      for (let index = 0; index < 1_000; index++) {
        const sent = trial.send(`r${index}`);
        trial.end(sent, CANCELLED);
        if (sent.decision.explored) explored++;
      }
      expect(Math.abs(explored - 200)).toBeLessThan(5 * Math.sqrt(160));
    }
  });
});

describe('a weighted pick', () => {
  it('A.4.10 falls back to the best, not to the first, when all weights vanish', () => {
    // With no weight but on the cache, and nothing cached anywhere, every score is 0.
    const weights = { success: 0, firstToken: 0, speed: 0, cache: 1, cost: 0, load: 0 };
    const trial = tryOut(POOL, { mode: 'weighted', score: { weights } });
    const { decision } = trial.send('a');
    expect(decision.candidates!.map((each) => each.weight)).toEqual([0, 0, 0]);
    expect(decision.propensity).toBe(1);
    expect(decision.candidates!.map((each) => each.propensity)).toEqual([1, 0, 0]);
  });

  it('A.4.10 can be repeated: the draw is in the record and follows from the seed', () => {
    const targets = (seed: number): string[] => {
      const trial = tryOut(POOL, { mode: 'weighted' }, seed);
      return Array.from({ length: 50 }, (_, index) => trial.send(`r${index}`).target);
    };
    expect(targets(1)).toEqual(targets(1));
    expect(targets(1)).not.toEqual(targets(2));
  });

  it('A.6.1 lets no fresh target win a million to one, and differences of the score matter', () => {
    const trial = tryOut(POOL, { mode: 'weighted', health: { minSamples: 1e6 } });
    for (let index = 0; index < 200; index++) {
      trial.serve(`one-${index}`, { model: 'one' }, { firstTokenMs: 800 });
      trial.serve(`two-${index}`, { model: 'two' }, index % 3 === 0 ? FAILED : { firstTokenMs: 800 });
    }
    trial.pass(66_000);
    const weights = Object.fromEntries(
      trial.send('look').decision.candidates!.map((each) => [each.target, each.weight]),
    );
    const [proven, failing, fresh] = [weights[ONE]!, weights[TWO]!, weights[THREE]!];
    expect(fresh / proven).toBeLessThan(2);
    expect(fresh / proven).toBeGreaterThan(0.5);
    expect(proven / failing).toBeGreaterThan(1.5);
    expect(proven / failing).toBeLessThan(1_000);
  });

  it('A.6.6 never returns a candidate of weight 0, nor the worst by rounding', () => {
    const weights = { success: 0, firstToken: 0, speed: 0, cache: 1, cost: 0, load: 0 };
    for (const warm of ['one', 'two', 'three']) {
      const trial = tryOut(POOL, { mode: 'weighted', score: { weights } });
      const home = trial.serve('warms', { model: warm, sessionId: 's' });
      expect(shares(trial, 300, { sessionId: 's' })).toEqual({ [home]: 300 });
    }
  });

  it('A.6.6 tells why a candidate was blocked, and returns none even if all are', () => {
    const trial = tryOut(POOL, { mode: 'weighted', explorationRate: 1 });
    for (const id of [ONE, TWO, THREE]) trial.order('disable', id);
    const [command] = trial.begin('a');
    expect(command).toMatchObject({ kind: 'reject', code: 'NO_AVAILABLE_PROVIDER' });
    if (command?.kind === 'reject')
      expect(Object.values(rejections(command))).toEqual(['disabled', 'disabled', 'disabled']);
  });
});

describe('a ranked pick', () => {
  it('A.6.2 is by score, not by who was used least recently', () => {
    const trial = tryOut(POOL, { score: { halfLifeMs: 1e12 } });
    for (let index = 0; index < 50; index++) {
      trial.serve(`one-${index}`, { model: 'one' }, { firstTokenMs: 700 });
      trial.serve(`two-${index}`, { model: 'two' }, { firstTokenMs: 600 });
      trial.serve(`three-${index}`, { model: 'three' }, { firstTokenMs: 700 });
    }
    const targets = new Set<string>();
    for (let index = 0; index < 100; index++) {
      trial.pass(60_000);
      targets.add(trial.serve(`r${index}`, {}, { firstTokenMs: 600 }));
    }
    expect([...targets]).toEqual([TWO]);
  });

  it('A.6.3 lets freshness outrank nothing: an unused or recovered target does not beat a proven better one', () => {
    const trial = tryOut(POOL, { score: { halfLifeMs: 1e12 } });
    for (let index = 0; index < 50; index++) trial.serve(`two-${index}`, { model: 'two' }, { firstTokenMs: 200 });
    trial.order('disable', THREE);
    trial.order('enable', THREE);
    expect(shares(trial)).toEqual({ [TWO]: 400 });
  });

  it('A.6.5 does not take a key at its limit without a queue over an idle one', () => {
    const pool = poolOf(
      [targetOf(ONE, { prices: { inputMicroUsdPerToken: 0, outputMicroUsdPerToken: 0 } }), targetOf(TWO)],
      {
        keys: { 'aurora.main': { concurrencyLimit: 1, queueLimit: 0 } },
      },
    );
    const trial = tryOut(pool);
    expect(trial.send('a').target).toBe(ONE);
    const second = trial.send('b');
    expect(second.target).toBe(TWO);
    expect(rejections(second)).toEqual({ [ONE]: 'queue_full', [TWO]: null });
  });

  it('A.6.14 breaks ties by the order of code units, whatever the order of the pool', () => {
    const ids = ['b.main.m', 'a.main.m', 'B.main.m', 'ä.main.m', 'a.main.m2'];
    for (const order of [ids, [...ids].reverse()]) {
      const pool = poolOf(order.map((id) => targetOf(id)));
      const trial = tryOut(pool);
      expect(trial.send('r').target).toBe('B.main.m');
      expect(trial.router.targetIds).toEqual(['B.main.m', 'a.main.m', 'a.main.m2', 'b.main.m', 'ä.main.m']);
    }
  });
});

describe('a decision', () => {
  it('A.6.10 trusts no priority beyond what the client key may claim', () => {
    const pool = poolOf([targetOf(ONE)], {
      clientKeys: [
        { name: 'guest', priorityCeiling: 'normal', models: null, maySteer: true, routes: null, budgets: [] },
        { name: 'batch', priorityCeiling: 'low', models: null, maySteer: true, routes: null, budgets: [] },
      ],
    });
    const trial = tryOut(pool);
    const priorityOf = (clientKey: string, declaredPriority: string | null): string =>
      trial.send(`${clientKey}-${declaredPriority}`, { clientKey, declaredPriority }).decision.priority;
    expect(priorityOf('guest', 'high')).toBe('normal');
    expect(priorityOf('guest', 'low')).toBe('low');
    expect(priorityOf('guest', '9999')).toBe('normal');
    expect(priorityOf('batch', 'high')).toBe('low');
    expect(priorityOf('batch', null)).toBe('low');
  });

  it('A.6.13 takes time in proportion to the targets, and lists candidates only when asked', () => {
    const microseconds = (targets: number): number => {
      const pool = poolOf(Array.from({ length: targets }, (_, index) => targetOf(`p${index}.main.m`)));
      const router = createRouter(pool, policyWith(), { seed: 1 });
      let best = Infinity;
      for (let round = 0; round < 12; round++) {
        const startMs = performance.now();
        for (let index = 0; index < 50; index++) {
          const [command] = router.begin(requestOf(`r${round}-${index}`), round);
          if (command?.kind === 'send') expect(command.decision.candidates).toBeNull();
          router.observe(outcomeOf(`r${round}-${index}`, 1, CANCELLED), round);
        }
        best = Math.min(best, performance.now() - startMs);
      }
      return best;
    };
    // A hundred times the targets: quadratic work would take ten thousand times as long.
    expect(microseconds(1_000) / microseconds(10)).toBeLessThan(1_000);
  });
});
