/** What the proxy goes by at present, made ready for use. A reload replaces all of it at once. */
import { BadInput } from '../config/bad-input.ts';
import type { Gateway } from '../config/load-gateway.ts';
import type { ListedModel } from '../protocols/openai/index.ts';
import { ANY_MODEL, type PoolDefinition } from '../router/index.ts';
import { createClientAccess, type ClientAccess } from './client-access.ts';
import { connectTargets, type TargetConnection } from './target-connections.ts';
import { steeringWords, type SteeringWords } from './steering-words.ts';
import type { AttemptTimeouts } from './upstream/index.ts';

export interface Configuration {
  readonly gateway: Gateway;
  /** By target id. */
  readonly connections: ReadonlyMap<string, TargetConnection>;
  readonly clients: ClientAccess;
  readonly models: readonly ListedModel[];
  readonly steering: SteeringWords;
}

/** @throws BadInput when a provider's address or headers cannot be used */
export function configure(gateway: Gateway): Configuration {
  return {
    gateway,
    connections: connectTargets(gateway),
    clients: createClientAccess(gateway.form),
    models: listedModels(gateway.pool),
    steering: steeringWords(gateway),
  };
}

/**
 * A reload changes pool, policy, client keys and admin token; the rest needs a restart, and is not ignored in silence.
 *
 * @throws BadInput naming the section
 */
export function refuseFixedChanges(before: Gateway, after: Gateway): void {
  for (const section of ['server', 'log', 'seed'] as const) {
    if (JSON.stringify(before.form[section]) === JSON.stringify(after.form[section])) continue;
    throw new BadInput(`${after.path}: ${section}: cannot be changed while the proxy runs; restart it for that`);
  }
}

const RELOADED_SECTIONS = [
  'admin',
  'providers',
  'modelAliases',
  'clientKeys',
  'routing',
  'routedModels',
  'loadBalancing',
  'webSearch',
  'classifier',
  'contextRouting',
  'context_routing',
  'instructions',
] as const;

/**
 * What of a configuration is not as it was, by section. `secrets`: a key that was there before, or the admin token, has
 * another secret.
 */
export function changedSections(before: Gateway, after: Gateway): string[] {
  const changed: string[] = RELOADED_SECTIONS.filter(
    (section) => JSON.stringify(before.form[section]) !== JSON.stringify(after.form[section]),
  );
  if (before.policy.hash !== after.policy.hash || before.policy.name !== after.policy.name) changed.push('policy');
  const hasOtherToken = before.adminTokenHash?.toString('hex') !== after.adminTokenHash?.toString('hex');
  if (hasOtherToken || keysWithNewSecret(before, after).size > 0) changed.push('secrets');
  return changed;
}

/** Ids of the provider keys that both know and that have another secret now. */
export function keysWithNewSecret(before: Gateway, after: Gateway): ReadonlySet<string> {
  const ids = before.pool.keys.map(({ id }) => id);
  return new Set(
    after.pool.keys.map(({ id }) => id).filter((id) => ids.includes(id) && before.secretOf(id) !== after.secretOf(id)),
  );
}

/**
 * Timeouts that the core's time gives, in ms on the wall.
 *
 * @param speed ms of the core's time in one on the wall
 */
export function onTheWall(timeouts: AttemptTimeouts, speed: number): AttemptTimeouts {
  const { connectMs, firstTokenMs, idleMs, totalMs } = timeouts;
  return {
    connectMs: connectMs / speed,
    firstTokenMs: firstTokenMs / speed,
    idleMs: idleMs / speed,
    totalMs: totalMs / speed,
  };
}

/** What clients may ask for. */
function listedModels(pool: PoolDefinition): ListedModel[] {
  return [
    ...pool.targets.map(({ model, provider }) => ({ id: model, ownedBy: provider })),
    ...Object.keys(pool.modelAliases).map((alias) => ({ id: alias, ownedBy: 'tokenpool' })),
    { id: ANY_MODEL, ownedBy: 'tokenpool' },
    ...(pool.routing?.models ?? [])
      .filter((model) => model !== '*' && model !== ANY_MODEL)
      .map((model) => ({ id: model, ownedBy: 'tokenpool' })),
  ];
}
