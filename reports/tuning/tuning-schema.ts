/** The form of a tuning result as far as the report reads it. */
import { z } from 'zod';
import { evidenceSchema } from '../../src/config/evidence-schema.ts';
import { objectiveSchema, OBJECTIVE_METRICS } from '../../src/config/objective.ts';

const evidence = evidenceSchema.shape;
const count = z.number().int().min(0);
const hash = z.string().min(1);
const knobValue = z.union([z.number(), z.string()]);
const metrics = z.partialRecord(z.enum(OBJECTIVE_METRICS), z.number().nullable());

const named = z.object({ name: z.string().min(1), policyHash: hash, policy: z.record(z.string(), z.unknown()) });

const knob = z.object({
  path: z.string().min(1),
  scale: z.enum(['linear', 'log', 'integer', 'choice']),
  range: z.tuple([z.number(), z.number()]).nullable(),
  choices: z.array(z.string()).nullable(),
});

const trial = z.object({
  index: count,
  origin: z.enum(['incumbent', 'default', 'baseline', 'sobol', 'cma-es', 'random']),
  policyHash: hash,
  knobs: z.record(z.string(), knobValue),
  blocksSeen: count,
  metrics,
  isFeasible: z.boolean(),
  // A trial without an answered request is worth nothing at all, which JSON writes as null.
  utility: z.number().nullable(),
});

const part = z.object({ part: z.string(), requests: count, incumbent: metrics, candidate: metrics });

/** `TuningResult` of simulator/tune/tuning-result.ts. Fields that it does not know are kept. */
export const tuningSchema = z.looseObject({
  kind: z.literal('tuning'),
  formatVersion: z.literal(1),
  coreVersion: z.string(),
  trace: evidence.trace,
  scenarios: evidence.scenarios,
  seeds: evidence.seeds,
  objective: objectiveSchema,
  knobs: z.array(knob),
  blocks: z.number().int().min(1),
  holdoutShare: z.number().min(0).max(1),
  incumbent: named,
  candidate: named.nullable(),
  verdict: evidence.verdict,
  why: z.string(),
  predicted: evidence.predicted,
  tiers: evidence.tiers,
  trials: z.array(trial),
  compared: evidence.compared,
  pareto: evidence.pareto,
  importance: z.array(z.object({ path: z.string(), importance: z.number() })),
  importanceMethod: z.string(),
  slices: z.array(
    z.object({
      path: z.string(),
      points: z.array(z.object({ value: knobValue, utility: z.number().nullable(), metrics })),
    }),
  ),
  byHour: z.array(part),
  byClass: z.array(part),
  isPartial: z.boolean(),
  replayedRequests: count,
  command: z.string(),
  wallMs: z.number().min(0),
});
