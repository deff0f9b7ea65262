/** What a policy was tuned for: the targets of a pool, their prices and their limits. */
import type { PoolDefinition } from '../router/pool.ts';
import { contentHash } from './content-hash.ts';
import type { Evidence } from './evidence-schema.ts';

/** Ids, prices, context windows and declared limits of the targets that are in service, and the limits of their keys. */
export function poolFingerprint(pool: PoolDefinition): Evidence['pool'] {
  const inService = pool.targets.filter(({ disabled, retiring }) => !disabled && retiring !== true);
  const targets = inService
    .map(({ id, prices, contextTokens, maxOutputTokens, budgets }) => ({
      id,
      prices,
      contextTokens,
      maxOutputTokens,
      budgets,
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const used = new Set(inService.map(({ key }) => key));
  const keys = pool.keys
    .filter(({ id }) => used.has(id))
    .map(({ id, concurrencyLimit, budgets }) => ({ id, concurrencyLimit, budgets }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  return {
    fingerprint: contentHash({ targets, keys }),
    targets: targets.map(({ id, prices }) => ({
      id,
      inputUsdPerMillion: prices.inputMicroUsdPerToken,
      outputUsdPerMillion: prices.outputMicroUsdPerToken,
    })),
  };
}
