/** The form of an estimate as far as the report reads it. */
import { z } from 'zod';

const count = z.number().int().min(0);
const ratio = z.number().min(0).max(1);
const orNull = z.number().nullable();

const interval = z.object({ value: orNull, low95: orNull, high95: orNull });

const metric = z.object({
  metric: z.enum(['successRatio', 'costUsdPer1kRequests', 'firstTokenMs', 'firstTokenWithin2s']),
  logging: interval,
  ips: interval.nullable(),
  snips: interval.nullable(),
  doublyRobust: interval.nullable(),
  switch: interval.nullable(),
  switchAbove: orNull,
  difference: interval.nullable(),
});

const gate = z.object({
  name: z.enum(['randomisedShare', 'effectiveSampleSize', 'meanWeight', 'largestWeightShare']),
  value: z.number(),
  limit: z.union([z.number(), z.tuple([z.number(), z.number()])]),
  pass: z.boolean(),
});

/** `PolicyEstimate` of simulator/estimate/policy-estimate.ts. Fields that it does not know are kept. */
export const estimateSchema = z.looseObject({
  kind: z.literal('estimate'),
  formatVersion: z.literal(1),
  log: z.string(),
  policy: z.string(),
  policyHash: z.string(),
  requests: count,
  decisions: count,
  gates: z.array(gate),
  identifiable: z.boolean(),
  reason: z.string().nullable(),
  advice: z.object({ text: z.string() }).nullable(),
  metrics: z.array(metric).min(1),
  diagnostics: z.object({ effectiveSampleSize: z.number().min(0), unsupportedShare: ratio, choiceShare: ratio }),
  notes: z.array(z.string()),
});
