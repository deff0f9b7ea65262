import type { AttemptPlan } from '../twins/attempt-plan.ts';
import type { TierShares } from '../result.ts';

/** 1 to 3, or 0 for what has none: a request of which no attempt was sent. */
export type Tier = 0 | 1 | 2 | 3;

/** Forgives the rounding of times that were reckoned in two ways, ms. */
const TOLERANCE_MS = 1e-6;

/** What an ended attempt rests on: beyond what was recorded of it, it is the twin's guess. */
export function tierOfAttempt({ evidence }: AttemptPlan, durationMs: number): 1 | 2 | 3 {
  return evidence === undefined || durationMs > evidence.knownUntilMs + TOLERANCE_MS ? 3 : evidence.tier;
}

/** Counts what the attempts and the requests of a run rest on. */
export class TierTally {
  private readonly attempts = [0, 0, 0, 0];
  private readonly requests = [0, 0, 0, 0];

  attemptEnded(tier: Tier): void {
    this.attempts[tier]! += 1;
  }

  /** @param worst of its attempts */
  requestEnded(worst: Tier): void {
    this.requests[worst]! += 1;
  }

  /** Shares among what has a tier; all 0 where nothing has. */
  shares(): TierShares {
    const share = (tier: 1 | 2 | 3): TierShares['T1'] => ({
      attempts: this.attempts[tier]!,
      attemptRatio: ratioOf(this.attempts, tier),
      requests: this.requests[tier]!,
      requestRatio: ratioOf(this.requests, tier),
    });
    return { T1: share(1), T2: share(2), T3: share(3) };
  }
}

function ratioOf(counts: readonly number[], tier: 1 | 2 | 3): number {
  const all = counts[1]! + counts[2]! + counts[3]!;
  return all === 0 ? 0 : counts[tier]! / all;
}
