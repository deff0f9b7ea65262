/** Tunings at the edge of what a search can give. */
import type { Prediction, TuningResult } from '../../../simulator/tune/tuning-result.ts';
import { fixtureTuning } from './fixture-tuning.ts';

const NOTHING = { value: null, low95: null, high95: null };

/** Each with its name and what makes it of the whole one. */
export const DEGENERATE: readonly (readonly [string, (whole: TuningResult) => TuningResult])[] = [
  [
    'an interrupted search',
    (whole) => ({ ...whole, isPartial: true, verdict: 'no-better', why: 'it was interrupted' }),
  ],
  [
    'no candidate',
    (whole) => ({
      ...whole,
      candidate: null,
      verdict: 'no-better',
      why: 'no policy kept within the limits',
      predicted: { train: [], holdout: [] },
      slices: [],
      byHour: [],
      byClass: [],
      tiers: { T1: 0, T2: 0, T3: 0 },
    }),
  ],
  [
    'a search that was stopped at once',
    (whole) => ({
      ...whole,
      candidate: null,
      verdict: 'no-better',
      why: 'nothing was tried',
      isPartial: true,
      trials: [],
      compared: [],
      pareto: [],
      importance: [],
      importanceMethod: 'none, for want of trials',
      slices: [],
      byHour: [],
      byClass: [],
      predicted: { train: [], holdout: [] },
      replayedRequests: 0,
    }),
  ],
  [
    'a candidate that is the incumbent',
    (whole) => ({ ...whole, candidate: whole.incumbent, verdict: 'no-better', why: 'the incumbent is the best' }),
  ],
  [
    'nothing that was answered',
    (whole) => ({
      ...whole,
      predicted: { train: whole.predicted.train.map(silent), holdout: whole.predicted.holdout.map(silent) },
      trials: whole.trials.map((trial) => ({
        ...trial,
        utility: null as unknown as number,
        metrics: { cost: 0, success: 0, p95_first_token_ms: null },
      })),
      compared: whole.compared.map((policy) => ({ ...policy, metrics: { cost: 0, p95_first_token_ms: null } })),
      pareto: [],
      slices: whole.slices.map((slice) => ({
        ...slice,
        points: slice.points.map((point) => ({ ...point, utility: null as unknown as number })),
      })),
      byHour: whole.byHour.map((part) => ({ ...part, incumbent: { cost: null }, candidate: { cost: null } })),
    }),
  ],
  [
    'no limits, several goals and one knob',
    (whole) => ({
      ...whole,
      objective: { utility: { cost: -1, p95_first_token_ms: -0.001, budget_overshoot: -10 }, subjectTo: [] },
      knobs: whole.knobs.slice(0, 1),
      importance: whole.importance.slice(0, 1),
      slices: whole.slices.slice(0, 1),
    }),
  ],
  [
    'a single hour, a single class and one point a slice',
    (whole) => ({
      ...whole,
      byHour: whole.byHour.slice(0, 1),
      byClass: whole.byClass.slice(0, 1),
      slices: whole.slices.map((slice) => ({ ...slice, points: slice.points.slice(0, 1) })),
      pareto: whole.pareto.slice(0, 1),
      trials: whole.trials.slice(0, 1),
    }),
  ],
];

function silent(prediction: Prediction): Prediction {
  return { ...prediction, incumbent: NOTHING, candidate: NOTHING, difference: NOTHING };
}

/** A degenerate one by its making, as it would be read from a file. */
export async function degenerate(make: (whole: TuningResult) => TuningResult): Promise<TuningResult> {
  return JSON.parse(JSON.stringify(make(await fixtureTuning()))) as TuningResult;
}
