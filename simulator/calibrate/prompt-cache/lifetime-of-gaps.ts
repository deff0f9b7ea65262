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
  const order = Array.from(gapMs.keys()).sort((a, b) => gapMs[a]! - gapMs[b]!);
  const hits = isHit.reduce((sum, each) => sum + each, 0);
  const misses = isHit.length - hits;
  if (hits < HITS_MIN) return null;
  const longestHitMs = order.reduce((max, place) => (isHit[place] === 1 ? gapMs[place]! : max), 0);
  let below = { hits: 0, misses: 0 };
  let best = { score: -Infinity, fromMs: 0, toMs: null as number | null };
  for (const [rank, place] of order.entries()) {
    const missed = isHit[place] === 1 ? 0 : 1;
    below = { hits: below.hits + 1 - missed, misses: below.misses + missed };
    const next = order[rank + 1];
    if (next !== undefined && gapMs[next] === gapMs[place]) continue;
    const score = below.hits / hits - (misses === 0 ? 0 : below.misses / misses);
    const toMs = next === undefined ? null : gapMs[next]!;
    if (score >= best.score) best = { score, fromMs: gapMs[place]!, toMs };
  }
  if (best.toMs === null || best.score <= 0) return { ttlMs: longestHitMs, isBounded: false };
  return { ttlMs: (best.fromMs + best.toMs) / 2, isBounded: true };
}
