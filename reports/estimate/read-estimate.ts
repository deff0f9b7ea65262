import type { PolicyEstimate } from '../../simulator/estimate/policy-estimate.ts';
import { checkedResult, parseJson } from '../checked-result.ts';
import { estimateSchema } from './estimate-schema.ts';

const FORM = { kind: 'estimate', advice: 'give a file written by `tokenpool estimate --out`' } as const;

/**
 * The result of `estimate` from its text; `path` is what messages call it.
 *
 * @throws BadInput, one line with file, field and reason, when it is cut short or something else
 */
export function parseEstimate(text: string, path: string): PolicyEstimate {
  return checkedResult(parseJson(text, path, FORM.advice), path, estimateSchema, FORM) as PolicyEstimate;
}
