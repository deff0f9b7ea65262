import type { SessionGaps } from './session-gaps.ts';

export interface Lifetime {
  /** How long a prompt stays warm after its answer. */
  readonly ttlMs: number;
  /** Whether longer pauses were seen that found it cold; otherwise it is at least that long. */
  readonly isBounded: boolean;
}

/** Fewer hits say nothing. */
const HITS_MIN = 3;

/**
 * The pause that parts hits from misses best: with the most hits up to it and misses beyond it, each as a share of its
 * own kind (the point farthest from the diagonal of the ROC curve: W. J. Youden, Cancer 3, 1950). Where several do
 * equally well it is halfway between the last pause before and the first after. Null without pauses that hit.
 */
export function lifetimeOfGaps({ gapMs, isHit }: SessionGaps): Lifetime | null {
  const hits = gapMs.filter((_, index) => isHit[index] === 1).sort();
  const misses = gapMs.filter((_, index) => isHit[index] === 0).sort();
  if (hits.length < HITS_MIN) return null;
  let missesBelow = 0;
  let best = { score: -Infinity, hit: 0 };
  // The best place lies right behind a hit: until the next one only misses are left out.
  for (let hit = 0; hit < hits.length; hit++) {
    while (missesBelow < misses.length && misses[missesBelow]! <= hits[hit]!) missesBelow += 1;
    const score = (hit + 1) / hits.length - missesBelow / Math.max(1, misses.length);
    if (score >= best.score) best = { score, hit };
  }
  const fromMs = hits[best.hit]!;
  const nextMiss = misses.find((gap) => gap > fromMs);
  if (nextMiss === undefined || best.score <= 0) return { ttlMs: hits.at(-1)!, isBounded: false };
  return { ttlMs: (fromMs + Math.min(nextMiss, hits[best.hit + 1] ?? Infinity)) / 2, isBounded: true };
}
