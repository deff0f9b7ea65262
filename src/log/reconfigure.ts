import { restoreRouter, type Policy, type PoolDefinition, type Router } from '../router/index.ts';

/**
 * A router that goes on where `router` stands, with another pool or policy: the one place at which a live proxy and
 * the replay of its log do the same.
 *
 * The state of a router is laid out by its pool, so the pool must be the same one here; the core's own
 * `reconfigureRouter` is to take the place of this body.
 *
 * @throws Error when the pool is another one
 */
export function reconfigure(router: Router, pool: PoolDefinition, policy: Policy): Router {
  const snapshot = router.snapshot();
  const isSamePool = JSON.stringify(snapshot.pool) === JSON.stringify(pool);
  if (isSamePool && JSON.stringify(snapshot.policy) === JSON.stringify(policy)) return router;
  if (!isSamePool) throw new Error('the pool was changed while the router ran, which this version cannot replay');
  return restoreRouter({ ...snapshot, policy });
}
