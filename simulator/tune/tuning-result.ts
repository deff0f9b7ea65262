/** What `tune` finds, as a plain, JSON-safe object: for the page, for `--json`, and for the evidence of the candidate. */
import type { ComparedPolicy, Estimated, Evidence, ParetoPoint, Prediction } from '../../src/config/evidence-schema.ts';
import type { Objective, ObjectiveMetric } from '../../src/config/objective.ts';
import type { Knob, KnobValue } from '../../src/config/policy-knobs.ts';
import type { Policy } from '../../src/router/policy.ts';

export type MetricValues = Readonly<Partial<Record<ObjectiveMetric, number | null>>>;

export type TrialOrigin = 'incumbent' | 'default' | 'baseline' | 'sobol' | 'cma-es' | 'random';

export interface Trial {
  readonly index: number;
  readonly origin: TrialOrigin;
  readonly policyHash: string;
  /** Values of the tuned knobs by path. */
  readonly knobs: Readonly<Record<string, KnobValue>>;
  /** Blocks of the train part that it was replayed on, of `blocks`. */
  readonly blocksSeen: number;
  readonly metrics: MetricValues;
  readonly isFeasible: boolean;
  readonly utility: number;
}

export interface KnobImportance {
  readonly path: string;
  /** Share of the variance of the utility over the trials, 0 to 1. */
  readonly importance: number;
}

/** Utility along one knob, everything else as in the candidate. */
export interface KnobSlice {
  readonly path: string;
  readonly points: readonly { readonly value: KnobValue; readonly utility: number; readonly metrics: MetricValues }[];
}

/** Incumbent and candidate over one part of the holdout: an hour, a class. */
export interface PartDifference {
  readonly part: string;
  readonly requests: number;
  readonly incumbent: MetricValues;
  readonly candidate: MetricValues;
}

export interface TuningResult {
  readonly kind: 'tuning';
  readonly formatVersion: 1;
  readonly coreVersion: string;
  readonly trace: Evidence['trace'];
  readonly scenarios: Evidence['scenarios'];
  readonly seeds: readonly number[];
  readonly objective: Objective;
  readonly knobs: readonly Knob[];
  readonly blocks: number;
  readonly holdoutShare: number;
  readonly incumbent: { readonly name: string; readonly policyHash: string; readonly policy: Policy };
  /** The best that was found, whether it won or not; null: nothing kept within the constraints. */
  readonly candidate: { readonly name: string; readonly policyHash: string; readonly policy: Policy } | null;
  readonly verdict: Evidence['verdict'];
  readonly why: string;
  readonly predicted: Evidence['predicted'];
  readonly tiers: Evidence['tiers'];
  readonly trials: readonly Trial[];
  readonly compared: readonly ComparedPolicy[];
  readonly pareto: readonly ParetoPoint[];
  /** The method is named in `importanceMethod`. */
  readonly importance: readonly KnobImportance[];
  readonly importanceMethod: string;
  readonly slices: readonly KnobSlice[];
  readonly byHour: readonly PartDifference[];
  readonly byClass: readonly PartDifference[];
  /** It was interrupted: this is what was known by then. */
  readonly isPartial: boolean;
  readonly replayedRequests: number;
  readonly command: string;
  readonly wallMs: number;
}

export type { ComparedPolicy, Estimated, Knob, KnobValue, ParetoPoint, Prediction };
