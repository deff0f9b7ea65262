/** Rows cut by size and by load: terciles of the input tokens by terciles of the attempts in flight. */
import type { JudgedRows, Positions } from './judged-rows.ts';

/** Fewer rows than this say little of a quantile. */
export const STRATUM_ROWS_MIN = 200;
const BANDS_MAX = 3;

/** Stratum of each row, 0, 1, ..., and how many there are. */
export function strataOf({ rows, inputTokens, othersInFlight }: JudgedRows): {
  readonly count: number;
  readonly ofRow: Uint16Array;
} {
  const bands = Math.max(1, Math.min(BANDS_MAX, Math.floor(Math.sqrt(rows / STRATUM_ROWS_MIN))));
  const sizes = upperEdges(inputTokens, bands);
  const loads = upperEdges(othersInFlight, bands);
  const ofRow = Uint16Array.from({ length: rows }, (_unused, row) => {
    return bandOf(sizes, inputTokens[row]!) * (loads.length + 1) + bandOf(loads, othersInFlight[row]!);
  });
  return { count: (sizes.length + 1) * (loads.length + 1), ofRow };
}

/** Rows of each stratum, in the order of the strata. */
export function positionsByStratum(strata: ReturnType<typeof strataOf>): readonly Positions[] {
  const lists: number[][] = Array.from({ length: strata.count }, () => []);
  strata.ofRow.forEach((stratum, row) => lists[stratum]!.push(row));
  return lists.map((list) => Uint32Array.from(list));
}

/** The largest values of all bands but the last; fewer where many values are equal. */
function upperEdges(values: ArrayLike<number>, bands: number): readonly number[] {
  const sorted = Float64Array.from(values).sort();
  const max = sorted[sorted.length - 1] ?? 0;
  const edges = Array.from(
    { length: bands - 1 },
    (_unused, band) => sorted[Math.ceil(((band + 1) / bands) * sorted.length) - 1]!,
  );
  return [...new Set(edges)].filter((edge) => edge < max);
}

function bandOf(edges: readonly number[], value: number): number {
  const band = edges.findIndex((edge) => value <= edge);
  return band < 0 ? edges.length : band;
}
