import * as z from 'zod';
import {
  DEFAULT_POLICY,
  SELECTION_MODES,
  type ClassProfile,
  type Policy,
  type RequestClass,
  type ScoreTerm,
} from '../router/policy.ts';
import { closedObject } from './closed-object.ts';
import { durationMs, positiveDurationMs } from './duration.ts';
import { chosenAmong, tunable, usuallyTuned } from './tune-meta.ts';

const D = DEFAULT_POLICY;

const share = z.number().min(0).max(1);
const notNegative = z.number().min(0);
const positive = z.number().gt(0);
const count = z.int().min(1);
/** More refusals in a row than anyone would wait for. */
const CONSECUTIVE_MAX = 1_000;

const weight = (term: ScoreTerm) => notNegative.default(D.score.weights[term]).meta(usuallyTuned('linear', 0, 1));
const weights = closedObject({
  success: weight('success'),
  firstToken: weight('firstToken'),
  speed: weight('speed'),
  cache: weight('cache'),
  cost: weight('cost'),
  load: weight('load'),
}).refine((all) => Object.values(all).some((value) => value > 0), {
  error: 'at least one weight must be above 0',
});

const score = closedObject({
  weights: weights.prefault({}),
  sharpness: z
    .number()
    .min(0)
    .max(64)
    .default(D.score.sharpness)
    .meta(usuallyTuned('log', 1, 64)),
  references: closedObject({
    firstTokenMs: positiveDurationMs.prefault(D.score.references.firstTokenMs).meta(usuallyTuned('log', 100, 6_000)),
    tokensPerSecond: positive.default(D.score.references.tokensPerSecond).meta(tunable('log', 10, 300)),
    usdPerMillionTokens: positive.default(D.score.references.usdPerMillionTokens).meta(usuallyTuned('log', 0.05, 20)),
    inFlight: positive.default(D.score.references.inFlight).meta(tunable('log', 4, 256)),
  }).prefault({}),
  halfLifeMs: positiveDurationMs.prefault(D.score.halfLifeMs).meta(usuallyTuned('log', 10_000, 1_800_000)),
  prior: closedObject({
    successRatio: share.default(D.score.prior.successRatio),
    firstTokenMs: positiveDurationMs.prefault(D.score.prior.firstTokenMs),
    tokensPerSecond: positive.default(D.score.prior.tokensPerSecond),
    cacheHitRatio: share.default(D.score.prior.cacheHitRatio),
    observations: positive.default(D.score.prior.observations).meta(tunable('log', 1, 64)),
  }).prefault({}),
  stability: closedObject({
    recentFailures: z.int().min(0).default(D.score.stability.recentFailures),
    recentFailuresFactor: share.default(D.score.stability.recentFailuresFactor).meta(tunable('linear', 0.1, 1)),
    degradedFactor: share.default(D.score.stability.degradedFactor).meta(tunable('linear', 0.1, 1)),
  }).prefault({}),
});

function classProfile(requestClass: RequestClass) {
  const multiplier = (quality: keyof ClassProfile) =>
    z.number().min(0).max(1.25).default(D.classes.profiles[requestClass][quality]);
  return closedObject({
    latency: multiplier('latency').meta(usuallyTuned('linear', 0, 1.25)),
    throughput: multiplier('throughput').meta(tunable('linear', 0, 1.25)),
    cost: multiplier('cost').meta(usuallyTuned('linear', 0, 1.25)),
    stability: multiplier('stability').meta(tunable('linear', 0, 1.25)),
  }).prefault({});
}

const classes = closedObject({
  chatTokensMax: z.int().min(0).default(D.classes.chatTokensMax),
  longTokensMin: z.int().min(1).default(D.classes.longTokensMin),
  assumedOutputTokens: z.int().min(0).default(D.classes.assumedOutputTokens),
  profiles: closedObject({
    chat: classProfile('chat'),
    long: classProfile('long'),
    background: classProfile('background'),
    balanced: classProfile('balanced'),
  }).prefault({}),
  lowPriority: closedObject({
    costBonus: share.default(D.classes.lowPriority.costBonus),
    latencyPenalty: share.default(D.classes.lowPriority.latencyPenalty),
  }).prefault({}),
  highPriority: closedObject({
    latencyBonus: share.default(D.classes.highPriority.latencyBonus),
    stabilityBonus: share.default(D.classes.highPriority.stabilityBonus),
  }).prefault({}),
}).refine(({ chatTokensMax, longTokensMin }) => chatTokensMax < longTokensMin, {
  path: ['longTokensMin'],
  error: 'must be more than chatTokensMax, or a request would be in two classes',
});

const health = closedObject({
  windowMs: positiveDurationMs.prefault(D.health.windowMs).meta(tunable('log', 10_000, 300_000)),
  minSamples: count.default(D.health.minSamples).meta(tunable('integer', 3, 50)),
  degradedFailureRatio: share.default(D.health.degradedFailureRatio).meta(tunable('linear', 0.02, 0.5)),
  unhealthyFailureRatio: share.default(D.health.unhealthyFailureRatio).meta(tunable('linear', 0.1, 0.9)),
  latencySpikeFactor: z
    .number()
    .gt(1)
    .default(D.health.latencySpikeFactor)
    .meta(tunable('log', 1.5, 10)),
  cooldownMs: positiveDurationMs.prefault(D.health.cooldownMs).meta(usuallyTuned('log', 5_000, 600_000)),
  cooldownMaxMs: positiveDurationMs.prefault(D.health.cooldownMaxMs),
  probesToRecover: count.default(D.health.probesToRecover).meta(tunable('integer', 1, 10)),
  probeConcurrency: count.default(D.health.probeConcurrency),
  probeRate: share.default(D.health.probeRate).meta(tunable('linear', 0, 0.25)),
  authCooldownMs: positiveDurationMs.prefault(D.health.authCooldownMs),
})
  .refine((h) => h.degradedFailureRatio <= h.unhealthyFailureRatio, {
    path: ['unhealthyFailureRatio'],
    error: 'must be at least degradedFailureRatio',
  })
  .refine((h) => h.cooldownMs <= h.cooldownMaxMs, {
    path: ['cooldownMaxMs'],
    error: 'must be at least cooldownMs',
  });

