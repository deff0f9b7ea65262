/** Who is served where: the providers of a scenario with their keys, models and targets. */
import type { Scenario } from '../scenario.ts';

export interface TwinKey {
  readonly alias: string;
  readonly secret: string;
  /** Place in {@link TwinDirectory.targetIds} by model. */
  readonly targetByModel: ReadonlyMap<string, number>;
}

export interface TwinProvider {
  readonly id: string;
  readonly models: readonly string[];
  readonly keys: readonly TwinKey[];
  readonly keyBySecret: ReadonlyMap<string, TwinKey>;
}

export interface TwinDirectory {
  readonly targetIds: readonly string[];
  readonly providers: readonly TwinProvider[];
}

/**
 * The secret of a twin's key: `twin-<provider>-<keyAlias>`. It protects nothing; it tells keys apart, and looks enough
 * like a secret for a test to find out where secrets end up.
 */
export function twinSecret(provider: string, alias: string): string {
  return `twin-${provider}-${alias}`;
}

export function createTwinDirectory(scenario: Scenario): TwinDirectory {
  const targets = [...scenario.pool.targets].sort((a, b) => (a.id < b.id ? -1 : 1));
  const placeOf = new Map(targets.map(({ id }, place) => [id, place]));
  const providerIds = [...new Set(scenario.pool.targets.map(({ provider }) => provider))];
  const providers = providerIds.map((id): TwinProvider => {
    const own = scenario.pool.targets.filter(({ provider }) => provider === id);
    const keys = [...new Set(own.map(({ key }) => key))].map((key): TwinKey => {
      const alias = key.slice(id.length + 1);
      const served = own.filter((target) => target.key === key);
      return {
        alias,
        secret: twinSecret(id, alias),
        targetByModel: new Map(served.map((target) => [target.model, placeOf.get(target.id)!])),
      };
    });
    return {
      id,
      models: [...new Set(own.map(({ model }) => model))],
      keys,
      keyBySecret: new Map(keys.map((key) => [key.secret, key])),
    };
  });
  return { targetIds: targets.map(({ id }) => id), providers };
}
