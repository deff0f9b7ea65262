/**
 * What a request can ask for: `auto`, an alias of the pool, a model, or a part of the pool by its address
 *
 *     provider                  all its targets
 *     provider.N                those of its N-th key, counted from 1 in the order of the pool
 *     provider.model            those of the model, with any of the provider's keys
 *     provider.alias            those of the key
 *     provider.alias.model      one target
 *
 * Models may contain dots, so addresses are made from what there is and never taken apart. A name that could mean
 * several things means the first of: auto, alias, model, key by number, provider.alias.model, provider.model,
 * provider.alias, provider.
 */
import type { PoolDefinition, TargetDefinition } from './pool.ts';

/** The name that stands for every model of the pool. */
export const ANY_MODEL = 'auto';

/**
 * Every name with the ids of the targets it stands for, sorted; none of them is retiring.
 *
 * @throws Error when an alias names a target that the pool lacks
 */
export function namedTargets(pool: PoolDefinition): ReadonlyMap<string, readonly string[]> {
  const offered = offeredTargets(pool);
  const named = new Map<string, readonly string[]>([[ANY_MODEL, idsOf(offered)]]);
  addAliases(named, pool, offered);
  addGroups(named, offered, ({ model }) => model);
  addAddresses(named, pool, offered);
  return named;
}

/**
 * The addresses alone, as instructions, bans and the pools of routes name targets: each with the ids it stands for,
 * sorted. Digits and a dash before a key's alias may be left out (`1-main` is also `main`).
 */
export function addressedTargets(pool: PoolDefinition): ReadonlyMap<string, readonly string[]> {
  const offered = offeredTargets(pool);
  const named = new Map<string, readonly string[]>();
  addAddresses(named, pool, offered);
  const unnumbered = ({ provider, key }: TargetDefinition): string =>
    `${provider}.${key.slice(provider.length + 1).replace(/^\d+-(?=.)/, '')}`;
  addGroups(named, offered, (target) => `${unnumbered(target)}.${target.model}`);
  addGroups(named, offered, unnumbered);
  return named;
}

function offeredTargets(pool: PoolDefinition): readonly TargetDefinition[] {
  return pool.targets
    .filter(({ retiring }) => retiring !== true)
    .sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

function addAddresses(
  named: Map<string, readonly string[]>,
  pool: PoolDefinition,
  offered: readonly TargetDefinition[],
): void {
  addGroups(named, offered, (target) => numberOfKey(pool, target));
  addGroups(named, offered, ({ id }) => id);
  addGroups(named, offered, ({ provider, model }) => `${provider}.${model}`);
  addGroups(named, offered, ({ key }) => key);
  addGroups(named, offered, ({ provider }) => provider);
}

function addAliases(
  named: Map<string, readonly string[]>,
  { modelAliases }: PoolDefinition,
  offered: readonly TargetDefinition[],
): void {
  for (const [alias, ids] of Object.entries(modelAliases)) {
    const unknown = ids.find((id) => !offered.some((target) => target.id === id));
    if (unknown !== undefined) throw new Error(`alias ${alias} names target "${unknown}", which the pool lacks`);
    named.set(alias, idsOf(offered.filter(({ id }) => ids.includes(id))));
  }
}

/** Adds a name for each group of targets, unless the name has a meaning already. */
function addGroups(
  named: Map<string, readonly string[]>,
  offered: readonly TargetDefinition[],
  nameOf: (target: TargetDefinition) => string,
): void {
  const groups = new Map<string, TargetDefinition[]>();
  for (const target of offered) {
    const name = nameOf(target);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [target]);
    else group.push(target);
  }
  for (const [name, group] of groups) if (!named.has(name)) named.set(name, idsOf(group));
}

/** `provider.N` */
function numberOfKey({ keys }: PoolDefinition, { provider, key }: TargetDefinition): string {
  const ofProvider = keys.filter((each) => each.provider === provider && each.retiring !== true);
  return `${provider}.${ofProvider.findIndex(({ id }) => id === key) + 1}`;
}

function idsOf(targets: readonly TargetDefinition[]): readonly string[] {
  return targets.map(({ id }) => id);
}
