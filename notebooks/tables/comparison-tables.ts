/** A comparison as tables that SQL cells ask: one row a policy, a class, a target, a slice of time. */
import type { Comparison, PolicyRun } from '../../simulator/result.ts';
import type { RowTable } from './notebook-database.ts';

type Rows = RowTable['rows'];

export function comparisonTables(comparison: Comparison): Readonly<Record<string, RowTable>> {
  const { policies, paired, faults, trace, scenario, seed, command } = comparison;
  return {
    facts: {
      columns: {
        trace: 'VARCHAR',
        scenario: 'VARCHAR',
        seed: 'DOUBLE',
        requests: 'DOUBLE',
        span_ms: 'DOUBLE',
        command: 'VARCHAR',
      },
      rows: [{ trace: trace.name, scenario, seed, requests: trace.requests, span_ms: trace.spanMs, command }],
    },
    runs: { columns: RUN_COLUMNS, rows: policies.map(runRow) },
    classes: {
      columns: {
        policy: 'VARCHAR',
        class: 'VARCHAR',
        arrivals: 'DOUBLE',
        success_ratio: 'DOUBLE',
        first_token_p50_ms: 'DOUBLE',
        first_token_p95_ms: 'DOUBLE',
        cost_usd: 'DOUBLE',
      },
      rows: policies.flatMap(classRows),
    },
    targets: {
      columns: {
        policy: 'VARCHAR',
        target: 'VARCHAR',
        attempts: 'DOUBLE',
        share: 'DOUBLE',
        failure_ratio: 'DOUBLE',
        limited: 'DOUBLE',
        cost_usd: 'DOUBLE',
      },
      rows: policies.flatMap(targetRows),
    },
    slices: {
      columns: {
        policy: 'VARCHAR',
        start_ms: 'DOUBLE',
        arrivals: 'DOUBLE',
        completed: 'DOUBLE',
        rejected: 'DOUBLE',
        retries: 'DOUBLE',
        cost_usd: 'DOUBLE',
        first_token_p95_ms: 'DOUBLE',
      },
      rows: policies.flatMap(sliceRows),
    },
    paired: {
      columns: {
        metric: 'VARCHAR',
        a: 'VARCHAR',
        b: 'VARCHAR',
        difference: 'DOUBLE',
        low95: 'DOUBLE',
        high95: 'DOUBLE',
      },
      rows: paired.map(({ metric, a, b, difference, low95, high95 }) => ({ metric, a, b, difference, low95, high95 })),
    },
    faults: {
      columns: { label: 'VARCHAR', start_ms: 'DOUBLE', end_ms: 'DOUBLE' },
      rows: faults.map(({ label, startMs, endMs }) => ({ label, start_ms: startMs, end_ms: endMs })),
    },
    tiers: {
      columns: { policy: 'VARCHAR', tier: 'VARCHAR', attempts: 'DOUBLE', attempt_ratio: 'DOUBLE' },
      rows: policies.flatMap(tierRows),
    },
  };
}

const RUN_COLUMNS = {
  policy: 'VARCHAR',
  position: 'DOUBLE',
  policy_hash: 'VARCHAR',
  requests: 'DOUBLE',
  success_ratio: 'DOUBLE',
  first_token_p50_ms: 'DOUBLE',
  first_token_p95_ms: 'DOUBLE',
  duration_p95_ms: 'DOUBLE',
  cost_usd: 'DOUBLE',
  cost_per_1k_usd: 'DOUBLE',
  attempts: 'DOUBLE',
  explored_ratio: 'DOUBLE',
} as const;

function runRow(run: PolicyRun, position: number): Rows[number] {
  return {
    policy: run.name,
    position,
    policy_hash: run.policyHash,
    requests: run.arrivals,
    success_ratio: run.successRatio,
    first_token_p50_ms: run.firstTokenMs.p50,
    first_token_p95_ms: run.firstTokenMs.p95,
    duration_p95_ms: run.durationMs.p95,
    cost_usd: run.costUsd,
    cost_per_1k_usd: run.costUsdPer1kRequests,
    attempts: run.attempts,
    explored_ratio: run.exploredRatio,
  };
}

function classRows({ name, classes }: PolicyRun): Rows {
  return classes.map((use) => ({
    policy: name,
    class: use.requestClass,
    arrivals: use.arrivals,
    success_ratio: use.successRatio,
    first_token_p50_ms: use.firstTokenMs.p50,
    first_token_p95_ms: use.firstTokenMs.p95,
    cost_usd: use.costUsd,
  }));
}

function targetRows({ name, targets }: PolicyRun): Rows {
  return targets.map((use) => ({
    policy: name,
    target: use.target,
    attempts: use.attempts,
    share: use.share,
    failure_ratio: use.failureRatio,
    limited: use.limited,
    cost_usd: use.costUsd,
  }));
}

function sliceRows({ name, slices }: PolicyRun): Rows {
  return slices.map((slice) => ({
    policy: name,
    start_ms: slice.startMs,
    arrivals: slice.arrivals,
    completed: slice.completed,
    rejected: slice.rejected,
    retries: slice.retries,
    cost_usd: slice.costUsd,
    first_token_p95_ms: slice.firstTokenP95Ms,
  }));
}

function tierRows({ name, tiers }: PolicyRun): Rows {
  return Object.entries(tiers ?? {}).map(([tier, share]) => ({
    policy: name,
    tier,
    attempts: share.attempts,
    attempt_ratio: share.attemptRatio,
  }));
}
