/** In what the pool of an evidence differs from the one that is served. */
import type { Evidence } from '../config/evidence-schema.ts';
import { poolFingerprint } from '../config/pool-fingerprint.ts';
import type { PoolDefinition } from '../router/pool.ts';

type Target = Evidence['pool']['targets'][number];

/** Targets that a message names. */
const NAMED_MAX = 3;

/** Null: they are the same. Else what differs, in a few words. */
export function poolDifference(tuned: Evidence['pool'], pool: PoolDefinition): string | null {
  const served = poolFingerprint(pool);
  if (tuned.fingerprint === served.fingerprint) return null;
  const known = new Map(tuned.targets.map((target) => [target.id, target]));
  const servedIds = new Set(served.targets.map(({ id }) => id));
  const added = served.targets.filter(({ id }) => !known.has(id)).map(({ id }) => id);
  const gone = tuned.targets.filter(({ id }) => !servedIds.has(id)).map(({ id }) => id);
  const dearer = served.targets.flatMap((target) => priceChange(known.get(target.id), target));
  const parts = [
    ...(added.length === 0 ? [] : [`new here: ${named(added)}`]),
    ...(gone.length === 0 ? [] : [`not here: ${named(gone)}`]),
    ...(dearer.length === 0 ? [] : [`other prices: ${named(dearer)}`]),
  ];
  return parts.length === 0 ? 'context windows or limits of targets or keys' : parts.join('; ');
}

function priceChange(before: Target | undefined, now: Target): string[] {
  if (before === undefined) return [];
  const [was, is] = [before, now].map(
    ({ inputUsdPerMillion, outputUsdPerMillion }) => `${inputUsdPerMillion}/${outputUsdPerMillion}`,
  );
  return was === is ? [] : [`${now.id} (${was} before, ${is} now, USD per million of input/output)`];
}

function named(names: readonly string[]): string {
  const more = names.length - NAMED_MAX;
  return `${names.slice(0, NAMED_MAX).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
