import type { MeasuredPromotion } from '../../src/policies/measured-promotion.ts';
import type { Calibration } from '../../simulator/calibrate/calibration.ts';
import type { Comparison } from '../../simulator/result.ts';
import type { TuningResult } from '../../simulator/tune/tuning-result.ts';

/** Traffic that the live proxy served. */
export interface ServedTraffic {
  readonly policy: string;
  readonly sent: number;
  readonly answered: number;
  /** ms on the wall. */
  readonly wallMs: number;
}

/** How the promotion ended; `measured` is null when the candidate never served alone. */
export interface LabPromotion {
  readonly id: string;
  readonly policyName: string;
  readonly stage: string;
  readonly why: string;
  readonly measured: MeasuredPromotion | null;
}

/** The whole loop: served, logged, repeated, fitted, compared, tuned, promoted, served and measured again. */
export interface LabResult {
  readonly kind: 'lab';
  readonly scenario: string;
  /** Scenario time in time on the wall. */
  readonly speed: number;
  /** In the order in which it was served. */
  readonly served: readonly ServedTraffic[];
  /** Of both runs together. */
  readonly parity: { readonly decisions: number; readonly identical: number };
  readonly calibration: Calibration;
  readonly comparison: Comparison;
  readonly tuning: TuningResult;
  /** Null when no better policy was found. */
  readonly promotion: LabPromotion | null;
  readonly command: string;
  readonly wallMs: number;
}
