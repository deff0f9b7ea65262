import type { Policy } from '../policy.ts';

/** No request lives longer than this under a policy unless its driver lost it, ms from its arrival. */
export function requestLifetimeMs({ retry, queue, timeouts }: Policy): number {
  return retry.deadlineMs + queue.timeoutMs + 2 * timeouts.totalMs;
}
