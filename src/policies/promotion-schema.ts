/** The form in which promotions stand on disk, checked when they are read. */
import * as z from 'zod';
import { closedObject } from '../config/closed-object.ts';
import { evidenceSchema } from '../config/evidence-schema.ts';
import { OBJECTIVE_METRICS } from '../config/objective.ts';
import { policySchema } from '../config/policy-schema.ts';
import type { SavedWatch } from './guard-watch.ts';
import { STAGES, type Promotion, type Stage } from './promotion.ts';

const count = z.int().min(0);
const figure = z.number().nullable();
const stage = z.enum(STAGES);

export const guardsSchema = closedObject({
  successDropMax: z.number().min(-1).max(0),
  lateFirstTokenFactorMax: z.number().min(1).max(20),
  costFactorMax: z.number().min(1).max(1_000),
  budgetUseMax: z.number().gt(0).max(10),
});

/** Longer ones are no trial any more. */
const STAGE_MS_MAX = 30 * 86_400_000;
/** The rest is what a canary is compared with. */
const CANARY_SHARE_MAX = 0.5;

export const planSchema = closedObject({
  shadowForMs: z.number().min(0).max(STAGE_MS_MAX),
  canaryShare: z.number().min(0).max(CANARY_SHARE_MAX),
  canaryForMs: z.number().gt(0).max(STAGE_MS_MAX),
  requestsMin: z.int().min(1).max(10_000_000),
  guards: guardsSchema,
});

const transition = closedObject({
  atMs: z.number(),
  promotionId: z.string(),
  policyHash: z.string(),
  policyName: z.string(),
  from: stage,
  to: stage,
  who: z.string(),
  why: z.string(),
});

const guardReading = closedObject({
  guard: guardsSchema.keyof(),
  main: figure,
  canary: figure,
  limit: z.number(),
  low: figure,
  high: figure,
  state: z.enum(['too-few', 'holds', 'broken']),
});

const arm = closedObject({
  requests: count,
  completed: count,
  costUsd: z.number().min(0),
  metrics: z.partialRecord(z.enum(OBJECTIVE_METRICS), figure),
});

export const promotionSchema = closedObject({
  id: z.string().min(1),
  policyName: z.string(),
  policyHash: z.string(),
  policy: policySchema,
  evidence: evidenceSchema.nullable(),
  incumbentName: z.string(),
  incumbentHash: z.string(),
  pool: evidenceSchema.shape.pool,
  plan: planSchema,
  stage,
  stageSinceMs: z.number(),
  pausedMs: z.number(),
  transitions: z.array(transition),
  guards: z.array(guardReading),
  shadow: closedObject({ decisions: count, differs: count }),
  figures: closedObject({ main: arm, canary: arm }),
}) satisfies z.ZodType<Promotion>;

const sums = closedObject({
  clusters: count,
  y: z.number(),
  w: z.number(),
  yy: z.number(),
  yw: z.number(),
  ww: z.number(),
});
const histogram = z.array(count);
const savedArm = closedObject({
  requests: count,
  completed: count,
  costMicroUsd: z.number().min(0),
  firstTokens: histogram,
  durations: histogram,
  success: sums,
  late: sums,
  cost: sums,
});

/** What a stage has counted so far; without it a restart begins to count anew. */
export interface StageRecord {
  readonly formatVersion: 1;
  readonly promotionId: string;
  readonly stage: Stage;
  /** Core's time until which it counted. */
  readonly atMs: number;
  readonly pausedMs: number;
  readonly shadow: Promotion['shadow'];
  readonly watch: SavedWatch;
}

export const stageRecordSchema = closedObject({
  formatVersion: z.literal(1),
  promotionId: z.string(),
  stage,
  atMs: z.number(),
  pausedMs: z.number(),
  shadow: closedObject({ decisions: count, differs: count }),
  watch: closedObject({ main: savedArm, canary: savedArm, usual: histogram }),
}) satisfies z.ZodType<StageRecord>;

/** Everything that outlives the process. */
export interface PolicyState {
  readonly formatVersion: 1;
  /** The policy of the configuration when the promotions below began; null: there were none. */
  readonly fileHash: string | null;
  /** The promotion on its way. */
  readonly open: Promotion | null;
  /** The one in force at the end, before it those that a rollback leads back to. */
  readonly active: readonly Promotion[];
  /** Over, newest first. */
  readonly past: readonly Promotion[];
}

export const policyStateSchema = closedObject({
  formatVersion: z.literal(1),
  fileHash: z.string().nullable(),
  open: promotionSchema.nullable(),
  active: z.array(promotionSchema),
  past: z.array(promotionSchema),
}) satisfies z.ZodType<PolicyState>;