const ladder = z
  .array(positiveDurationMs)
  .min(1)
  .refine((steps) => steps.every((step, i) => i === 0 || step > (steps[i - 1] ?? 0)), {
    error: 'the waits must rise from step to step',
  });

const retry = closedObject({
  attemptsMax: count.default(D.retry.attemptsMax).meta(usuallyTuned('integer', 1, 6)),
  backoffBaseMs: durationMs.prefault(D.retry.backoffBaseMs).meta(tunable('log', 10, 2_000)),
  backoffMaxMs: durationMs.prefault(D.retry.backoffMaxMs),
  deadlineMs: durationMs.prefault(D.retry.deadlineMs).meta(tunable('log', 2_000, 300_000)),
}).refine((r) => r.backoffBaseMs <= r.backoffMaxMs, {
  path: ['backoffMaxMs'],
  error: 'must be at least backoffBaseMs',
});

/** The numbers of `routing`, which `token-pool.yaml` may set too. */
export const ROUTING_NUMBERS = {
  longContextThresholdTokens: z
    .int()
    .min(1)
    .meta({ description: 'At least this many input tokens go the route longcontext' }),
  warnRatio: z.number().min(0.1).max(0.99).meta({
    description: "Share of a target's context window from which on it is risky and roomier ones go first",
  }),
  hardLimit: z.boolean().meta({
    description: 'false: where no target of a route has room, those of default are tried all the same',
  }),
};

/**
 * `policy.yaml`: every field is optional and defaults to {@link DEFAULT_POLICY}; an unknown field is an error.
 * Durations (fields ending in `Ms`) may be numbers or text such as `30s`. The parsed value is a full `Policy`.
 */
export const policySchema = closedObject({
  // The other modes are yardsticks without knobs of their own, which `tune` measures beside the rest.
  mode: z.enum(SELECTION_MODES).default(D.mode).meta(chosenAmong('ranked', 'weighted')),
  explorationRate: share.default(D.explorationRate).meta(usuallyTuned('linear', 0, 0.1)),
  score: score.prefault({}),
  classes: classes.prefault({}),
  health: health.prefault({}),
  rateLimit: closedObject({
    ladderMs: ladder.prefault([...D.rateLimit.ladderMs]),
    retryAfterMaxMs: positiveDurationMs.prefault(D.rateLimit.retryAfterMaxMs),
    ladderResetMs: positiveDurationMs.prefault(D.rateLimit.ladderResetMs),
    consecutiveUntilBad: z
      .int()
      .min(0)
      .max(CONSECUTIVE_MAX)
      .default(D.rateLimit.consecutiveUntilBad)
      .meta(tunable('integer', 0, 10)),
  }).prefault({}),
  budget: closedObject({
    softThreshold: share.default(D.budget.softThreshold).meta(usuallyTuned('linear', 0.3, 0.98)),
    costGain: notNegative.default(D.budget.costGain).meta(usuallyTuned('linear', 0, 20)),
  }).prefault({}),
  queue: closedObject({
    timeoutMs: durationMs.prefault(D.queue.timeoutMs).meta(tunable('log', 1_000, 120_000)),
    recoveryWaitMaxMs: durationMs.prefault(D.queue.recoveryWaitMaxMs).meta(tunable('log', 100, 60_000)),
  }).prefault({}),
  retry: retry.prefault({}),
  timeouts: closedObject({
    connectMs: positiveDurationMs.prefault(D.timeouts.connectMs),
    firstTokenMs: positiveDurationMs.prefault(D.timeouts.firstTokenMs).meta(tunable('log', 2_000, 120_000)),
    idleMs: positiveDurationMs.prefault(D.timeouts.idleMs).meta(tunable('log', 2_000, 120_000)),
    totalMs: positiveDurationMs.prefault(D.timeouts.totalMs),
  }).prefault({}),
  affinity: closedObject({
    warmTtlMs: durationMs.prefault(D.affinity.warmTtlMs).meta(tunable('log', 30_000, 3_600_000)),
    entriesMax: z.int().min(0).default(D.affinity.entriesMax),
    stick: z
      .enum(['none', 'key', 'target'])
      .default(D.affinity.stick)
      .meta({
        description: 'What a session keeps to while it can: the target or the key that last served it',
        ...chosenAmong('none', 'key', 'target'),
      }),
  }).prefault({}),
  sessions: closedObject({
    ttlMs: durationMs.prefault(D.sessions.ttlMs),
    entriesMax: z
      .int()
      .min(0)
      .default(D.sessions.entriesMax)
      .meta({ description: 'Most sessions remembered; the one unused for longest goes first' }),
  }).prefault({}),
  routing: closedObject({
    longContextThresholdTokens: ROUTING_NUMBERS.longContextThresholdTokens.default(
      D.routing.longContextThresholdTokens,
    ),
    warnRatio: ROUTING_NUMBERS.warnRatio.default(D.routing.warnRatio),
    hardLimit: ROUTING_NUMBERS.hardLimit.default(D.routing.hardLimit),
  }).prefault({}),
}) satisfies z.ZodType<Policy>;
