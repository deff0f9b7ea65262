/** When the log's chance is too little, there is no figure: an estimate that one lucky row carries is worse than none. */
import type { WeightDiagnostics } from './importance-weights.ts';

export const EFFECTIVE_SAMPLE_MIN = 500;
/** Of the rows. */
export const EFFECTIVE_SHARE_MIN = 0.01;
/** Weights average 1 when propensities are right and every choice had a chance: A. Owen, Monte Carlo theory, 2013, 9.3. */
export const MEAN_WEIGHT_LIMITS: readonly [number, number] = [0.95, 1.05];
export const LARGEST_SHARE_MAX = 0.01;

export interface Gate {
  readonly name: 'randomisedShare' | 'effectiveSampleSize' | 'meanWeight' | 'largestWeightShare';
  readonly value: number;
  /** What it must reach (the first two), lie within (a pair), or not exceed (the last). */
  readonly limit: number | readonly [number, number];
  readonly pass: boolean;
}

/** All gates, in the order in which they explain most. */
export function gatesOf(diagnostics: WeightDiagnostics): readonly Gate[] {
  const { rows, randomisedShare, effectiveSampleSize, meanWeight, largestWeightShare } = diagnostics;
  const enough = Math.max(EFFECTIVE_SAMPLE_MIN, EFFECTIVE_SHARE_MIN * rows);
  const [low, high] = MEAN_WEIGHT_LIMITS;
  return [
    { name: 'randomisedShare', value: randomisedShare, limit: 1 / Math.max(1, rows), pass: randomisedShare > 0 },
    { name: 'effectiveSampleSize', value: effectiveSampleSize, limit: enough, pass: effectiveSampleSize >= enough },
    { name: 'meanWeight', value: meanWeight, limit: MEAN_WEIGHT_LIMITS, pass: meanWeight >= low && meanWeight <= high },
    {
      name: 'largestWeightShare',
      value: largestWeightShare,
      limit: LARGEST_SHARE_MAX,
      pass: largestWeightShare <= LARGEST_SHARE_MAX,
    },
  ];
}

/** In words, why there is no figure; null when every gate is passed. */
export function whyNotIdentifiable(
  gates: readonly Gate[],
  { rows, choiceShare, unsupportedShare }: WeightDiagnostics,
): string | null {
  const failed = gates.filter(({ pass }) => !pass);
  if (failed.length === 0) return null;
  if (choiceShare === 0) {
    return `every one of the log's ${rows} choices had one candidate only, so no policy could have chosen otherwise`;
  }
  if (failed.some(({ name }) => name === 'randomisedShare')) {
    return `the log's policy left nothing to chance: each of its ${rows} choices had probability 1, so the log does not show what another choice would have come to`;
  }
  const beyond =
    unsupportedShare > 0
      ? `; with probability ${percent(unsupportedShare)} the policy does what the log's could never have done`
      : '';
  return `${failed.map(inWords).join('; ')}${beyond}`;
}

function inWords({ name, value, limit }: Gate): string {
  switch (name) {
    case 'effectiveSampleSize':
      return `the decisions say as much as ${Math.floor(value)} equally weighted ones, at least ${Math.ceil(Number(limit))} are needed`;
    case 'meanWeight':
      return `the weights average ${value.toFixed(3)} instead of 1 (${MEAN_WEIGHT_LIMITS.join(' to ')} is let pass)`;
    case 'largestWeightShare':
      return `one decision carries ${percent(value)} of all weight, at most ${percent(Number(limit))} is let pass`;
    case 'randomisedShare':
      return 'no choice was left to chance';
  }
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(2))} %`;
}
