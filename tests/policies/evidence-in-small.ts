/** Evidence as `tune` would write it, for a policy and a pool. */
import type { Evidence, Prediction } from '../../src/config/evidence-schema.ts';
import type { ObjectiveMetric } from '../../src/config/objective.ts';
import { poolFingerprint } from '../../src/config/pool-fingerprint.ts';
import { policyHash } from '../../src/config/load-policy.ts';
import { CORE_VERSION, type Policy, type PoolDefinition } from '../../src/router/index.ts';

const HASH = 'a'.repeat(64);

/** A prediction of a difference between the two limits. */
export function predicted(metric: ObjectiveMetric, low95: number, high95: number, candidate = 1): Prediction {
  const estimate = (value: number) => ({ value, low95: value, high95: value });
  const difference = { value: (low95 + high95) / 2, low95, high95 };
  return { metric, incumbent: estimate(candidate - difference.value), candidate: estimate(candidate), difference };
}

/** It speaks for the policy in every way, unless told otherwise. */
export function evidenceFor(
  policy: Policy,
  pool: PoolDefinition,
  incumbent: Policy,
  changes: Partial<Evidence> = {},
): Evidence {
  return {
    formatVersion: 1,
    coreVersion: CORE_VERSION,
    createdAt: '2026-01-10T00:00:00Z',
    validUntil: '2999-01-01T00:00:00Z',
    policyHash: policyHash(policy),
    incumbent: { name: 'incumbent', policyHash: policyHash(incumbent) },
    pool: poolFingerprint(pool),
    trace: { name: 'day', sha256: HASH, requests: 20_000, spanMs: 3_600_000 },
    holdoutShare: 0.25,
    scenarios: [{ name: 'fitted', sha256: HASH }],
    seeds: [1, 2, 3],
    objective: { utility: { cost: -1 }, subjectTo: [{ metric: 'p95_first_token_ms', comparison: '<=', limit: 2_000 }] },
    predicted: {
      train: [],
      holdout: [
        predicted('cost', -0.4, -0.2),
        predicted('success', -0.001, 0.001, 0.99),
        predicted('p95_first_token_ms', -50, 80, 1_500),
      ],
    },
    tiers: { T1: 0.6, T2: 0.2, T3: 0.2 },
    verdict: 'better',
    why: 'cost is 20 to 40 % lower',
    compared: [],
    pareto: [],
    trials: 64,
    replayedRequests: 1_000_000,
    ...changes,
  };
}
