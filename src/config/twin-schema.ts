import * as z from 'zod';
import type { TwinDefinition } from '../../simulator/scenario.ts';
import type { Prices } from '../router/pool.ts';
import { closedObject } from './closed-object.ts';
import { durationMs, positiveDurationMs } from './duration.ts';
import { residualSchema, toResidual } from './residual-schema.ts';

const notNegative = z.number().min(0);
const positive = z.number().gt(0);
const probability = z.number().min(0).max(1);

const DEFAULT_MEDIAN_MS = 500;
const DEFAULT_INPUT_TOKENS = 1_000;

const firstTokenSchema = closedObject({
  b0: z.number().optional().meta({ description: 'ln of the ms without input; instead of medianMs' }),
  medianMs: positiveDurationMs.optional().meta({ description: 'Median at inputTokens and no load. Default: 500' }),
  inputTokens: notNegative.optional().meta({ description: 'Uncached input at which medianMs holds. Default: 1000' }),
  b1: notNegative.default(0.3).meta({ description: 'How steeply it grows with the uncached input' }),
  n0: positive.default(1_000).meta({ description: 'Uncached input from which the growth shows, tokens' }),
  load: notNegative.default(0).meta({ description: 'ln of the slow-down at loadReference attempts in flight' }),
  loadReference: positive.default(32),
  residual: residualSchema.prefault({ kind: 'empirical', samples: 'hosted-llm' }),
  drift: closedObject({ sigma: notNegative, halfLifeMs: positiveDurationMs.prefault('5m') })
    .nullable()
    .default(null)
    .meta({ description: "Swings of the provider's own load: standard deviation of ln, and how long they last" }),
  hourFactors: z
    .array(positive)
    .length(24)
    .nullable()
    .default(null)
    .meta({ description: 'Factors by hour of the day in UTC, from 0 to 23' }),
}).refine((f) => f.b0 === undefined || (f.medianMs === undefined && f.inputTokens === undefined), {
  error: 'give b0, or medianMs (at inputTokens), not both',
});

const coldStartSchema = closedObject({
  probability,
  minMs: durationMs.prefault('10s'),
  maxMs: durationMs.prefault('70s'),
}).refine(({ minMs, maxMs }) => minMs <= maxMs, { path: ['maxMs'], error: 'must be at least minMs' });

/** One twin as the user writes it; all but the names has a default. */
export const twinSchema = closedObject({
  provider: z.string(),
  model: z.string(),
  firstToken: firstTokenSchema.prefault({}),
  coldStart: coldStartSchema.nullable().default(null),
  interToken: closedObject({
    aMs: notNegative.default(15),
    bMs: notNegative.default(0.1),
    sigma: notNegative.default(0.15),
  }).prefault({}),
  errors: closedObject({
    serverError: probability.default(0.001),
    connectTimeout: probability.default(0.0002),
    midStreamAbort: probability.default(0.0002),
  })
    .refine((e) => e.serverError + e.connectTimeout + e.midStreamAbort <= 1, {
      error: 'the probabilities must not sum to more than 1',
    })
    .prefault({}),
  rateLimit: closedObject({
    requestsPerMinute: positive.nullable().default(null),
    tokensPerMinute: positive.nullable().default(null),
    retryAfter: z.boolean().default(true),
  }).prefault({}),
  prices: closedObject({
    inputUsdPerMillion: notNegative.optional(),
    outputUsdPerMillion: notNegative.optional(),
    cacheReadUsdPerMillion: notNegative.optional(),
    cacheWriteUsdPerMillion: notNegative.optional(),
    billsAborted: z.boolean().default(true),
  })
    .prefault({})
    .meta({ description: "What the provider really charges. Default: the pool's prices" }),
  promptCache: closedObject({
    ttlMs: positiveDurationMs.prefault('5m'),
    minTokens: z.int().min(0).default(1_024),
    blockTokens: z.int().min(1).default(512),
  })
    .nullable()
    .default(null),
});

export type TwinForm = z.output<typeof twinSchema>;

/**
 * The twin as the simulator runs it.
 *
 * With `medianMs` given: b0 = ln(medianMs) - b1 ln(1 + inputTokens / n0), which solves the twin's formula for
 * its median at `inputTokens` without load.
 *
 * @param poolPrices of the same model in the pool, for the prices that the twin leaves out
 */
export function toTwin(form: TwinForm, poolPrices: Prices): TwinDefinition {
  const { b1, n0, load, loadReference, drift, hourFactors } = form.firstToken;
  const medianMs = form.firstToken.medianMs ?? DEFAULT_MEDIAN_MS;
  const inputTokens = form.firstToken.inputTokens ?? DEFAULT_INPUT_TOKENS;
  const b0 = form.firstToken.b0 ?? Math.log(medianMs) - b1 * Math.log1p(inputTokens / n0);
  return {
    provider: form.provider,
    model: form.model,
    firstToken: {
      b0,
      b1,
      n0,
      load,
      loadReference,
      residual: toResidual(form.firstToken.residual),
      drift,
      hourFactors,
    },
    coldStart: form.coldStart,
    interToken: form.interToken,
    errors: form.errors,
    rateLimit: form.rateLimit,
    prices: {
      inputMicroUsdPerToken: form.prices.inputUsdPerMillion ?? poolPrices.inputMicroUsdPerToken,
      outputMicroUsdPerToken: form.prices.outputUsdPerMillion ?? poolPrices.outputMicroUsdPerToken,
      cacheReadMicroUsdPerToken: form.prices.cacheReadUsdPerMillion ?? poolPrices.cacheReadMicroUsdPerToken,
      cacheWriteMicroUsdPerToken: form.prices.cacheWriteUsdPerMillion ?? poolPrices.cacheWriteMicroUsdPerToken,
      billsAborted: form.prices.billsAborted,
    },
    promptCache: form.promptCache,
  };
}

/** The twin of a model of which nothing is known but its prices: every default of the schema. */
export function unseenTwin(provider: string, model: string, prices: Prices): TwinDefinition {
  return toTwin(twinSchema.parse({ provider, model }), prices);
}
