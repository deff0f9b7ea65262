/** How far the observed rows are from themselves: the floor under every distance from a simulation. */
import { kolmogorovSmirnov } from '../../statistics/kolmogorov-smirnov.ts';
import type { FitMetric } from './goodness.ts';
import type { JudgedRows, Positions } from './judged-rows.ts';

/** Splittings of the time into so many equal blocks, odd ones against even ones. */
const SPLITTINGS = [4, 6, 10, 16, 26] as const;
const HALF_MIN = 10;

/**
 * Mean Kolmogorov-Smirnov distance between the odd and the even blocks, over several lengths of block. It holds the
 * noise of half the rows against the other half and the provider's own ups and downs.
 *
 * @returns null when no splitting leaves enough values in both halves
 */
export function splitHalfKs(judged: JudgedRows, positions: Positions, metric: FitMetric): number | null {
  const values = judged.observed.values[metric];
  const { fromMs, sentAtMs } = judged;
  const spanMs = Math.max(1, judged.toMs - fromMs);
  const distances = SPLITTINGS.flatMap((blocks) => {
    const halves: [number[], number[]] = [[], []];
    for (const position of positions) {
      const value = values[position]!;
      if (Number.isNaN(value)) continue;
      const block = Math.min(blocks - 1, Math.floor(((sentAtMs[position]! - fromMs) / spanMs) * blocks));
      halves[block % 2]!.push(value);
    }
    const isEnough = halves.every(({ length }) => length >= HALF_MIN);
    return isEnough ? (kolmogorovSmirnov(halves[0], halves[1]) ?? []) : [];
  });
  return distances.length === 0 ? null : distances.reduce((sum, ks) => sum + ks, 0) / distances.length;
}
