/**
 * Ranks of observed values among the replicates of the same row (J. Hamill, "Interpretation of Rank Histograms",
 * Monthly Weather Review 129, 2001; the probability integral transform of A. P. Dawid, JRSS A 147, 1984, where the
 * forecast is a sample). Were the scenario the truth, each rank would be as likely as any other.
 */
import { DRAW_PURPOSE_OUTSIDE_ROUTER, drawUniform } from '../../../src/router/keyed-draw.ts';
import { FIT_METRICS, type FitMetric } from './goodness.ts';
import type { JudgedRows, Positions } from './judged-rows.ts';

const RANK_PURPOSE = DRAW_PURPOSE_OUTSIDE_ROUTER + 441;
const RANK_BINS = 20;

/**
 * Counts of (below + u (ties + 1)) / (replicates + 1) in 20 bins, u uniform: within its rank, and among equal values,
 * an observation is put anywhere. Rows without a value on either side are left out.
 */
export function rankCounts(judged: JudgedRows, positions: Positions, metric: FitMetric): readonly number[] {
  const counts = Array.from({ length: RANK_BINS }, () => 0);
  const observed = judged.observed.values[metric];
  const columns = judged.replicates.map(({ values }) => values[metric]);
  const salt = FIT_METRICS.indexOf(metric);
  for (const position of positions) {
    const value = observed[position]!;
    if (Number.isNaN(value)) continue;
    let below = 0;
    let ties = 0;
    let values = 0;
    for (const column of columns) {
      const simulated = column[position]!;
      if (Number.isNaN(simulated)) continue;
      values++;
      if (simulated < value) below++;
      else if (simulated === value) ties++;
    }
    if (values === 0) continue;
    const uniform = drawUniform(judged.seed, position, salt, RANK_PURPOSE);
    const share = (below + uniform * (ties + 1)) / (values + 1);
    counts[Math.min(RANK_BINS - 1, Math.floor(share * RANK_BINS))]! += 1;
  }
  return counts;
}
