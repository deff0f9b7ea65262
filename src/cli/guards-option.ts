import { BadInput } from '../config/bad-input.ts';
import { validateValue } from '../config/yaml-file.ts';
import { guardsSchema } from '../policies/promotion-schema.ts';
import type { Guards } from '../policies/promotion.ts';

interface GuardWord {
  readonly field: keyof Guards;
  readonly comparison: '<=' | '>=';
  readonly value: number;
}

/** What is on the command line for each guard, and its value unless told. */
const WORDS: Readonly<Record<string, GuardWord>> = {
  success: { field: 'successDropMax', comparison: '>=', value: -0.01 },
  'first-token': { field: 'lateFirstTokenFactorMax', comparison: '<=', value: 2 },
  cost: { field: 'costFactorMax', comparison: '<=', value: 1.1 },
  budget: { field: 'budgetUseMax', comparison: '<=', value: 1 },
};

export const DEFAULT_GUARDS_TEXT = Object.entries(WORDS)
  .map(([word, { comparison, value }]) => `${word}${comparison}${value}`)
  .join(',');

/** The word of a guard, for people. */
export function guardWord(field: keyof Guards): string {
  return Object.keys(WORDS).find((word) => WORDS[word]!.field === field) ?? field;
}

/**
 * Guards from a text such as `success>=-0.01,cost<=1.2`; what it leaves out is as usual.
 *
 * @throws BadInput for an unknown guard, the wrong comparison or a value that cannot be
 */
export function parseGuards(text: string): Guards {
  const values: Record<string, number> = {};
  for (const { field, value } of Object.values(WORDS)) values[field] = value;
  for (const part of text.split(',')) {
    const found = /^\s*([a-z-]+)\s*(<=|>=)\s*(-?[\d.]+)\s*$/.exec(part);
    const guard = found === null ? undefined : WORDS[found[1]!];
    if (found === null || guard === undefined || guard.comparison !== found[2]) {
      throw new BadInput(`--guard: "${part.trim()}" is no guard; they look like ${DEFAULT_GUARDS_TEXT}`);
    }
    values[guard.field] = Number(found[3]);
  }
  return validateValue('--guard', values, guardsSchema);
}
