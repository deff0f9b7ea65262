import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../src/config/evidence-schema.ts';
import { policyHash } from '../../src/config/load-policy.ts';
import { checkCandidate } from '../../src/policies/check-candidate.ts';
import type { PromotionPlan } from '../../src/policies/promotion.ts';
import { CORE_VERSION } from '../../src/router/index.ts';
import { poolOf, policyWith, targetOf } from '../router/small-pool.ts';
import { evidenceFor, predicted } from './evidence-in-small.ts';
import { PLAN } from './plan-in-small.ts';

const POOL = poolOf([targetOf('a.main.m'), targetOf('b.main.m')]);
const INCUMBENT = policyWith();
const CANDIDATE = policyWith({ score: { sharpness: 12 } });
const NOW = Date.UTC(2026, 0, 15);

function check(changes: Partial<Evidence> | null, plan: Partial<PromotionPlan> = {}, pool = POOL) {
  const evidence = changes === null ? null : evidenceFor(CANDIDATE, POOL, INCUMBENT, changes);
  const candidate = { name: 'cheap', hash: policyHash(CANDIDATE), evidence };
  return checkCandidate(
    candidate,
    { ...PLAN, ...plan },
    { pool, inForce: { name: 'now', hash: policyHash(INCUMBENT) }, coreVersion: CORE_VERSION, wallNowMs: NOW },
  );
}

const WITHOUT_CANARY = { canaryShare: 0 };

describe('a candidate', () => {
  it('with good evidence has nothing against it, with and without a canary', () => {
    expect(check({})).toEqual({ refusals: [], warnings: [] });
    expect(check({}, WITHOUT_CANARY)).toEqual({ refusals: [], warnings: [] });
  });

  it.each<[string, Partial<Evidence> | null, RegExp]>([
    ['without evidence', null, /^there is no evidence with it/],
    ['edited after tuning', { policyHash: 'b'.repeat(64) }, /is not the policy that its evidence is about.*edited/],
    ['whose evidence is too old', { validUntil: '2026-01-14T00:00:00Z' }, /was valid until 2026-01-14/],
    ['of another core', { coreVersion: '0.0' }, /was made by core version 0\.0, and this proxy runs/],
    ['that is no better', { verdict: 'no-better', why: 'it costs as much' }, /no better: it costs as much/],
    [
      'predicted to fail more for certain',
      { predicted: { train: [], holdout: [predicted('success', -0.03, -0.01, 0.96)] } },
      /^success is predicted to get worse \(difference -0\.03 to -0\.01\)$/,
    ],
    [
      'beyond a constraint of its own objective',
      { predicted: { train: [], holdout: [predicted('p95_first_token_ms', -10, 10, 2_400)] } },
      /^p95_first_token_ms is predicted to be 2400, and its objective asks for <= 2000$/,
    ],
  ])('%s is refused', (_, changes, reason) => {
    const { refusals, warnings } = check(changes);
    expect(refusals).toEqual([expect.stringMatching(reason)]);
    expect(warnings).toEqual([]);
  });

  it('that is slower within the bound of its objective is what was asked for', () => {
    const holdout = [predicted('p95_first_token_ms', 100, 300, 1_800)];
    expect(check({ predicted: { train: [], holdout } }).refusals).toEqual([]);
    // Without a bound it is a guardrail.
    const objective = { utility: { cost: -1 }, subjectTo: [] };
    expect(check({ predicted: { train: [], holdout }, objective }).refusals).toHaveLength(1);
  });

  it('of which too much rests on twins alone needs a canary', () => {
    const tiers = { T1: 0.5, T2: 0.19, T3: 0.31 };
    expect(check({ tiers }).refusals).toEqual([]);
    expect(check({ tiers }, WITHOUT_CANARY).refusals).toEqual([expect.stringMatching(/31 %.*tier T3/)]);
  });

  it('compared with another policy than the one in force is noted, and refused without a canary', () => {
    const incumbent = { name: 'old', policyHash: 'c'.repeat(64) };
    expect(check({ incumbent })).toEqual({ refusals: [], warnings: [expect.stringMatching(/with old .*but now/)] });
    expect(check({ incumbent }, WITHOUT_CANARY).refusals).toEqual([expect.stringMatching(/with old .*but now/)]);
  });

  it.each<[string, Parameters<typeof targetOf>[1] | null, RegExp]>([
    ['a new target', null, /another pool \(new here: c\.main\.m\)/],
    [
      'another price',
      { prices: { inputMicroUsdPerToken: 2 } },
      /other prices: b\.main\.m \(1\/4 before, 2\/4 now, USD per million/,
    ],
    ['another window', { contextTokens: 8_000 }, /context windows or limits/],
  ])('for a pool that differs in %s is refused, and told in what', (_, facts, reason) => {
    const targets =
      facts === null ? [...POOL.targets, targetOf('c.main.m')] : [targetOf('a.main.m'), targetOf('b.main.m', facts)];
    expect(check({}, {}, poolOf(targets)).refusals).toEqual([expect.stringMatching(reason)]);
  });

  it('with several things against it is told all of them', () => {
    expect(check({ coreVersion: '0.0', verdict: 'no-better', policyHash: 'd'.repeat(64) }).refusals).toHaveLength(3);
  });
});
