/** The form of a comparison as far as the report reads it. */
import { z } from 'zod';
import { TARGET_STATES } from '../src/router/contract.ts';
import { REQUEST_CLASSES } from '../src/router/policy.ts';

const count = z.number().int().min(0);
const amount = z.number().min(0);
const ratio = z.number().min(0).max(1);
const orNull = z.number().nullable();
const counts = z.array(count);

const quantiles = z.object({ p50: orNull, p90: orNull, p95: orNull, p99: orNull });
const ecdf = z.array(z.object({ value: z.number(), share: ratio }));

const slice = z.object({
  startMs: amount,
  arrivals: count,
  completed: count,
  rejected: count,
  cancelled: count,
  retries: count,
  costUsd: amount,
  firstTokenP95Ms: orNull,
  attemptsByTarget: counts,
  failuresByTarget: counts,
  limitedByTarget: counts,
  stateByTarget: z.array(z.enum(TARGET_STATES)),
  budgetUse: z.array(amount),
});

const routeUse = z.object({
  route: z.string(),
  requests: count,
  successRatio: ratio,
  firstTokenMs: quantiles,
  costUsd: amount,
  costUsdPer1kRequests: amount,
  cacheReadRatio: ratio,
  attempts: count,
  largestTargetShare: ratio,
  effectiveTargets: amount,
  otherRouteRatio: ratio,
  instructedRatio: ratio,
});

const tierShare = z.object({ attempts: count, attemptRatio: ratio, requests: count, requestRatio: ratio });

const policyRun = z
  .object({
    name: z.string().min(1),
    policyHash: z.string(),
    arrivals: count,
    completed: count,
    rejected: count,
    cancelled: count,
    inFlight: count,
    attempts: count,
    successRatio: ratio,
    firstTokenMs: quantiles,
    durationMs: quantiles,
    costUsd: amount,
    costUsdPer1kRequests: amount,
    targets: z.array(
      z.object({
        target: z.string(),
        attempts: count,
        share: ratio,
        failureRatio: ratio,
        limited: count,
        costUsd: amount,
      }),
    ),
    rejectedByCode: z.record(z.string(), count),
    requestsByAttempts: counts,
    exploredRatio: ratio,
    cacheReadRatio: ratio,
    queuedRatio: ratio,
    classes: z.array(
      z.object({
        requestClass: z.enum(REQUEST_CLASSES),
        arrivals: count,
        successRatio: ratio,
        firstTokenMs: quantiles,
        costUsd: amount,
      }),
    ),
    budgets: z.array(z.string()),
    budgetUseMax: z.array(amount),
    firstTokenEcdf: ecdf,
    durationEcdf: ecdf,
    costEcdf: ecdf,
    slices: z.array(slice),
    tiers: z.object({ T1: tierShare, T2: tierShare, T3: tierShare }).optional(),
    stick: z.enum(['none', 'key', 'target']).optional(),
    routes: z.array(routeUse).optional(),
  })
  .superRefine((run, context) => {
    const wrong = run.slices.findIndex(
      (entry) =>
        [entry.attemptsByTarget, entry.failuresByTarget, entry.limitedByTarget, entry.stateByTarget].some(
          (list) => list.length !== run.targets.length,
        ) || entry.budgetUse.length !== run.budgets.length,
    );
    if (wrong !== -1)
      context.addIssue({
        code: 'custom',
        path: ['slices', wrong],
        message: 'must have one entry for each target and each budget',
      });
  });

const pairedDifference = z.object({
  metric: z.string(),
  a: z.string(),
  b: z.string(),
  difference: orNull,
  low95: orNull,
  high95: orNull,
  blocks: count,
});

/** `Comparison` of simulator/result.ts; names of policies are unique. Fields that it does not know are kept. */
export const comparisonSchema = z
  .looseObject({
    kind: z.literal('comparison'),
    formatVersion: z.literal(1),
    coreVersion: z.string(),
    trace: z.object({ name: z.string(), sha256: z.string(), requests: count, spanMs: amount, askedAsAuto: count }),
    scenario: z.string(),
    scenarioHash: z.string(),
    faults: z.array(z.object({ label: z.string(), startMs: z.number(), endMs: z.number() })),
    seed: z.number(),
    outcomes: z
      .object({ mode: z.enum(['logged', 'donor', 'auto']), recording: z.string(), attempts: count })
      .optional(),
    command: z.string(),
    policies: z.array(policyRun).min(1),
    paired: z.array(pairedDifference),
    routePaired: z.array(pairedDifference.extend({ route: z.string() })).optional(),
    wallMs: amount,
    requestsPerSecond: amount,
  })
  .superRefine((comparison, context) => {
    const names = comparison.policies.map((run) => run.name);
    const twice = names.findIndex((name, index) => names.indexOf(name) !== index);
    if (twice !== -1)
      context.addIssue({
        code: 'custom',
        path: ['policies', twice, 'name'],
        message: `${names[twice]} is used twice; names must differ`,
      });
  });
