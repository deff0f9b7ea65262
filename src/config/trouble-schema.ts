import * as z from 'zod';
import type { Fault } from '../../simulator/scenario.ts';
import { closedObject } from './closed-object.ts';
import { durationMs, positiveDurationMs } from './duration.ts';

const probability = z.number().min(0).max(1);
const sigma = z.number().min(0).default(1);

/** Ups and downs of a provider that come by chance; medians and spreads of how long each state lasts. */
export const weatherSchema = closedObject({
  provider: z.string(),
  up: closedObject({ medianMs: positiveDurationMs.prefault('6h'), sigma }).prefault({}),
  degraded: closedObject({
    medianMs: positiveDurationMs.prefault('10m'),
    sigma,
    failureProbability: probability.default(0.1),
    latencyFactor: z.number().gt(0).default(2),
  }).prefault({}),
  down: closedObject({
    medianMs: positiveDurationMs.prefault('5m'),
    sigma,
    failureProbability: probability.default(1),
  }).prefault({}),
  upToDegraded: probability.default(0.7),
  degradedToDown: probability.default(0.2),
});

const where = {
  from: durationMs.meta({ description: 'From the start of the run' }),
  to: durationMs,
  provider: z.string().optional().meta({ description: 'Hits all targets of a provider; instead of target' }),
  target: z.string().optional().meta({ description: 'Hits one provider.key.model; instead of provider' }),
};

/** Something that is made to happen between two times. */
export const faultSchema = z
  .discriminatedUnion('kind', [
    closedObject({ ...where, kind: z.literal('down') }),
    closedObject({ ...where, kind: z.literal('failures'), probability }),
    closedObject({
      ...where,
      kind: z.literal('rate-limit-storm'),
      probability: probability.default(1),
      retryAfterMs: durationMs.nullable().default(null),
    }),
    closedObject({ ...where, kind: z.literal('latency'), factor: z.number().gt(0) }),
    closedObject({ ...where, kind: z.literal('price'), factor: z.number().min(0) }),
  ])
  .refine(({ from, to }) => from < to, { path: ['to'], error: 'must be later than from' })
  .refine(({ provider, target }) => (provider === undefined) !== (target === undefined), {
    error: 'give either provider or target',
  });

export type FaultForm = z.output<typeof faultSchema>;

/** The fault as the simulator schedules it. */
export function toFault({ from, to, provider, target, ...what }: FaultForm): Fault {
  return { startMs: from, endMs: to, scope: provider ?? target ?? '', ...what };
}

/** What the clients put up with. */
export const clientsSchema = closedObject({
  firstTokenTimeoutMs: positiveDurationMs.nullable().default(null),
  totalTimeoutMs: positiveDurationMs.nullable().default(null),
  sessions: z.enum(['open', 'wait']).default('open'),
  thinkTime: closedObject({
    medianMs: positiveDurationMs.prefault('10s'),
    sigma: z.number().min(0).default(1),
  }).prefault({}),
});
