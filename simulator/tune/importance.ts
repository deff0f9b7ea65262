/**
 * How much each knob decides: the share of the variance of the policies' ranks that the knob explains alone, by cutting
 * its range into bins of equally many policies (the correlation ratio, an estimate of Sobol's first-order index), less what
 * chance would explain (epsilon squared; T. L. Kelley, PNAS 21, 1935). Ranks, because one hopeless policy would own all the
 * variance otherwise; and only policies that were spread over the space, not those that CMA-ES crowded together.
 */
import type { Knob } from '../../src/config/policy-knobs.ts';
import { byStanding, type Trialed } from './trial-book.ts';
import type { KnobImportance } from './tuning-result.ts';

export const IMPORTANCE_METHOD =
  'share of the variance of the ranks of the Sobol policies that the knob explains alone, over bins of equal size, less chance (epsilon squared)';

const BINS = 6;
const PER_BIN_MIN = 4;

/** @param trialed any; those of the Sobol sequence on the smallest rung that most of them share are used */
export function knobImportance(knobs: readonly Knob[], trialed: readonly Trialed[]): readonly KnobImportance[] {
  const ranked = trialed.toSorted(byStanding);
  return knobs
    .map((knob) => ({ path: knob.path, importance: explainedShare(binsOf(knob, ranked), ranked.length) }))
    .sort((a, b) => b.importance - a.importance || (a.path < b.path ? -1 : 1));
}

/** The ranks of each bin's policies. */
function binsOf({ path, choices }: Knob, ranked: readonly Trialed[]): readonly number[][] {
  const points = ranked.map(({ knobs }, rank) => ({ value: knobs[path]!, rank }));
  if (choices !== null) {
    return choices.map((choice) => points.filter(({ value }) => value === choice).map(({ rank }) => rank));
  }
  points.sort((a, b) => Number(a.value) - Number(b.value));
  const count = Math.max(1, Math.min(BINS, Math.floor(points.length / PER_BIN_MIN)));
  return Array.from({ length: count }, (_, bin) =>
    points
      .slice(Math.floor((bin * points.length) / count), Math.floor(((bin + 1) * points.length) / count))
      .map(({ rank }) => rank),
  );
}

function explainedShare(bins: readonly number[][], count: number): number {
  const used = bins.filter((bin) => bin.length > 0);
  if (used.length < 2 || count < used.length * PER_BIN_MIN) return 0;
  const mean = (count - 1) / 2;
  let total = 0;
  let within = 0;
  for (const bin of used) {
    const middle = bin.reduce((sum, rank) => sum + rank, 0) / bin.length;
    for (const rank of bin) {
      total += (rank - mean) ** 2;
      within += (rank - middle) ** 2;
    }
  }
  // Kelley's unbiased form: both variances by their degrees of freedom.
  const left = within / (count - used.length) / (total / (count - 1));
  return Math.min(1, Math.max(0, 1 - left));
}
