/** The form of a calibration as far as the report reads it. */
import { z } from 'zod';
import { goodnessSchema } from './goodness-schema.ts';

const count = z.number().int().min(0);
const amount = z.number().min(0);
const ratio = z.number().min(0).max(1);
const orNull = z.number().nullable();
const notes = z.array(z.string());

const estimate = z.object({ value: z.number(), low95: orNull, high95: orNull });

const latency = z.object({
  intervals: z.object({
    firstTokenMedianMs: estimate,
    b1: estimate,
    load: estimate,
    driftSigma: estimate,
    coldStartProbability: estimate,
    interTokenMs: estimate,
    interTokenLoadMs: estimate,
    interTokenSigma: estimate,
  }),
  families: z.array(z.object({ family: z.string(), ks: ratio.nullable(), isChosen: z.boolean() })),
  observed: count,
  censored: count,
  notes,
});

const twin = z.object({
  provider: z.string(),
  model: z.string(),
  attempts: count,
  latency,
  errors: z.object({
    intervals: z.object({ serverError: estimate, connectTimeout: estimate, midStreamAbort: estimate }),
    notes,
  }),
  rateLimit: z.object({
    intervals: z.object({ requestsPerMinute: estimate.nullable(), tokensPerMinute: estimate.nullable() }),
    limited: count,
    // Results of earlier versions do not say.
    tooFew: z.boolean().optional(),
    notes,
  }),
  prices: z.object({
    prices: z.object({
      inputMicroUsdPerToken: amount,
      outputMicroUsdPerToken: amount,
      cacheReadMicroUsdPerToken: amount,
    }),
    source: z.enum(['pool', 'genai-prices', 'fitted']),
    relativeError: orNull,
    notes,
  }),
  promptCache: z.object({ promptCache: z.object({ ttlMs: amount }).nullable(), readRatio: ratio, notes }),
});

const trouble = z.object({
  provider: z.string(),
  weather: z
    .object({
      up: z.object({ medianMs: amount }),
      degraded: z.object({ medianMs: amount, failureProbability: ratio, latencyFactor: amount }),
      down: z.object({ medianMs: amount, failureProbability: ratio }),
    })
    .nullable(),
  spans: z.array(z.object({ state: z.enum(['up', 'degraded', 'down']), startMs: z.number(), endMs: z.number() })),
  intervals: z.object({ degradedShare: estimate, downShare: estimate }).nullable(),
  notes,
});

const part = z.object({ rows: count, fromMs: z.number(), toMs: z.number() });

/** `Calibration` of simulator/calibrate/calibration.ts. Fields that it does not know are kept. */
export const calibrationSchema = z.looseObject({
  kind: z.literal('calibration'),
  formatVersion: z.literal(1),
  coreVersion: z.string(),
  source: z.object({
    name: z.string(),
    attempts: count,
    requests: count.nullable(),
    fromMs: z.number(),
    toMs: z.number(),
    // As far as a date reaches.
    startedAtMs: z.number().min(-8.64e15).max(8.64e15).nullable(),
  }),
  split: z.object({ fit: part, validate: part, holdout: part }),
  twins: z.array(twin),
  troubles: z.array(trouble),
  goodness: z.object({ validate: goodnessSchema, holdout: goodnessSchema }),
  notes,
  scenarioPath: z.string().nullable(),
  command: z.string(),
  wallMs: amount,
});
