/** A client's call, from its arrival to its end. */
import type { TraceRow } from '../../datasets/trace.ts';
import type { RequestClass } from '../../src/router/policy.ts';
import type { Tier } from '../counterfactual/tier-tally.ts';
import type { AttemptPlan } from '../twins/attempt-plan.ts';

/** Nothing was decided about it. */
export const NO_ROUTE_YET = '(undecided)';

export interface ClientCall {
  row: TraceRow;
  /** Place of the row in the trace, from 0. */
  sequence: number;
  arrivedAtMs: number;
  /** Class that the core gave it, once a decision was made. */
  requestClass: RequestClass;
  /** Route that it asked for, once a decision was made; a word in parentheses for none. */
  route: string;
  /** Attempts sent so far; the one in flight, if any, is the last. */
  attempts: number;
  /** It waits in the core, for a target or for the end of a backoff. */
  isWaiting: boolean;
  sentAtMs: number;
  targetIndex: number;
  plan: AttemptPlan | null;
  /** Whose patience ends the attempt, or its own course. */
  endsBy: 'plan' | 'connect' | 'firstToken' | 'idle' | 'total' | 'client';
  wasQueued: boolean;
  /** Of all its attempts, micro-USD. */
  costMicroUsd: number;
  /** Worst tier of evidence among its attempts that have ended; 0 before the first. */
  tier: Tier;
}
