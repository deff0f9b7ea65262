/**
 * A part of the sessions goes by another policy, to see what that does before all do. Which sessions is keyed: a
 * session never changes sides under one canary, and whoever is in stays in when the share grows.
 *
 * The canary's policy decides about its requests, with effect: class, priority and reservation, route, filters, scores
 * and pick, retries and waits, and whether the session is to stick to what served it. The state is one for all, and
 * obeys the main policy: health and cooldowns, what is believed of targets and how fast it ages, rate limits, use of
 * budgets, warm prefixes, for how long sessions are remembered. Where the two differ in these, a canary does not show
 * what would become of it; that is seen once the policy is the main one.
 */
import type { RouterRequest } from './contract.ts';
import { DRAW_PURPOSE, drawUniform, hashText } from './keyed-draw.ts';
import type { Policy } from './policy.ts';

export interface Canary {
  /** Names the draw: for another id, sessions are drawn anew. */
  readonly id: string;
  readonly policy: Policy;
  /** Of sessions, 0 to 1. */
  readonly share: number;
}

/** Whose policy a request goes by. */
export type Arm = 'main' | 'canary';

/**
 * The arm that a request begins in: by its session, as the core is told of it, or by its own id where it has none.
 *
 * @param canary null: there is none, and everything is `main`
 * @param seed of the router
 */
export function armOf(canary: Canary | null, { sessionId, requestId }: RouterRequest, seed: number): Arm {
  if (canary === null) return 'main';
  const draw = drawUniform(seed, hashText(sessionId ?? requestId), hashText(canary.id), DRAW_PURPOSE.canary);
  return draw < canary.share ? 'canary' : 'main';
}
