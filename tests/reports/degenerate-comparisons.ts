/** Comparisons at the edge of what a run can give. */
import type { Comparison, PolicyRun, Quantiles } from '../../simulator/result.ts';
import { fixtureComparison, RANKED, WEIGHTED } from './fixture-comparison.ts';

const NO_QUANTILES: Quantiles = { p50: null, p90: null, p95: null, p99: null };

/** The same policy, had it rejected every request before sending anything. */
export function emptyPolicy(run: PolicyRun): PolicyRun {
  const none = run.targets.map(() => 0);
  return {
    ...run,
    completed: 0,
    rejected: run.arrivals,
    cancelled: 0,
    attempts: 0,
    successRatio: 0,
    firstTokenMs: NO_QUANTILES,
    durationMs: NO_QUANTILES,
    costUsd: 0,
    costUsdPer1kRequests: 0,
    targets: run.targets.map((use) => ({ ...use, attempts: 0, share: 0, failureRatio: 0, limited: 0, costUsd: 0 })),
    requestsByAttempts: [run.arrivals],
    classes: run.classes.map((use) => ({ ...use, successRatio: 0, firstTokenMs: NO_QUANTILES, costUsd: 0 })),
    firstTokenEcdf: [],
    durationEcdf: [],
    costEcdf: [],
    slices: run.slices.map((slice) => ({
      ...slice,
      completed: 0,
      rejected: slice.arrivals,
      retries: 0,
      costUsd: 0,
      firstTokenP95Ms: null,
      attemptsByTarget: none,
      failuresByTarget: none,
      limitedByTarget: none,
    })),
  };
}

/** A run of nothing: no request, no slice, no target, no budget. */
function bareRun(run: PolicyRun): PolicyRun {
  return {
    ...emptyPolicy(run),
    arrivals: 0,
    rejected: 0,
    successRatio: 1,
    targets: [],
    requestsByAttempts: [],
    rejectedByCode: {},
    classes: [],
    budgets: [],
    budgetUseMax: [],
    slices: [],
  };
}

function everyPolicy(comparison: Comparison, change: (run: PolicyRun) => PolicyRun): Comparison {
  return { ...comparison, policies: comparison.policies.map(change) };
}

const two = fixtureComparison([RANKED, WEIGHTED]);

export const DEGENERATE: readonly (readonly [name: string, comparison: Comparison])[] = [
  ['a single policy', fixtureComparison([RANKED])],
  ['a policy that answered nothing', { ...two, policies: [two.policies[0]!, emptyPolicy(two.policies[1]!)] }],
  [
    'policies that all answered nothing',
    {
      ...everyPolicy(two, emptyPolicy),
      paired: two.paired.map((pair) => ({ ...pair, difference: null, low95: null, high95: null })),
    },
  ],
  [
    'an empty trace',
    { ...everyPolicy(two, bareRun), paired: [], faults: [], trace: { ...two.trace, requests: 0, spanMs: 0 } },
  ],
  ['one slice', everyPolicy(two, (run) => ({ ...run, slices: run.slices.slice(0, 1) }))],
  [
    'one observation in a distribution',
    everyPolicy(two, (run) => ({ ...run, firstTokenEcdf: [{ value: 300, share: 1 }] })),
  ],
  [
    'requests that cost nothing',
    everyPolicy(two, (run) => ({ ...run, costUsd: 0, costUsdPer1kRequests: 0, costEcdf: [{ value: 0, share: 1 }] })),
  ],
  [
    'a free tier below some cost',
    everyPolicy(two, (run) => ({
      ...run,
      costEcdf: [
        { value: 0, share: 0.4 },
        { value: 0.01, share: 1 },
      ],
    })),
  ],
  ['equal policies', { ...two, paired: two.paired.map((pair) => ({ ...pair, difference: 0, low95: 0, high95: 0 })) }],
  [
    'a metric that the report does not know',
    {
      ...two,
      paired: [{ metric: 'moonPhase', a: 'ranked', b: 'weighted', difference: 3, low95: 1, high95: 5, blocks: 4 }],
    },
  ],
  [
    'faults outside the trace and over each other',
    {
      ...two,
      faults: [
        { label: 'before', startMs: -5, endMs: -1 },
        { label: 'long', startMs: 0, endMs: 1e9 },
        { label: 'long too', startMs: 0, endMs: 1e9 },
      ],
    },
  ],
];
