import type { TwinDefinition } from '../scenario.ts';

/**
 * What waking the model adds to the first token, ms: 0, or with the given probability a time spread evenly from
 * `minMs` to `maxMs`. One draw serves both: below the probability it is uniform again.
 *
 * @param uniform in [0, 1)
 */
export function coldStartMs(definition: NonNullable<TwinDefinition['coldStart']>, uniform: number): number {
  const { probability, minMs, maxMs } = definition;
  return uniform < probability ? minMs + (uniform / probability) * (maxMs - minMs) : 0;
}
