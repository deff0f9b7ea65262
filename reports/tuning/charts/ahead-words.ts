import { BETTER, type ObjectiveMetric } from '../../../src/config/objective.ts';
import type { PartDifference } from '../../../simulator/tune/tuning-result.ts';
import { objectiveMetric } from '../objective-metrics.ts';

/** In how many hours or classes the candidate is ahead, as a title. */
export function aheadWords(
  parts: readonly PartDifference[],
  metric: ObjectiveMetric | undefined,
  of: 'hour' | 'class',
): string {
  const many = of === 'hour' ? 'hours' : 'classes';
  if (metric === undefined) return `Nothing was compared by ${of}`;
  const differences = parts.flatMap((part) => {
    const [from, to] = [part.incumbent[metric] ?? null, part.candidate[metric] ?? null];
    return from === null || to === null ? [] : [BETTER[metric] === 'lower' ? from - to : to - from];
  });
  if (differences.length === 0) return `Nothing was compared by ${of}`;
  const ahead = differences.filter((difference) => difference > 0).length;
  const behind = differences.filter((difference) => difference < 0).length;
  return `In ${objectiveMetric(metric).noun} the candidate is ahead in ${ahead} of ${differences.length} ${many}, behind in ${behind}`;
}
