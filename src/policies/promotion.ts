/** The life of a policy on a live proxy, and what is kept of it. */
import type { ObjectiveMetric } from '../config/objective.ts';
import type { Evidence } from '../config/evidence-schema.ts';
import type { NamedPolicy } from '../config/load-policy.ts';
import type { Policy } from '../router/policy.ts';

/** A policy under the names by which the log keeps it. */
export type AppliedPolicy = Pick<NamedPolicy, 'name' | 'policy' | 'hash'>;

/** A policy for a share of the sessions. */
export interface AppliedCanary extends AppliedPolicy {
  /** That of the promotion; the draw of the share is keyed by it. */
  readonly id: string;
  /** Of the sessions, above 0 and below 1. */
  readonly share: number;
}

export const STAGES = ['draft', 'staged', 'shadow', 'canary', 'active', 'retired', 'rolled_back'] as const;
export type Stage = (typeof STAGES)[number];

/** Stages in which a candidate is on its way; at most one promotion is in one of them. */
export const OPEN_STAGES: readonly Stage[] = ['staged', 'shadow', 'canary'];

/** How far the canary may be worse than the rest of the traffic before it is rolled back. */
export interface Guards {
  /** Least difference of success ratios, canary less main, e.g. -0.01. */
  readonly successDropMax: number;
  /** The canary's share of requests whose first token is later than main's p95 may be at most 5 % times this. */
  readonly lateFirstTokenFactorMax: number;
  /** Cost per request, canary / main. */
  readonly costFactorMax: number;
  /** Use of any budget rule, 1 = at its limit. */
  readonly budgetUseMax: number;
}

/** What `promote` asks for. */
export interface PromotionPlan {
  /** Length of the shadow stage, ms; 0: none. */
  readonly shadowForMs: number;
  /** Share of sessions, 0 to 1; 0: no canary, straight to active. */
  readonly canaryShare: number;
  /** Length of the canary stage, ms. */
  readonly canaryForMs: number;
  /** A stage does not end well before so many requests were seen by it, the canary's own for that stage. */
  readonly requestsMin: number;
  readonly guards: Guards;
}

/** One step, with who, when and why; a row of the table `transitions`. */
export interface Transition {
  readonly atMs: number;
  readonly promotionId: string;
  readonly policyHash: string;
  readonly policyName: string;
  readonly from: Stage;
  readonly to: Stage;
  /** An operator's name as given, or `proxy`. */
  readonly who: string;
  /** In plain words. */
  readonly why: string;
}

/** How one guard stands. */
export interface GuardReading {
  readonly guard: keyof Guards;
  readonly main: number | null;
  readonly canary: number | null;
  /** The limit that the canary's figure, or its difference or ratio, is held to. */
  readonly limit: number;
  /** Confidence limits that hold at all times together; null: too little was seen. */
  readonly low: number | null;
  readonly high: number | null;
  readonly state: 'too-few' | 'holds' | 'broken';
}

/** Figures of one arm since its stage began. */
export interface ArmFigures {
  readonly requests: number;
  readonly completed: number;
  readonly costUsd: number;
  readonly metrics: Readonly<Partial<Record<ObjectiveMetric, number | null>>>;
}

/** What is kept of one promotion, on disk and for whoever asks. Times are Unix ms in the core's time. */
export interface Promotion {
  readonly id: string;
  readonly policyName: string;
  readonly policyHash: string;
  readonly policy: Policy;
  readonly evidence: Evidence | null;
  readonly incumbentName: string;
  readonly incumbentHash: string;
  /** What was served when it began; a pool that changes under way ends it. */
  readonly pool: Evidence['pool'];
  readonly plan: PromotionPlan;
  readonly stage: Stage;
  readonly stageSinceMs: number;
  /** Of the time since then, what does not count, as the proxy did not run. */
  readonly pausedMs: number;
  readonly transitions: readonly Transition[];
  readonly guards: readonly GuardReading[];
  /** Of the shadow stage: decisions heard, and those in which the candidate chose another target. */
  readonly shadow: { readonly decisions: number; readonly differs: number };
  readonly figures: { readonly main: ArmFigures; readonly canary: ArmFigures };
}
