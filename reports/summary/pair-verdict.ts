/** What a paired difference allows one to say, and no more. */
import type { Comparison, PairedDifference } from '../../simulator/result.ts';
import type { Metric } from '../metrics.ts';

/**
 * `better`, `worse`: the 95 % interval lies wholly on that side of zero. `unclear`: it contains or touches
 * zero. `untested`: the pair has no interval. `neutral`: it differs, but the metric has no good direction.
 */
export type Verdict = 'better' | 'worse' | 'unclear' | 'neutral' | 'untested';

/** Below this many blocks a bootstrap interval is itself uncertain, and the report says so. */
export const FEW_BLOCKS = 10;

/** What the difference says of `pair.a` against `pair.b`. */
export function verdictOf(pair: PairedDifference, metric: Metric): Verdict {
  const { difference, low95, high95 } = pair;
  if (difference === null || low95 === null || high95 === null) return 'untested';
  if (low95 <= 0 && high95 >= 0) return 'unclear';
  if (metric.better === null) return 'neutral';
  return low95 > 0 === (metric.better === 'higher') ? 'better' : 'worse';
}

/** The pair as seen from `a`, whichever way round it was computed; `null` when the two were not compared. */
export function findPair(comparison: Comparison, metricKey: string, a: string, b: string): PairedDifference | null {
  for (const pair of comparison.paired) {
    if (pair.metric !== metricKey) continue;
    if (pair.a === a && pair.b === b) return pair;
    if (pair.a === b && pair.b === a) return turned(pair);
  }
  return null;
}

function turned(pair: PairedDifference): PairedDifference {
  return {
    ...pair,
    a: pair.b,
    b: pair.a,
    difference: negated(pair.difference),
    low95: negated(pair.high95),
    high95: negated(pair.low95),
  };
}

/** Without a negative zero, which JSON would keep as 0 and people would read as a sign. */
function negated(value: number | null): number | null {
  return value === null ? null : 0 - value;
}
