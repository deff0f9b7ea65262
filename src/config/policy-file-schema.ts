import { evidenceSchema } from './evidence-schema.ts';
import { policySchema } from './policy-schema.ts';

/** A policy file may say what speaks for the policy; that is no part of it. */
export const policyFileSchema = policySchema.extend({ evidence: evidenceSchema.optional() });
