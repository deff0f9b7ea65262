import { describe, expect, it } from 'vitest';
import { createRouter, type Decision, type Policy, type SelectionMode } from '../../src/router/index.ts';
import { FAILED, outcomeOf, policyWith, poolOf, requestOf, targetOf } from './small-pool.ts';

const POOL = poolOf(['a.main.m', 'b.main.m', 'c.main.m', 'd.main.m'].map((id) => targetOf(id)));
const NAMES = Array.from({ length: 200 }, (_, index) => `request-${index}`);

/** Decides for each request in this order, none of which is ever heard of again. */
function decisions(policy: Policy, names: readonly string[], seed = 11): Map<string, Decision> {
  const router = createRouter(POOL, policy, { seed });
  const found = new Map<string, Decision>();
  for (const name of names) {
    const [command] = router.begin(requestOf(name), 0);
    if (command?.kind !== 'send') throw new Error('not sent');
    found.set(name, command.decision);
    router.observe(outcomeOf(name, 1, { kind: 'cancelled', status: null, firstTokenMs: null }), 0);
  }
  return found;
}

const draws = (found: Map<string, Decision>): Map<string, number> =>
  new Map([...found].map(([name, decision]) => [name, decision.draw]));
const weighted = (changes: Partial<Policy> = {}): Policy => ({ ...policyWith({ mode: 'weighted' }), ...changes });

describe('common random numbers', () => {
  it('are the same for a request under policies that weigh differently', () => {
    const other = policyWith({
      mode: 'weighted',
      score: { sharpness: 1 },
      budget: { softThreshold: 0.1, costGain: 9 },
    });
    expect(draws(decisions(other, NAMES))).toEqual(draws(decisions(weighted(), NAMES)));
  });

  it.each<SelectionMode>(['random', 'least-busy', 'lowest-latency', 'lowest-cost'])(
    'are the same for a request in mode %s as in weighted mode',
    (mode) => {
      expect(draws(decisions(policyWith({ mode }), NAMES))).toEqual(draws(decisions(weighted(), NAMES)));
    },
  );

  it('are the same in another order of arrival, and among other requests', () => {
    const inOrder = decisions(weighted(), NAMES);
    const reversed = decisions(weighted(), [...NAMES].reverse());
    for (const name of NAMES) expect(reversed.get(name)).toEqual(inOrder.get(name));
    const few = decisions(
      weighted(),
      NAMES.filter((_, index) => index % 7 === 0),
    );
    for (const [name, decision] of few) expect(decision).toEqual(inOrder.get(name));
  });

  it('explore on the same requests when the rate is higher, and more', () => {
    const explorers = (explorationRate: number): Set<string> =>
      new Set(
        [...decisions(policyWith({ explorationRate }), NAMES)].flatMap(([name, { explored }]) =>
          explored ? [name] : [],
        ),
      );
    const [few, many] = [explorers(0.1), explorers(0.3)];
    expect(few.size).toBeGreaterThan(5);
    expect(many.size).toBeGreaterThan(few.size);
    for (const name of few) expect(many).toContain(name);
  });

  it('differ between requests, attempts and seeds', () => {
    const first = draws(decisions(weighted(), NAMES));
    expect(new Set(first.values()).size).toBe(NAMES.length);
    const second = draws(decisions(weighted(), NAMES, 12));
    for (const name of NAMES) expect(second.get(name)).not.toBe(first.get(name));
    const router = createRouter(POOL, weighted(), { seed: 11 });
    router.begin(requestOf('request-0'), 0);
    router.observe(outcomeOf('request-0', 1, FAILED), 0);
    const [again] = router.wake(5_000);
    if (again?.kind !== 'send') throw new Error('not sent');
    expect(again.decision.draw).not.toBe(first.get('request-0'));
  });

  it('give the same backoff to a request under policies that pick differently', () => {
    const waitOf = (mode: SelectionMode): number => {
      const router = createRouter(POOL, policyWith({ mode }), { seed: 3 });
      router.begin(requestOf('r'), 0);
      const [wait] = router.observe(outcomeOf('r', 1, FAILED), 0);
      if (wait?.kind !== 'wait') throw new Error('not waiting');
      return wait.untilMs;
    };
    expect(new Set((['ranked', 'weighted', 'random', 'round-robin'] as const).map(waitOf)).size).toBe(1);
  });

  it('make two routers of one seed the same, and seeds of 53 bits different', () => {
    expect(decisions(weighted(), NAMES)).toEqual(decisions(weighted(), NAMES));
    const seeds = [1, 2 ** 32 + 1, 2 ** 50 + 1];
    expect(new Set(seeds.map((seed) => decisions(weighted(), ['x'], seed).get('x')!.draw)).size).toBe(3);
  });
});
