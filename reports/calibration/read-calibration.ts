import type { Calibration } from '../../simulator/calibrate/calibration.ts';
import { checkedResult, parseJson } from '../checked-result.ts';
import { calibrationSchema } from './calibration-schema.ts';

const FORM = { kind: 'calibration', advice: 'give a file written by `tokenpool calibrate --result`' } as const;

/**
 * The result of `calibrate` from its text; `path` is what messages call it.
 *
 * @throws BadInput, one line with file, field and reason, when it is cut short or something else
 */
export function parseCalibration(text: string, path: string): Calibration {
  return checkedResult(parseJson(text, path, FORM.advice), path, calibrationSchema, FORM) as Calibration;
}
