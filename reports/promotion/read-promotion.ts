import type { MeasuredPromotion } from '../../src/policies/measured-promotion.ts';
import { checkedResult, parseJson } from '../checked-result.ts';
import { promotionSchema } from './promotion-schema.ts';

const FORM = {
  kind: 'promotion',
  advice: 'give the part `promotion` of a report.json that `tokenpool report --log` wrote',
} as const;

/**
 * A measured promotion from its text; `path` is what messages call it.
 *
 * @throws BadInput, one line with file, field and reason, when it is cut short or something else
 */
export function parsePromotion(text: string, path: string): MeasuredPromotion {
  return checkedResult(parseJson(text, path, FORM.advice), path, promotionSchema, FORM) as MeasuredPromotion;
}
