/** Which targets get a panel of their own in the small multiples. */
import type { FitMetric, Goodness, GroupFit, PicturedFit } from '../../../simulator/calibrate/goodness/goodness.ts';
import { metricOf } from '../judgement.ts';

/** More panels than this are not looked at; the others are in the tables. */
const PANELS_MAX = 12;
/** Fewer values make no picture. */
const VALUES_MIN = 20;

export interface DrawnTarget {
  readonly name: string;
  readonly group: GroupFit;
  readonly fit: PicturedFit;
}

/** Targets with enough values of a metric, in the order of their ids; those with most values where they are many. */
export function drawnTargets(goodness: Goodness, metric: FitMetric): readonly DrawnTarget[] {
  const all = goodness.targets.flatMap((group) => {
    const fit = metricOf(group, metric);
    return fit === null || fit.observed < VALUES_MIN || fit.quantilePairs.length === 0
      ? []
      : [{ name: group.target ?? 'all targets', group, fit }];
  });
  const most = [...all].sort((a, b) => b.fit.observed - a.fit.observed).slice(0, PANELS_MAX);
  return all.filter((target) => most.includes(target));
}

/** Said under the title where some were left out. */
export function leftOutWords(goodness: Goodness, drawn: readonly DrawnTarget[]): string {
  const left = goodness.targets.length - drawn.length;
  return left === 0
    ? ''
    : ` Targets with too few values are left out, and so are those beyond the ${PANELS_MAX} busiest.`;
}
