/**
 * What speaks for a policy: the part `evidence` of a policy file, written by `tune`, asked for by `promote`. It is no part
 * of the policy, so its hash does not change with it.
 */
import * as z from 'zod';
import { closedObject } from './closed-object.ts';
import { objectiveSchema, OBJECTIVE_METRICS } from './objective.ts';

const hash = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in lower-case hex');
const metric = z.enum(OBJECTIVE_METRICS);
const share = z.number().min(0).max(1);

/** A value with its 95 % interval; null where there is none. */
const estimate = closedObject({
  value: z.number().nullable(),
  low95: z.number().nullable(),
  high95: z.number().nullable(),
});
export type Estimated = z.infer<typeof estimate>;

/** One metric as it was predicted, over the same requests for both; the difference is candidate less incumbent. */
const prediction = closedObject({ metric, incumbent: estimate, candidate: estimate, difference: estimate });
export type Prediction = z.infer<typeof prediction>;

const metrics = z.partialRecord(metric, z.number().nullable());

const compared = closedObject({
  name: z.string(),
  policyHash: hash,
  /** It keeps within the constraints. */
  isFeasible: z.boolean(),
  metrics,
});
export type ComparedPolicy = z.infer<typeof compared>;

/** A policy of which no other is better in one metric of the objective and no worse in the rest. */
const paretoPoint = closedObject({
  policyHash: hash,
  isFeasible: z.boolean(),
  metrics,
  /** By path in the policy, e.g. `score.weights.cost`. */
  knobs: z.record(z.string(), z.union([z.number(), z.string()])),
});
export type ParetoPoint = z.infer<typeof paretoPoint>;

export const evidenceSchema = closedObject({
  formatVersion: z.literal(1),
  coreVersion: z.string(),
  createdAt: z.iso.datetime(),
  validUntil: z.iso.datetime(),
  /** Of the policy in the same file, as it was when this was written: a file edited by hand has another. */
  policyHash: hash,
  incumbent: closedObject({ name: z.string(), policyHash: hash }),
  /** What the targets were; see `poolFingerprint`. */
  pool: closedObject({
    fingerprint: hash,
    targets: z.array(closedObject({ id: z.string(), inputUsdPerMillion: z.number(), outputUsdPerMillion: z.number() })),
  }),
  trace: closedObject({ name: z.string(), sha256: hash, requests: z.int().min(0), spanMs: z.number().min(0) }),
  /** Share of the trace, from its end, that the search never saw. */
  holdoutShare: share,
  scenarios: z.array(closedObject({ name: z.string(), sha256: hash })).min(1),
  seeds: z.array(z.int()).min(1),
  objective: objectiveSchema,
  predicted: closedObject({ train: z.array(prediction), holdout: z.array(prediction) }),
  /** Of the requests of the candidate's holdout, by worst tier of evidence; all T3 where no log was used. */
  tiers: closedObject({ T1: share, T2: share, T3: share }),
  verdict: z.enum(['better', 'no-better']),
  /** In plain words. */
  why: z.string(),
  compared: z.array(compared),
  pareto: z.array(paretoPoint),
  trials: z.int().min(0),
  replayedRequests: z.int().min(0),
});
export type Evidence = z.infer<typeof evidenceSchema>;
