/**
 * What a provider key lets through: attempts in flight against its concurrency limit, places in its queue, and
 * the wait that 429 answers impose. A 429 is about the key, not about the health of a target, unless nothing else comes.
 */
import type { Policy } from '../policy.ts';
import type { CompiledPool } from './compiled-pool.ts';

export interface SavedKeyGate {
  readonly inFlight: readonly number[];
  readonly waiting: readonly number[];
  readonly limitedUntilMs: readonly number[];
  readonly ladderStep: readonly number[];
  readonly climbedAtMs: readonly number[];
  readonly limitsInARow: readonly number[];
}

export class KeyGate {
  readonly concurrencyLimit: Float64Array;
  /** 1 / what counts as full: the concurrency limit, or the policy's reference for a key without one. */
  readonly inverseFullness: Float64Array;
  readonly queueLimit: Float64Array;
  readonly inFlight: Float64Array;
  readonly waiting: Float64Array;
  readonly limitedUntilMs: Float64Array;
  private readonly ladderStep: Uint8Array;
  /** When the key last climbed a rung; what was sent before says nothing about the rest that followed. */
  private readonly climbedAtMs: Float64Array;
  /** Bursts of 429 since the key last served anything. */
  private readonly limitsInARow: Uint32Array;
  /** Requests waiting for any key. */
  waitingTotal = 0;
  private readonly rateLimit: Policy['rateLimit'];

  constructor(pool: CompiledPool, policy: Policy) {
    const keys = pool.keyIds.length;
    this.concurrencyLimit = pool.concurrencyLimit;
    this.queueLimit = pool.queueLimit;
    this.inverseFullness = pool.concurrencyLimit.map(
      (limit) => 1 / (limit === Infinity ? policy.score.references.inFlight : limit),
    );
    this.inFlight = new Float64Array(keys);
    this.waiting = new Float64Array(keys);
    this.limitedUntilMs = new Float64Array(keys);
    this.ladderStep = new Uint8Array(keys);
    this.climbedAtMs = new Float64Array(keys).fill(-1);
    this.limitsInARow = new Uint32Array(keys);
    this.rateLimit = policy.rateLimit;
  }

  enter(key: number): void {
    this.inFlight[key] = this.inFlight[key]! + 1;
  }

  leave(key: number): void {
    this.inFlight[key] = this.inFlight[key]! - 1;
  }

  queue(key: number): void {
    this.waiting[key] = this.waiting[key]! + 1;
    this.waitingTotal++;
  }

  unqueue(key: number): void {
    this.waiting[key] = this.waiting[key]! - 1;
    this.waitingTotal--;
  }

  /**
   * A 429: the key rests for Retry-After, or for the next rung of the ladder. A wait that is longer already is
   * never shortened, and the answers to a burst that was sent before the key was limited climb one rung, not many,
   * however late they come. After a long time without a 429 the ladder starts again.
   */
  limited(key: number, retryAfterMs: number | null, sentAtMs: number, nowMs: number): void {
    const { ladderMs, ladderResetMs } = this.rateLimit;
    const climbedAtMs = this.climbedAtMs[key]!;
    const partOfSameBurst = sentAtMs <= climbedAtMs;
    const isForgotten = !partOfSameBurst && nowMs - climbedAtMs >= ladderResetMs;
    const step = isForgotten ? 0 : this.ladderStep[key]!;
    const rung = Math.max(0, Math.min(partOfSameBurst ? step - 1 : step, ladderMs.length - 1));
    if (!partOfSameBurst) {
      this.ladderStep[key] = Math.min(step + 1, ladderMs.length);
      this.climbedAtMs[key] = nowMs;
      this.limitsInARow[key] = isForgotten ? 1 : this.limitsInARow[key]! + 1;
    }
    this.rest(key, retryAfterMs ?? ladderMs[rung] ?? 0, nowMs);
  }

  /** A failure that named a time to come back (a 503 with Retry-After): the key rests, the ladder stays. */
  rest(key: number, retryAfterMs: number, nowMs: number): void {
    const waitMs = Math.min(Math.max(0, retryAfterMs), this.rateLimit.retryAfterMaxMs);
    this.limitedUntilMs[key] = Math.max(this.limitedUntilMs[key]!, nowMs + waitMs);
  }

  /** The key was limited so often in a row that its 429 are a matter of health. */
  isLimitedTooOften(key: number): boolean {
    const { consecutiveUntilBad } = this.rateLimit;
    return consecutiveUntilBad > 0 && this.limitsInARow[key]! >= consecutiveUntilBad;
  }

  /**
   * The key serves, so it is not limited only. If the request was sent since the last climb, the ladder starts again
   * from its first rung as well.
   */
  served(key: number, sentAtMs: number): void {
    this.limitsInARow[key] = 0;
    if (sentAtMs > this.climbedAtMs[key]!) this.ladderStep[key] = 0;
  }

  save(): SavedKeyGate {
    return {
      inFlight: [...this.inFlight],
      waiting: [...this.waiting],
      limitedUntilMs: [...this.limitedUntilMs],
      ladderStep: [...this.ladderStep],
      climbedAtMs: [...this.climbedAtMs],
      limitsInARow: [...this.limitsInARow],
    };
  }

  load(saved: SavedKeyGate): void {
    this.inFlight.set(saved.inFlight);
    this.waiting.set(saved.waiting);
    this.waitingTotal = saved.waiting.reduce((total, waiting) => total + waiting, 0);
    this.limitedUntilMs.set(saved.limitedUntilMs);
    this.ladderStep.set(saved.ladderStep);
    this.climbedAtMs.set(saved.climbedAtMs);
    this.limitsInARow.set(saved.limitsInARow);
  }
}
