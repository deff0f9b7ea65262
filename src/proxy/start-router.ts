/** The router of a start: as the last run left it where the log tells, else a new one. */
import type { Gateway } from '../config/load-gateway.ts';
import { policyHash } from '../config/load-policy.ts';
import type { LiveLog } from '../log/live/live-log.ts';
import { createRouter, type Canary, type PoolDefinition, type Router, type RouterSnapshot } from '../router/index.ts';
import type { FollowedRequest, PolicyWords } from '../log/request-follower.ts';
import { leftWhileWaiting, lostInFlight } from './attempt-outcome.ts';
import type { CanaryInForce, Driver, PolicyInForce } from './driver.ts';

/** The log does not have the name of the policy. */
const OF_LAST_RUN = 'of the last run';

export interface StartingRouter {
  readonly router: Router;
  /** That of the router: the old run's where it goes on. */
  readonly policy: PolicyInForce;
  /** As above; null: there is none. */
  readonly canary: CanaryInForce | null;
  readonly start: 'fresh' | 'restored';
  /** Requests of the last run that nobody waits for any more. */
  readonly openRequests: readonly FollowedRequest[];
  /** Time of the last input, Unix ms; 0 for a new router. */
  readonly latestMs: number;
  /** For the operator; null when all is as it should be. */
  readonly warning: string | null;
}

export async function startRouter(gateway: Gateway, log: LiveLog): Promise<StartingRouter> {
  const { rebuilt, reason } = await log.rebuildRouter();
  if (rebuilt === null) {
    const router = createRouter(gateway.pool, gateway.policy.policy, { seed: gateway.form.seed, explain: true });
    const { policy } = gateway;
    return { router, policy, canary: null, start: 'fresh', openRequests: [], latestMs: 0, warning: reason };
  }
  const { router, canaryWords } = rebuilt;
  const { policy } = router.snapshot();
  return {
    router,
    policy: { name: OF_LAST_RUN, policy, hash: policyHash(policy) },
    canary: router.canary === null ? null : canaryInForce(router.canary, canaryWords),
    start: 'restored',
    openRequests: rebuilt.openRequests,
    latestMs: rebuilt.latestMs,
    warning: null,
  };
}

function canaryInForce(canary: Canary, words: PolicyWords | null): CanaryInForce {
  const name = words === null ? OF_LAST_RUN : words.policyName;
  return { ...canary, name, hash: words === null ? policyHash(canary.policy) : words.policyHash };
}

/** Ends the requests of the last run, that nobody waits for any more. */
export function forgetLastRun(driver: Driver, openRequests: readonly FollowedRequest[]): void {
  const { pool, flow } = driver.router.snapshot();
  const { targetIds } = driver.router;
  const targetOf = new Map(flow.open.requests.map(({ request, target }) => [request.requestId, targetIds[target]]));
  // Those that wait go first: one that ends makes room, and the core would send them for nobody.
  const waitingFirst = openRequests.toSorted((a, b) => Number(a.phase === 'sent') - Number(b.phase === 'sent'));
  for (const { request, attempt, phase } of waitingFirst) {
    const target = pool.targets.find(({ id }) => id === targetOf.get(request.requestId));
    if (phase !== 'sent' || target === undefined)
      driver.forget(leftWhileWaiting(request.requestId, 0, 'restart'), null);
    else driver.forget(lostInFlight(request, attempt, target.prices), target.id);
  }
}

/** Whether a router has to be told what to go by, as it goes by something else. */
export function differsFrom(
  { pool, policy, canary }: RouterSnapshot,
  given: PoolDefinition,
  main: PolicyInForce,
  other: Canary | null,
): boolean {
  const brief = (each: Canary | null): object | null => each && { id: each.id, share: each.share, policy: each.policy };
  return (
    JSON.stringify(pool) !== JSON.stringify(given) ||
    JSON.stringify(policy) !== JSON.stringify(main.policy) ||
    JSON.stringify(brief(canary ?? null)) !== JSON.stringify(brief(other))
  );
}
