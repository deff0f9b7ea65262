import type { TuningResult } from '../../simulator/tune/tuning-result.ts';
import { checkedResult, parseJson } from '../checked-result.ts';
import { tuningSchema } from './tuning-schema.ts';

const FORM = { kind: 'tuning', advice: 'give a file written by `tokenpool tune --result`' } as const;

/**
 * The result of `tune` from its text; `path` is what messages call it.
 *
 * @throws BadInput, one line with file, field and reason, when it is cut short or something else
 */
export function parseTuning(text: string, path: string): TuningResult {
  return checkedResult(parseJson(text, path, FORM.advice), path, tuningSchema, FORM) as TuningResult;
}
