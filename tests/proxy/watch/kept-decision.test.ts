import { describe, expect, it } from 'vitest';
import { KeptDecision } from '../../../src/proxy/watch/kept-decision.ts';
import { createRouter, type Decision } from '../../../src/router/index.ts';
import { poolOf, policyWith, requestOf, targetOf } from '../../router/small-pool.ts';

const pool = poolOf([
  targetOf('aurora.main.small'),
  targetOf('borealis.main.small', { disabled: true }),
  targetOf('cirrus.spare.big.v2'),
]);

function decisionOf(explain: boolean): Decision {
  const router = createRouter(pool, policyWith(), { seed: 7, explain });
  const [command] = router.begin(requestOf('r1'), 1_000);
  if (command?.kind !== 'send') throw new Error('nothing was sent');
  return command.decision;
}

describe('a decision that is kept', () => {
  it('says of its candidates what the core said', () => {
    const decision = decisionOf(true);
    expect(decision.candidates).toHaveLength(3);
    expect(new Set(decision.candidates!.map(({ rejection }) => rejection)).size).toBeGreaterThan(1);
    expect(new KeptDecision(decision).candidates()).toEqual(decision.candidates);
  });

  it('gives each term its own number', () => {
    const decision = decisionOf(true);
    const terms = { success: 0.1, firstToken: 0.2, speed: 0.3, cache: 0.4, cost: 0.5, load: 0.6 };
    const candidates = decision.candidates!.map((candidate) => ({ ...candidate, terms }));
    expect(new KeptDecision({ ...decision, candidates }).candidates()).toEqual(candidates);
  });

  it('has none where the router does not explain', () => {
    expect(new KeptDecision(decisionOf(false)).candidates()).toEqual([]);
  });
});
