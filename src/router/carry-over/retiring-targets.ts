/**
 * Targets that the new pool lacks while attempts are in flight there. They stay, disabled and in no lane, with
 * their key and provider, so that these attempts can end and be settled like any other.
 */
import type { PoolDefinition } from '../pool.ts';
import type { Router, RouterSnapshot } from '../router.ts';
import { compilePool } from '../state/compiled-pool.ts';

interface Named {
  readonly id: string;
  readonly retiring?: true;
}

/**
 * The pool that the router would go on with if it were reconfigured to `pool` now: that pool, and what else is
 * needed for the attempts in flight, marked `retiring`. What is marked so in `pool` itself counts as absent, so
 * the pool of a snapshot can be given again.
 *
 * @throws Error when the pool contradicts itself
 */
export function withRetiringTargets(router: Router, pool: PoolDefinition): PoolDefinition {
  return effectivePool(router.snapshot(), pool);
}

/** {@link withRetiringTargets} for the router that a snapshot was taken of. */
export function effectivePool(before: RouterSnapshot, pool: PoolDefinition): PoolDefinition {
  const asked = withoutRetiring(pool);
  const stays = new Set(asked.targets.map(({ id }) => id));
  const occupied = occupiedTargets(before);
  const targets = before.pool.targets.filter(({ id }) => occupied.has(id) && !stays.has(id));
  if (targets.length === 0) return asked;
  // By itself it must do without what only the retiring targets bring along.
  compilePool(asked);
  const keys = new Set(targets.map(({ key }) => key));
  const providers = new Set(targets.map(({ provider }) => provider));
  return {
    ...asked,
    targets: [...asked.targets, ...targets.map((target) => ({ ...target, disabled: true, retiring: true as const }))],
    keys: withMissing(asked.keys, before.pool.keys, keys),
    providers: withMissing(asked.providers, before.pool.providers, providers),
  };
}

function withoutRetiring(pool: PoolDefinition): PoolDefinition {
  const isAsked = ({ retiring }: Named): boolean => retiring !== true;
  if ([...pool.targets, ...pool.keys, ...pool.providers].every(isAsked)) return pool;
  return {
    ...pool,
    targets: pool.targets.filter(isAsked),
    keys: pool.keys.filter(isAsked),
    providers: pool.providers.filter(isAsked),
  };
}

/** Ids of the targets at which attempts are in flight. */
function occupiedTargets({ pool, flow }: RouterSnapshot): Set<string> {
  const { targetIds } = compilePool(pool);
  const sent = flow.open.requests.filter(({ phase }) => phase === 'sent');
  return new Set(sent.map(({ target }) => targetIds[target]!));
}

function withMissing<T extends Named>(asked: readonly T[], before: readonly T[], needed: ReadonlySet<string>): T[] {
  const present = new Set(asked.map(({ id }) => id));
  const missing = before.filter(({ id }) => needed.has(id) && !present.has(id));
  return [...asked, ...missing.map((each) => ({ ...each, retiring: true as const }))];
}
