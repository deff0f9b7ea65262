/** What the pool and its threads say to each other. */
import type { SharedTrace } from '../../../datasets/shared-trace.ts';
import type { RecordedMode } from '../../../simulator/counterfactual/settle-from-recording.ts';
import type { Scenario } from '../../../simulator/scenario.ts';
import type { ReplayFigures } from '../../../simulator/tune/block-figures.ts';
import type { PolicyReplay } from '../../../simulator/tune/policy-replay.ts';

/** Outcomes of a log, which each thread reads for itself: their tables hold functions and cannot be shared. */
export interface RecordedAt {
  readonly path: string;
  readonly mode: RecordedMode;
  readonly shiftMs: number;
}

export interface WorkerSettings {
  readonly trace: SharedTrace;
  /** By the place that `PolicyReplay.variant` names. */
  readonly scenarios: readonly Scenario[];
  readonly recorded: RecordedAt | null;
}

export interface ToWorker {
  readonly id: number;
  readonly replay: PolicyReplay;
}

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly id: number; readonly figures: ReplayFigures }
  | { readonly kind: 'failed'; readonly message: string; readonly isBadInput: boolean };
