/** The result of `calibrate`: plain, JSON-safe data that the command prints and the report draws. */
import type { Goodness } from './goodness/goodness.ts';
import type { ErrorFit, LatencyFit, PriceFit, PromptCacheFit, RateLimitFit, TroubleFit } from './fitted-twin.ts';

/** What is known of one model at one provider. */
export interface CalibratedTwin {
  readonly provider: string;
  readonly model: string;
  /** Rows on which it was fitted. */
  readonly attempts: number;
  readonly latency: LatencyFit;
  readonly errors: ErrorFit;
  readonly rateLimit: RateLimitFit;
  readonly prices: PriceFit;
  readonly promptCache: PromptCacheFit;
}

/** A part of the log in time; ms as in the table. */
export interface LogPart {
  readonly rows: number;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Calibration {
  readonly kind: 'calibration';
  readonly formatVersion: 1;
  readonly coreVersion: string;
  readonly source: {
    /** The log's path. */
    readonly name: string;
    readonly attempts: number;
    /** Null where the log does not say which attempts belong together. */
    readonly requests: number | null;
    readonly fromMs: number;
    readonly toMs: number;
    /** Unix time of 0, ms; null where nobody knows. */
    readonly startedAtMs: number | null;
  };
  /** Parameters come from `fit`, choices between families from `validate`; `holdout` is looked at once, at the end. */
  readonly split: { readonly fit: LogPart; readonly validate: LogPart; readonly holdout: LogPart };
  readonly twins: readonly CalibratedTwin[];
  readonly troubles: readonly TroubleFit[];
  readonly goodness: { readonly validate: Goodness; readonly holdout: Goodness };
  /** What a person should know of the whole, one line each. */
  readonly notes: readonly string[];
  /** The scenario that was written; null for none. */
  readonly scenarioPath: string | null;
  readonly command: string;
  readonly wallMs: number;
}
