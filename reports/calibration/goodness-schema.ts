/** The form of a judgement as far as the report reads it. */
import { z } from 'zod';

const count = z.number().int().min(0);
const amount = z.number().min(0);
const ratio = z.number().min(0).max(1);
const orNull = z.number().nullable();

const range = z.object({ min: z.number(), max: z.number() });

const figure = z.object({
  observed: orNull,
  simulated: orNull,
  simulatedMin: orNull,
  simulatedMax: orNull,
  difference: orNull,
});

const distribution = z.object({
  metric: z.enum(['firstTokenMs', 'durationMs', 'msPerToken']),
  observed: count,
  simulated: count,
  quantiles: z.array(
    z.object({
      probability: ratio,
      observed: orNull,
      simulated: orNull,
      simulatedMin: orNull,
      simulatedMax: orNull,
      relativeError: orNull,
      low95: orNull,
      high95: orNull,
    }),
  ),
  ks: ratio.nullable(),
  splitHalfKs: ratio.nullable(),
  replicateKs: z.object({ mean: ratio, max: ratio }).nullable(),
});

const group = z.object({
  target: z.string().nullable(),
  rows: count,
  metrics: z.array(
    distribution.extend({
      rankCounts: z.array(count).length(20),
      quantilePairs: z.array(z.object({ probability: ratio, observed: amount, simulated: amount })),
    }),
  ),
  successRatio: figure,
  failureRatio: figure,
  limited: figure,
  costMicroUsd: figure,
  minutes: count,
  autocorrelation: z.array(
    z.object({
      lag: count,
      observed: orNull,
      simulated: orNull,
      simulatedMin: orNull,
      simulatedMax: orNull,
    }),
  ),
});

/** `Goodness` of simulator/calibrate/goodness/goodness.ts. */
export const goodnessSchema = z.object({
  rows: count,
  fromMs: z.number(),
  toMs: z.number(),
  replicates: count,
  blocks: count,
  blockMs: amount,
  all: group,
  targets: z.array(group),
  strata: z.array(
    z.object({
      inputTokens: range,
      othersInFlight: range,
      rows: count,
      metrics: z.array(distribution),
      failureRatio: figure,
    }),
  ),
  rowsInSmallStrata: count,
  reliability: z.array(z.object({ rows: count, simulated: ratio, observed: ratio, low95: orNull, high95: orNull })),
});
