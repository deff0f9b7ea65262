/** What `estimate` gives: a plain, JSON-safe object. It is a function of log, policy and seed. */
import type { Interval } from '../statistics/block-bootstrap.ts';
import type { Gate } from './identifiability.ts';
import type { WeightDiagnostics } from './importance-weights.ts';
import type { EstimatedMetric } from './request-metrics.ts';

export interface MetricEstimate {
  readonly metric: EstimatedMetric;
  /** What the log's own policy got on the same requests. */
  readonly logging: Interval;
  /** The following are null unless the estimate is identifiable. */
  readonly ips: Interval | null;
  readonly snips: Interval | null;
  readonly doublyRobust: Interval | null;
  readonly switch: Interval | null;
  /** Weight above which SWITCH-DR trusts the model alone; null: none, it is then the doubly robust one. */
  readonly switchAbove: number | null;
  /** Doubly robust minus logging, paired. */
  readonly difference: Interval | null;
}

/** What would make a log identifiable. */
export interface ExplorationAdvice {
  /** The least exploration rate of the log's policy with which as many decisions would be enough; null: none would. */
  readonly explorationRate: number | null;
  /** The least rate, of the log's own and the common ones (0.02, 0.05, ...), at which a longer log would do, and how long; null: none. */
  readonly longer: { readonly explorationRate: number; readonly decisions: number } | null;
  readonly text: string;
}

export interface PolicyEstimate {
  readonly kind: 'estimate';
  readonly formatVersion: 1;
  /** Path of the log. */
  readonly log: string;
  /** Name and hash of the policy that is judged. */
  readonly policy: string;
  readonly policyHash: string;
  /** Requests that began in the log. */
  readonly requests: number;
  /** First choices whose requests ended: the rows of the estimate. */
  readonly decisions: number;
  readonly gates: readonly Gate[];
  readonly identifiable: boolean;
  readonly reason: string | null;
  readonly advice: ExplorationAdvice | null;
  readonly metrics: readonly MetricEstimate[];
  readonly diagnostics: WeightDiagnostics;
  /** What a person should know, one line each. */
  readonly notes: readonly string[];
}
