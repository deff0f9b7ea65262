/** Incumbent and candidate over parts of the holdout: an hour, a class. */
import { REQUEST_CLASSES } from '../../src/router/policy.ts';
import { metricsOf, type BlockFigures } from './block-figures.ts';
import type { MetricValues, PartDifference } from './tuning-result.ts';

const HOUR_MS = 3_600_000;

/**
 * @param startsMs arrival of the first request of each block, from the start of the trace; a block that reaches over the
 *   full hour counts where it begins
 * @param seeds that the figures are summed up over
 */
export function byHour(
  incumbent: readonly BlockFigures[],
  candidate: readonly BlockFigures[],
  startsMs: readonly number[],
  seeds: number,
): readonly PartDifference[] {
  const hours = startsMs.map((startMs) => Math.floor(startMs / HOUR_MS));
  return [...new Set(hours)].map((hour) => {
    const ofHour = (blocks: readonly BlockFigures[]): BlockFigures[] =>
      blocks.filter((_, index) => hours[index] === hour);
    return difference(`hour ${hour}`, ofHour(incumbent), ofHour(candidate), seeds);
  });
}

/** @param incumbent figures in the order of `REQUEST_CLASSES` */
export function byClass(
  incumbent: readonly BlockFigures[],
  candidate: readonly BlockFigures[],
  seeds: number,
): readonly PartDifference[] {
  return REQUEST_CLASSES.map((name, index) => ({ name, pair: [incumbent[index]!, candidate[index]!] as const }))
    .filter(({ pair }) => pair.some(({ ended }) => ended > 0))
    .map(({ name, pair: [ofIncumbent, ofCandidate] }) => {
      const part = difference(name, [ofIncumbent], [ofCandidate], seeds);
      return { ...part, incumbent: withoutBudgets(part.incumbent), candidate: withoutBudgets(part.candidate) };
    });
}

function difference(
  part: string,
  incumbent: readonly BlockFigures[],
  candidate: readonly BlockFigures[],
  seeds: number,
): PartDifference {
  return {
    part,
    requests: Math.round(candidate.reduce((sum, { ended }) => sum + ended, 0) / seeds),
    incumbent: metricsOf(incumbent),
    candidate: metricsOf(candidate),
  };
}

/** Budgets are those of all classes together. */
function withoutBudgets({ budget_overshoot: _overshoot, ...rest }: MetricValues): MetricValues {
  return rest;
}
