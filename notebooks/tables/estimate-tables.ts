/** An off-policy estimate as tables that SQL cells ask; without one, the same tables without rows. */
import type { MetricEstimate, PolicyEstimate } from '../../simulator/estimate/policy-estimate.ts';
import type { RowTable } from './notebook-database.ts';

type Rows = RowTable['rows'];

export function estimateTables(estimate: PolicyEstimate | null): Readonly<Record<string, RowTable>> {
  return {
    facts: {
      columns: {
        policy: 'VARCHAR',
        policy_hash: 'VARCHAR',
        decisions: 'DOUBLE',
        identifiable: 'BOOLEAN',
        reason: 'VARCHAR',
        effective_sample: 'DOUBLE',
        mean_weight: 'DOUBLE',
      },
      rows: estimate === null ? [] : [factsRow(estimate)],
    },
    estimates: {
      columns: { metric: 'VARCHAR', estimator: 'VARCHAR', value: 'DOUBLE', low95: 'DOUBLE', high95: 'DOUBLE' },
      rows: (estimate?.metrics ?? []).flatMap(estimatorRows),
    },
  };
}

function factsRow({ policy, policyHash, decisions, identifiable, reason, diagnostics }: PolicyEstimate): Rows[number] {
  return {
    policy,
    policy_hash: policyHash,
    decisions,
    identifiable,
    reason,
    effective_sample: diagnostics.effectiveSampleSize,
    mean_weight: diagnostics.meanWeight,
  };
}

function estimatorRows(estimate: MetricEstimate): Rows {
  const named = {
    'the log itself': estimate.logging,
    IPS: estimate.ips,
    SNIPS: estimate.snips,
    'doubly robust': estimate.doublyRobust,
    'SWITCH-DR': estimate.switch,
  };
  return Object.entries(named).flatMap(([estimator, interval]) =>
    interval === null
      ? []
      : [
          {
            metric: estimate.metric,
            estimator,
            value: interval.value,
            low95: interval.low95,
            high95: interval.high95,
          },
        ],
  );
}
