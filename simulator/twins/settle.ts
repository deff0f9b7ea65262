import type { AttemptPlan, AttemptRequest } from './attempt-plan.ts';
import type { Pricing } from './pricing.ts';

/** An attempt at a twin, and what the twin makes of it. */
export interface TwinAttempt {
  readonly request: AttemptRequest;
  /** 1, 2, ... */
  readonly attempt: number;
  readonly nowMs: number;
  /** At the provider's model, over all keys. */
  readonly othersInFlight: number;
  /** Input that the prompt cache holds, and what the attempt would add to it; also of what the twin refuses. */
  readonly readTokens: number;
  readonly writeTokens: number;
  readonly pricing: Pricing;
  readonly ofTwin: AttemptPlan;
}

/**
 * Says what an attempt comes to: the twin's plan, or another. The fleet goes by the answer in everything that it keeps:
 * attempts in flight, prompt caches, rate limits.
 */
export type Settle = (attempt: TwinAttempt) => AttemptPlan;
