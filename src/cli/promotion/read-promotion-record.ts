/** Reads a promotion as the proxy keeps it: by itself, or one of the list that `GET /admin/policies` gives. */
import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { parseJson } from '../../../reports/checked-result.ts';
import { BadInput } from '../../config/bad-input.ts';
import { evidenceSchema } from '../../config/evidence-schema.ts';
import { policyHash } from '../../config/load-policy.ts';
import { policySchema } from '../../config/policy-schema.ts';
import type { PromotionRecord } from '../../policies/measured-promotion.ts';
import { STAGES } from '../../policies/promotion.ts';

const ADVICE = 'give the answer of `GET /admin/policies`, or one promotion out of it';

const transition = z.looseObject({
  atMs: z.number(),
  promotionId: z.string(),
  policyHash: z.string(),
  policyName: z.string(),
  from: z.enum(STAGES),
  to: z.enum(STAGES),
  who: z.string(),
  why: z.string(),
});

const record = z.looseObject({
  id: z.string().min(1),
  policyName: z.string(),
  policyHash: z.string(),
  policy: policySchema,
  evidence: evidenceSchema.nullable(),
  incumbentName: z.string(),
  incumbentHash: z.string(),
  stage: z.enum(STAGES),
  transitions: z.array(transition),
});

/**
 * @param id which of them; null: the only one
 * @throws BadInput, one line with file, field and reason
 */
export async function readPromotionRecord(path: string, id: string | null): Promise<PromotionRecord> {
  const all = candidatesIn(parseJson(await readFile(path, 'utf8'), path, ADVICE));
  const ids = all.map((each) => each['id']).join(', ');
  if (all.length === 0) throw new BadInput(`${path}: has no promotion; ${ADVICE}`);
  const chosen = id === null ? all : all.filter((each) => each['id'] === id);
  const [only] = chosen;
  if (only === undefined) throw new BadInput(`${path}: has no promotion ${id}; it has ${ids}`);
  if (chosen.length > 1)
    throw new BadInput(`${path}: has ${chosen.length} promotions; name one with --promotion: ${ids}`);
  const result = record.safeParse(only);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new BadInput(`${path}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is not valid'}; ${ADVICE}`);
  }
  checkHashes(path, result.data);
  return result.data;
}

/** A promotion whose evidence is another policy's promises nothing for this one. */
function checkHashes(path: string, { id, policy, policyHash: hash, evidence }: PromotionRecord): void {
  if (policyHash(policy) !== hash) {
    throw new BadInput(
      `${path}: promotion ${id}: its policy does not have the hash that stands beside it; the file was edited`,
    );
  }
  if (evidence !== null && evidence.policyHash !== hash) {
    throw new BadInput(
      `${path}: promotion ${id}: its evidence is that of another policy (${evidence.policyHash.slice(0, 12)})`,
    );
  }
}

/** The document itself, what stands under any of its fields, and what stands in lists, where it looks like a promotion. */
function candidatesIn(value: unknown): Readonly<Record<string, unknown>>[] {
  if (looksLike(value)) return [value];
  if (Array.isArray(value)) return value.filter(looksLike);
  if (typeof value !== 'object' || value === null) return [];
  const found = Object.values(value).flatMap((inner: unknown) => (Array.isArray(inner) ? inner : [inner]));
  const promotions = found.filter(looksLike);
  return promotions.filter((each, index) => promotions.findIndex((other) => other['id'] === each['id']) === index);
}

function looksLike(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === 'object' && value !== null && 'transitions' in value && 'policyHash' in value && 'id' in value
  );
}
