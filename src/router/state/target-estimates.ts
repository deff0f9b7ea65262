/**
 * What is believed of each target: decayed evidence mixed with a prior, so that a target without history
 * starts from the prior, and one that was not asked for long returns to it.
 *
 *   mean = (n0 prior + sum w x) / (n0 + sum w),  w halving every half-life
 *
 * For success this is the posterior mean of a Beta prior with n0 pseudo-observations.
 */
import type { Policy } from '../policy.ts';
import { DecayedSums, decayedTo, type SavedDecayedSums } from './decayed-sums.ts';

/** Beliefs age in steps of this share of the half-life; in between they are constant. */
const STEPS_PER_HALF_LIFE = 64;
/** Weights of a new answer in the recent and the usual level of latency (moving averages of logarithms). */
const RECENT_WEIGHT = 0.2;
const USUAL_WEIGHT = 0.01;
/** No verdict on latency before this many answers. */
const SPIKE_EVIDENCE_MIN = 20;

export interface SavedTargetEstimates {
  readonly scored: SavedDecayedSums;
  readonly answers: readonly number[];
  readonly recentLog: readonly number[];
  readonly usualLog: readonly number[];
}

/** The time to which beliefs have aged by now: they do so in steps, ms. */
function steppedMs(halfLifeMs: number, nowMs: number): number {
  const stepMs = halfLifeMs / STEPS_PER_HALF_LIFE;
  return Math.floor(nowMs / stepMs) * stepMs;
}

/** Saved under one half-life, for another: all beliefs are now what they were, and age by the new one from here. */
export function withHalfLife(
  saved: SavedTargetEstimates,
  beforeMs: number,
  afterMs: number,
  nowMs: number,
): SavedTargetEstimates {
  if (beforeMs === afterMs) return saved;
  return {
    ...saved,
    scored: decayedTo(saved.scored, beforeMs, steppedMs(beforeMs, nowMs), steppedMs(afterMs, nowMs)),
  };
}

export class TargetEstimates {
  readonly attempts: Float64Array;
  readonly successes: Float64Array;
  readonly firstTokenCount: Float64Array;
  readonly firstTokenSum: Float64Array;
  readonly speedCount: Float64Array;
  readonly speedSum: Float64Array;
  readonly cachedShareCount: Float64Array;
  readonly cachedShareSum: Float64Array;
  private readonly answers: Float64Array;
  private readonly recentLog: Float64Array;
  private readonly usualLog: Float64Array;
  private readonly scored: DecayedSums;
  private readonly stepMs: number;
  private readonly logSpikeFactor: number;

  constructor(targets: number, policy: Policy) {
    const column = (): Float64Array => new Float64Array(targets);
    this.attempts = column();
    this.successes = column();
    this.firstTokenCount = column();
    this.firstTokenSum = column();
    this.speedCount = column();
    this.speedSum = column();
    this.cachedShareCount = column();
    this.cachedShareSum = column();
    this.answers = column();
    this.recentLog = column();
    this.usualLog = column();
    this.scored = new DecayedSums(policy.score.halfLifeMs, this.scoredColumns());
    this.stepMs = policy.score.halfLifeMs / STEPS_PER_HALF_LIFE;
    this.logSpikeFactor = Math.log(policy.health.latencySpikeFactor);
  }

  /**
   * The weight with which an observation is recorded at this time; the public sums are larger than their decayed
   * values by the same factor.
   */
  scaleAt(nowMs: number): number {
    return this.scored.scaleAt(Math.floor(nowMs / this.stepMs) * this.stepMs);
  }

  /** When the decayed values change next by the passing of time. */
  freshUntilMs(nowMs: number): number {
    return (Math.floor(nowMs / this.stepMs) + 1) * this.stepMs;
  }

  recordVerdict(target: number, isSuccess: boolean, weight: number): void {
    this.attempts[target] = this.attempts[target]! + weight;
    if (isSuccess) this.successes[target] = this.successes[target]! + weight;
  }

  recordFirstToken(target: number, firstTokenMs: number, weight: number): void {
    this.firstTokenCount[target] = this.firstTokenCount[target]! + weight;
    this.firstTokenSum[target] = this.firstTokenSum[target]! + weight * firstTokenMs;
    // Logarithms, because one cold start must not look like a spike.
    const logMs = Math.log(Math.max(firstTokenMs, 1));
    const answers = this.answers[target]! + 1;
    this.answers[target] = answers;
    // Plain means first, so that a moving average does not start biased towards its first value.
    this.recentLog[target] =
      this.recentLog[target]! + Math.max(RECENT_WEIGHT, 1 / answers) * (logMs - this.recentLog[target]!);
    this.usualLog[target] =
      this.usualLog[target]! + Math.max(USUAL_WEIGHT, 1 / answers) * (logMs - this.usualLog[target]!);
  }

  recordSpeed(target: number, tokensPerSecond: number, weight: number): void {
    this.speedCount[target] = this.speedCount[target]! + weight;
    this.speedSum[target] = this.speedSum[target]! + weight * tokensPerSecond;
  }

  /** @param cachedShare share of the input that the provider read from its prompt cache, 0 to 1 */
  recordCacheUse(target: number, cachedShare: number, weight: number): void {
    this.cachedShareCount[target] = this.cachedShareCount[target]! + weight;
    this.cachedShareSum[target] = this.cachedShareSum[target]! + weight * cachedShare;
  }

  /** Is the recent (geometric) mean time to first token a multiple of the usual one? */
  isSpiking(target: number): boolean {
    if (this.answers[target]! < SPIKE_EVIDENCE_MIN) return false;
    return this.recentLog[target]! - this.usualLog[target]! > this.logSpikeFactor;
  }

  /** Forgets what was seen of success and latency: the target is believed to be like the prior again. */
  forget(target: number): void {
    for (const column of this.scoredColumns()) column[target] = 0;
    this.answers[target] = 0;
  }

  /** As {@link scaleAt}, but for those who only look: nothing is changed. */
  peekScale(nowMs: number): number {
    return this.scored.peekScale(Math.floor(nowMs / this.stepMs) * this.stepMs);
  }

  save(): SavedTargetEstimates {
    return {
      scored: this.scored.save(),
      answers: [...this.answers],
      recentLog: [...this.recentLog],
      usualLog: [...this.usualLog],
    };
  }

  load(saved: SavedTargetEstimates): void {
    this.scored.load(saved.scored);
    this.answers.set(saved.answers);
    this.recentLog.set(saved.recentLog);
    this.usualLog.set(saved.usualLog);
  }

  private scoredColumns(): Float64Array[] {
    return [
      this.attempts,
      this.successes,
      this.firstTokenCount,
      this.firstTokenSum,
      this.speedCount,
      this.speedSum,
      this.cachedShareCount,
      this.cachedShareSum,
    ];
  }
}
