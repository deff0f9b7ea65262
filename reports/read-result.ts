import { readFile } from 'node:fs/promises';
import { BadInput } from '../src/config/bad-input.ts';
import { parseCalibration } from './calibration/read-calibration.ts';
import { foundWords, kindOf, parseJson } from './checked-result.ts';
import { parseEstimate } from './estimate/read-estimate.ts';
import { parsePromotion } from './promotion/read-promotion.ts';
import { parseComparison } from './read-comparison.ts';
import type { ReportedResult } from './report-result.ts';
import { parseTuning } from './tuning/read-tuning.ts';

const ADVICE =
  'give a file written by `tokenpool compare --out`, `tokenpool tune --result`, `tokenpool calibrate --result` or `tokenpool estimate --out`';

/**
 * Reads a result that can be reported on; its field `kind` says which it is.
 *
 * @throws BadInput, one line with file, field and reason, when the file is missing, cut short or something else
 */
export async function readResult(path: string): Promise<ReportedResult> {
  const text = await readText(path);
  const value = parseJson(text, path, ADVICE);
  switch (kindOf(value)) {
    case 'comparison':
      return parseComparison(text, path);
    case 'calibration':
      return parseCalibration(text, path);
    case 'tuning':
      return parseTuning(text, path);
    case 'promotion':
      return parsePromotion(text, path);
    case 'estimate':
      return parseEstimate(text, path);
    default:
      throw new BadInput(
        `${path}: kind: is none of comparison, calibration, estimate, tuning and promotion but ${foundWords(value)}; ${ADVICE}`,
      );
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : 'cannot be read';
    throw new BadInput(`${path}: ${reason}; ${ADVICE}`);
  }
}
