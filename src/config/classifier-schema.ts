/** How requests are told apart and sized for their routes, as a user of the proxy writes it. */
import * as z from 'zod';
import { closedObject } from './closed-object.ts';
import { checkFields, refuseSecondName, synonymFields } from './field-synonyms.ts';
import { ROUTING_NUMBERS } from './policy-schema.ts';

const { longContextThresholdTokens, warnRatio, hardLimit } = ROUTING_NUMBERS;

export const classifierSchema = closedObject({
  longContextThresholdTokens: longContextThresholdTokens.optional(),
  backgroundKeywords: z
    .array(z.string().trim().min(1))
    .default(['background', 'context dump'])
    .meta({ description: 'Words in the latest message that send a request the route background' }),
});

const CONTEXT_ROUTING_SYNONYMS = {
  ...synonymFields('warnRatio', ['warn_ratio'], warnRatio),
  ...synonymFields('hardLimit', ['hard_limit'], hardLimit),
};

export const contextRoutingSchema = closedObject(
  { warnRatio: warnRatio.optional(), hardLimit: hardLimit.optional(), ...CONTEXT_ROUTING_SYNONYMS },
  Object.keys(CONTEXT_ROUTING_SYNONYMS),
).superRefine(
  checkFields((form, report) => {
    refuseSecondName(form, ['warnRatio', 'warn_ratio'], report);
    refuseSecondName(form, ['hardLimit', 'hard_limit'], report);
  }),
);

export type ClassifierForm = z.output<typeof classifierSchema>;
export type ContextRoutingForm = z.output<typeof contextRoutingSchema>;
