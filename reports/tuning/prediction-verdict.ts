/** What the interval of a difference between candidate and incumbent allows one to say. */
import { BETTER } from '../../src/config/objective.ts';
import type { Prediction } from '../../simulator/tune/tuning-result.ts';
import { formatPercent, formatSigned } from '../format.ts';
import { objectiveMetric } from './objective-metrics.ts';

export type PredictionVerdict = 'better' | 'worse' | 'unclear' | 'untested';

/** Of the candidate; `unclear` when the 95 % interval holds zero, `untested` when there is none. */
export function predictionVerdict({ metric, difference }: Prediction): PredictionVerdict {
  const { value, low95, high95 } = difference;
  if (value === null || low95 === null || high95 === null) return 'untested';
  if (low95 <= 0 && high95 >= 0) return 'unclear';
  return low95 > 0 === (BETTER[metric] === 'higher') ? 'better' : 'worse';
}

export const VERDICT_WORDS: Readonly<Record<PredictionVerdict, string>> = {
  better: 'clearly better',
  worse: 'clearly worse',
  unclear: 'no clear difference',
  untested: 'not tested',
};

/** `−$0.41 (−12.3 %; 95 % interval −$0.50 to −$0.32)`; shares of the whole where the unit allows it. */
export function differenceWords({ metric, incumbent, difference }: Prediction): string {
  const { format, formatDifference } = objectiveMetric(metric);
  const { value, low95, high95 } = difference;
  const base = format === formatDifference ? (incumbent.value ?? 0) : 0;
  const share = base > 0 && value !== null ? formatSigned(value / base, (ratio) => formatPercent(ratio, 1)) : null;
  const interval =
    low95 === null || high95 === null
      ? null
      : `95\u00a0% interval ${formatSigned(low95, formatDifference)} to ${formatSigned(high95, formatDifference)}`;
  const inBrackets = [share, interval].filter((words) => words !== null).join('; ');
  return `${formatSigned(value, formatDifference)}${inBrackets === '' ? '' : ` (${inBrackets})`}`;
}
