/**
 * What came of a promotion beside what was promised: a plain, JSON-safe object that the report reads. Ratios are 0 to 1,
 * times in ms, money in USD, moments in Unix ms of the core's time.
 */
import type { Estimated, Evidence } from '../config/evidence-schema.ts';
import type { ObjectiveMetric } from '../config/objective.ts';
import type { RequestClass } from '../router/policy.ts';
import type { Promotion, Stage } from './promotion.ts';

/** Of a promotion, what the comparison needs; whatever else the proxy keeps of it may be there too. */
export type PromotionRecord = Pick<
  Promotion,
  | 'id'
  | 'policyName'
  | 'policyHash'
  | 'policy'
  | 'evidence'
  | 'incumbentName'
  | 'incumbentHash'
  | 'stage'
  | 'transitions'
>;

/**
 * `inside`: the measured value lies where it was to be expected. `overlapping`: it does not, but the intervals of
 * prediction and measurement meet. `above`, `below`: they do not meet. `unknown`: one of the two is not known.
 */
export type Agreement = 'inside' | 'overlapping' | 'above' | 'below' | 'unknown';

/** One metric, as the candidate's hold-out promised it and as the log has it. */
export interface MeasuredMetric {
  readonly metric: ObjectiveMetric;
  readonly predicted: Estimated;
  /** Where the measured value is to be expected if the prediction holds: its luck and that of the prediction together. */
  readonly expected: Estimated;
  readonly measured: Estimated;
  readonly agreement: Agreement;
}

/** Candidate less incumbent: promised, and as measured side by side during the canary. */
export interface MeasuredDifference {
  readonly metric: ObjectiveMetric;
  readonly predicted: Estimated;
  readonly measured: Estimated;
}

/** What kind of traffic it was; null where nobody knows. */
export interface TrafficFigures {
  readonly requests: number;
  readonly spanMs: number;
  readonly requestsPerHour: number | null;
  /** Share of the requests in each class. */
  readonly classes: Readonly<Record<RequestClass, number>> | null;
  readonly inputTokensMean: number | null;
}

/** How many requests of one arm began in the window, and how they ended. */
export interface MeasuredArm {
  readonly name: string;
  readonly policyHash: string;
  readonly requests: number;
  readonly completed: number;
  readonly rejected: number;
  readonly cancelled: number;
  /** No end of them is in the log. */
  readonly open: number;
}

export interface MeasuredPromotion {
  readonly kind: 'promotion';
  readonly formatVersion: 1;
  readonly promotion: Omit<PromotionRecord, 'policy' | 'evidence'>;
  readonly evidence: Evidence;
  /** Path of the log. */
  readonly log: string;
  readonly logCoreVersion: string;
  /** Requests that began from `fromMs` on and before `toMs`. */
  readonly window: {
    readonly fromMs: number;
    readonly toMs: number;
    /** Those that it had in the window, in order. */
    readonly stages: readonly Stage[];
    /** It serves no longer. */
    readonly isOver: boolean;
  };
  readonly candidate: MeasuredArm;
  /** Who served beside it in the window; null when nobody did. */
  readonly main: MeasuredArm | null;
  /** Blocks of consecutive arrivals that were resampled. */
  readonly blocks: number;
  readonly metrics: readonly MeasuredMetric[];
  /** Empty without anybody beside it. */
  readonly differences: readonly MeasuredDifference[];
  readonly traffic: {
    /** All requests of the window, whoever served them. */
    readonly now: TrafficFigures;
    /** What the candidate was tuned on; classes and tokens are known when the trace itself was given. */
    readonly trace: TrafficFigures;
    /** The log before the window; null when it begins with it. */
    readonly before: TrafficFigures | null;
  };
  readonly seed: number;
  /** What a person should know, one line each. */
  readonly notes: readonly string[];
  readonly command: string;
}
