import type { Canary } from '../canary.ts';
import type { Policy } from '../policy.ts';

/** No request lives longer than this under the policies of both arms unless its driver lost it, ms from its arrival. */
export function requestLifetimeMs(policy: Policy, canary: Canary | null): number {
  const ofMain = lifetimeUnder(policy);
  return canary === null ? ofMain : Math.max(ofMain, lifetimeUnder(canary.policy));
}

function lifetimeUnder({ retry, queue, timeouts }: Policy): number {
  return retry.deadlineMs + queue.timeoutMs + 2 * timeouts.totalMs;
}
