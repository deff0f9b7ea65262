/** The form of a measured promotion as far as the report reads it. */
import { z } from 'zod';
import { evidenceSchema } from '../../src/config/evidence-schema.ts';
import { OBJECTIVE_METRICS } from '../../src/config/objective.ts';
import { REQUEST_CLASSES } from '../../src/router/policy.ts';

const STAGES = ['draft', 'staged', 'shadow', 'canary', 'active', 'retired', 'rolled_back'] as const;

const count = z.number().int().min(0);
const orNull = z.number().nullable();
const estimated = z.object({ value: orNull, low95: orNull, high95: orNull });
const metric = z.enum(OBJECTIVE_METRICS);
// As far as a date reaches.
const moment = z.number().min(-8.64e15).max(8.64e15);

const transition = z.object({
  atMs: moment,
  from: z.enum(STAGES),
  to: z.enum(STAGES),
  who: z.string(),
  why: z.string(),
});

const traffic = z.object({
  requests: count,
  spanMs: z.number().min(0),
  requestsPerHour: orNull,
  classes: z.record(z.enum(REQUEST_CLASSES), z.number().min(0).max(1)).nullable(),
  inputTokensMean: orNull,
});

const arm = z.object({
  name: z.string(),
  policyHash: z.string(),
  requests: count,
  completed: count,
  rejected: count,
  cancelled: count,
  open: count,
});

/** `MeasuredPromotion` of src/policies/measured-promotion.ts. Fields that it does not know are kept. */
export const promotionSchema = z.looseObject({
  kind: z.literal('promotion'),
  formatVersion: z.literal(1),
  promotion: z.object({
    id: z.string().min(1),
    policyName: z.string(),
    policyHash: z.string(),
    incumbentName: z.string(),
    incumbentHash: z.string(),
    stage: z.enum(STAGES),
    transitions: z.array(transition),
  }),
  evidence: evidenceSchema,
  log: z.string(),
  logCoreVersion: z.string(),
  window: z.object({ fromMs: moment, toMs: moment, stages: z.array(z.enum(STAGES)), isOver: z.boolean() }),
  candidate: arm,
  main: arm.nullable(),
  blocks: count,
  metrics: z.array(
    z.object({
      metric,
      predicted: estimated,
      expected: estimated,
      measured: estimated,
      agreement: z.enum(['inside', 'overlapping', 'above', 'below', 'unknown']),
    }),
  ),
  differences: z.array(z.object({ metric, predicted: estimated, measured: estimated })),
  traffic: z.object({ now: traffic, trace: traffic, before: traffic.nullable() }),
  seed: z.number().int(),
  notes: z.array(z.string()),
  command: z.string(),
});
