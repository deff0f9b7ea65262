/**
 * What another policy would decide: the same filters, scores and pickers on the same state, at the same moment, without
 * effect. The state itself is that of the policy in force: it says which targets rest, what is believed of them and
 * what is in flight, so a shadow that differs in health, retries, rate limits or half-life is seen only in what it
 * would do here and now, not in where it would have led. A request keeps the route that the policy in force found.
 */
import type { Decision, DecisionCause, RouterRequest } from './contract.ts';
import { chooseTarget, recordDecision } from './decide.ts';
import { classifyRequest, prioritise } from './features/classify-request.ts';
import type { Policy } from './policy.ts';
import { weightRowOf } from './score/class-weights.ts';
import type { PendingRequest } from './state/pending-request.ts';
import { createShadowState, type RouterState } from './state/router-state.ts';

/**
 * Told of each decision of the router, and of what the shadow would have decided instead, both with the same draws.
 * The shadow's decision is explained. Nothing may be fed to the router from here.
 *
 * @param attempt that was decided on, from 1
 */
export type HearShadow = (
  request: RouterRequest,
  attempt: number,
  real: Decision,
  shadow: Decision,
  nowMs: number,
) => void;

export class Shadow {
  private readonly state: RouterState;
  private readonly hear: HearShadow;

  constructor(real: RouterState, policy: Policy, seed: number, hear: HearShadow) {
    this.state = createShadowState(real, policy, seed);
    this.hear = hear;
  }

  /** To be called after the router has decided, and before anything of that takes effect. */
  decide(pending: PendingRequest, cause: DecisionCause, real: Decision, nowMs: number): void {
    const asked = this.asTheShadowSees(pending);
    chooseTarget(this.state, asked, nowMs);
    const decision = recordDecision(this.state, asked, cause, nowMs, true);
    this.hear(pending.request, pending.attempts + 1, real, decision, nowMs);
  }

  /** Class, priority and what is reserved are matters of the policy. */
  private asTheShadowSees(pending: PendingRequest): PendingRequest {
    const { policy, pool } = this.state;
    const { request, clientKey } = pending;
    const requestClass = classifyRequest(request, policy);
    const ceiling = clientKey < 0 ? 'high' : pool.priorityCeiling[clientKey]!;
    const priority = prioritise(request.declaredPriority, requestClass, ceiling);
    const reservedOutputTokens = request.maxOutputTokens ?? policy.classes.assumedOutputTokens;
    return {
      ...pending,
      requestClass,
      priority,
      weightRow: weightRowOf(requestClass, priority),
      reservedOutputTokens,
      reservedTokens: request.inputTokens + reservedOutputTokens,
    };
  }
}
