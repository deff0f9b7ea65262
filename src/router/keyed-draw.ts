/**
 * Draws that are keyed, not streamed: a draw depends on what it is for and on nothing that happened before
 * it. Two policies therefore meet the same luck on the same request, and order of arrival changes nothing.
 *
 * The mixing is MurmurHash3 (x86, 32 bit) by Austin Appleby, over integer words.
 */

/** What a draw is for. A number is never given a second meaning: that would correlate two decisions. */
export const DRAW_PURPOSE = {
  explore: 1,
  exploreChoice: 2,
  pick: 3,
  pickSecond: 4,
  backoff: 5,
  probe: 6,
  canary: 7,
} as const;

/** Purposes from here on belong to the simulator and the datasets. */
export const DRAW_PURPOSE_OUTSIDE_ROUTER = 1_000;

function mixWord(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  k = Math.imul(k, 0x1b873593);
  const h = hash ^ k;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

function avalanche(hash: number): number {
  let h = hash;
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  h ^= h >>> 16;
  return h >>> 0;
}

/** Hash of a text as an unsigned 32-bit integer, one mixing step per UTF-16 unit. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return avalanche(hash ^ text.length);
}

/** Hash of four integers as an unsigned 32-bit integer. Seeds may use all 53 bits of a safe integer. */
export function hashIntegers(seed: number, key: number, salt: number, purpose: number): number {
  let hash = mixWord(seed | 0, Math.floor(seed / 4_294_967_296) | 0);
  hash = mixWord(hash, key);
  hash = mixWord(hash, salt);
  hash = mixWord(hash, purpose);
  return avalanche(hash);
}

/**
 * A uniform draw in [0, 1) with 32 bits of resolution.
 *
 * @param seed base of the run, a safe integer
 * @param key whom it concerns, usually `hashText(requestId)`
 * @param salt attempt number, target index or both packed by the caller
 * @param purpose one of {@link DRAW_PURPOSE}, or from {@link DRAW_PURPOSE_OUTSIDE_ROUTER} on
 */
export function drawUniform(seed: number, key: number, salt: number, purpose: number): number {
  return hashIntegers(seed, key, salt, purpose) / 4_294_967_296;
}
