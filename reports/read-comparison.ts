import type { Comparison } from '../simulator/result.ts';
import { comparisonSchema } from './comparison-schema.ts';
import { checkedResult, parseJson } from './checked-result.ts';

const FORM = { kind: 'comparison', advice: 'give a file written by `tokenpool compare --out`' } as const;

/**
 * The result of `compare` from its text; `path` is what messages call it.
 *
 * @throws BadInput, one line with file, field and reason, when it is cut short or something else
 */
export function parseComparison(text: string, path: string): Comparison {
  return checkedResult(parseJson(text, path, FORM.advice), path, comparisonSchema, FORM) as Comparison;
}
