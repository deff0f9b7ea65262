/** Whether a pool and a policy say what others say, so that going on with them is going on. */
import type { Policy } from '../policy.ts';
import type { PoolDefinition } from '../pool.ts';

interface Configuration {
  readonly pool: PoolDefinition;
  readonly policy: Policy;
}

/**
 * True when policy and pool are equal. In which order a pool names its targets, providers and so on does not count,
 * except for the keys of a provider, which can be addressed by their number.
 */
export function isSameConfiguration(a: Configuration, b: Configuration): boolean {
  return isSameData(a.policy, b.policy) && isSameData(sorted(a.pool), sorted(b.pool));
}

function sorted(pool: PoolDefinition): PoolDefinition {
  return {
    ...pool,
    targets: sortedBy(pool.targets, ({ id }) => id),
    keys: sortedBy(pool.keys, ({ provider }) => provider),
    providers: sortedBy(pool.providers, ({ id }) => id),
    clientKeys: sortedBy(pool.clientKeys, ({ name }) => name),
    modelAliases: Object.fromEntries(
      Object.entries(pool.modelAliases).map(([alias, ids]) => [alias, sortedBy(ids, (id) => id)]),
    ),
  };
}

function sortedBy<T>(items: readonly T[], nameOf: (item: T) => string): T[] {
  return [...items].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : nameOf(a) > nameOf(b) ? 1 : 0));
}

/** Deep equality of plain data, whatever the order of an object's fields. */
export function isSameData(a: unknown, b: unknown): boolean {
  if (!isObject(a) || !isObject(b)) return Object.is(a, b);
  const names = Object.keys(a);
  return (
    Array.isArray(a) === Array.isArray(b) &&
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && isSameData(a[name], b[name]))
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
