/** Another configuration for a proxy at work: all of it or, when any of it is wrong, nothing. */
import type { Logger } from 'pino';
import { changedSections, keysWithNewSecret, refuseFixedChanges, type Configuration } from './configuration.ts';
import type { PolicyLifecycle } from '../policies/lifecycle.ts';
import type { Driver } from './driver.ts';
import { differsFrom } from './start-router.ts';

/** What a reload came to. */
export interface Reloaded {
  readonly policyHash: string;
  readonly targets: number;
  /** See `changedSections`; empty: everything is as it was. */
  readonly changed: readonly string[];
}

export interface ReloadParts {
  readonly driver: Driver;
  readonly logger: Logger;
  /** Reads the configuration anew. @throws BadInput */
  load(): Configuration;
  inForce(): Configuration;
  readonly policies: Pick<PolicyLifecycle, 'configured' | 'main' | 'canary'>;
  /** From here on everything goes by this one. */
  replace(next: Configuration): void;
}

/** The reload of a proxy; it throws BadInput with what is wrong, and everything is as before. */
export function createReload(parts: ReloadParts): () => Reloaded {
  const { driver, logger, policies } = parts;
  return () => {
    const replaced = parts.inForce();
    const before = replaced.gateway;
    const next = parts.load();
    refuseFixedChanges(before, next.gateway);
    const { pool } = next.gateway;
    const changed = changedSections(before, next.gateway);
    policies.configured(next.gateway.policy, pool);
    const { main: policy, canary } = policies;
    const isCoreTold = differsFrom(driver.router.snapshot(), pool, policy, canary);
    // Before the core is told: those who watch it look up then what there is to be counted. Targets that are gone from
    // the connections are disabled in the core, so nobody asks for them.
    parts.replace(next);
    try {
      if (isCoreTold || driver.policy.name !== policy.name) driver.reconfigure(pool, policy, canary);
    } catch (error) {
      parts.replace(replaced);
      throw error;
    }
    bringBack(driver, next, keysWithNewSecret(before, next.gateway));
    const targets = pool.targets.length;
    const what = changed.length === 0 ? 'nothing has changed' : `changed: ${changed.join(', ')}`;
    const fields = { event: 'reload', changed, policy: policy.name, policyHash: policy.hash, targets };
    logger.info(fields, `the configuration was read again; ${what}`);
    return { policyHash: policy.hash, targets, changed };
  };
}

/** What a provider held against an old secret does not count against the new one. */
function bringBack(driver: Driver, { gateway }: Configuration, renewedKeys: ReadonlySet<string>): void {
  for (const { id, key } of gateway.pool.targets) {
    const state = driver.router.stateOf(driver.router.targetIds.indexOf(id));
    const isOut = state === 'cooldown' || state === 'unhealthy';
    if (isOut && renewedKeys.has(key)) driver.order({ kind: 'enable', target: id, untilMs: null });
  }
}
