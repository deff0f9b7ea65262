import * as z from 'zod';
import type { Residual } from '../../simulator/scenario.ts';
import { HOSTED_LLM_RESIDUALS } from '../../simulator/twins/residual-samples.ts';
import { closedObject } from './closed-object.ts';

/** Sample sets that `samples` may name. */
const SAMPLE_SETS = { 'hosted-llm': HOSTED_LLM_RESIDUALS } as const;

const positive = z.number().gt(0);

const mixtureComponent = closedObject({
  weight: positive.max(1),
  median: positive,
  sigma: z.number().min(0),
});

/** The noise on the time to first token. */
export const residualSchema = z.discriminatedUnion('kind', [
  closedObject({ kind: z.literal('constant') }),
  closedObject({ kind: z.literal('exponential') }),
  closedObject({
    kind: z.literal('empirical'),
    samples: z.union([z.enum(['hosted-llm']), z.array(positive).min(2)], {
      error: 'expected hosted-llm, or a list of at least two numbers above 0',
    }),
  }),
  closedObject({
    kind: z.literal('lognormal-mixture'),
    components: z
      .array(mixtureComponent)
      .min(1)
      .refine((components) => Math.abs(components.reduce((sum, { weight }) => sum + weight, 0) - 1) < 1e-6, {
        error: 'the weights must sum to 1',
      }),
  }),
]);

export type ResidualForm = z.output<typeof residualSchema>;

/** The residual as the twins draw from it: samples looked up by name, and sorted. */
export function toResidual(form: ResidualForm): Residual {
  if (form.kind !== 'empirical') return form;
  const samples = typeof form.samples === 'string' ? SAMPLE_SETS[form.samples] : form.samples;
  return { kind: 'empirical', samples: [...samples].sort((a, b) => a - b) };
}
