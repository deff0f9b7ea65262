import type { Calibration } from '../simulator/calibrate/calibration.ts';
import type { PolicyEstimate } from '../simulator/estimate/policy-estimate.ts';
import type { Comparison } from '../simulator/result.ts';
import type { TuningResult } from '../simulator/tune/tuning-result.ts';
import type { MeasuredPromotion } from '../src/policies/measured-promotion.ts';
import type { LabResult } from './lab/lab-result.ts';

/** What a report can be made of; `kind` says which. */
export type ReportedResult = Comparison | Calibration | PolicyEstimate | TuningResult | MeasuredPromotion | LabResult;
