/**
 * What is believed of each target: decayed evidence mixed with a prior, so that a target without history
 * starts from the prior, and one that was not asked for long returns to it.
 *
 *   mean = (n0 prior + sum w x) / (n0 + sum w),  w halving every half-life
 *
 * For success this is the posterior mean of a Beta prior with n0 pseudo-observations.
 */
import type { Policy } from '../policy.ts';
import { DecayedSums, type SavedDecayedSums } from './decayed-sums.ts';

/** A latency spike is judged on evidence this much younger and older than the health window. */
const RECENT_PER_WINDOW = 0.25;
const USUAL_PER_WINDOW = 10;
/** No spike verdict on less evidence than this many observations. */
const SPIKE_EVIDENCE_MIN = 5;

export interface SavedTargetEstimates {
  readonly scored: SavedDecayedSums;
  readonly recent: SavedDecayedSums;
  readonly usual: SavedDecayedSums;
}

export class TargetEstimates {
  readonly attempts: Float64Array;
  readonly successes: Float64Array;
  readonly firstTokenCount: Float64Array;
  readonly firstTokenSum: Float64Array;
  readonly speedCount: Float64Array;
  readonly speedSum: Float64Array;
  readonly inputTokens: Float64Array;
  readonly cachedTokens: Float64Array;
  private readonly recentCount: Float64Array;
  private readonly recentLogSum: Float64Array;
  private readonly usualCount: Float64Array;
  private readonly usualLogSum: Float64Array;
  private readonly scored: DecayedSums;
  private readonly recent: DecayedSums;
  private readonly usual: DecayedSums;
  private readonly logSpikeFactor: number;

  constructor(targets: number, policy: Policy) {
    const column = (): Float64Array => new Float64Array(targets);
    this.attempts = column();
    this.successes = column();
    this.firstTokenCount = column();
    this.firstTokenSum = column();
    this.speedCount = column();
    this.speedSum = column();
    this.inputTokens = column();
    this.cachedTokens = column();
    this.recentCount = column();
    this.recentLogSum = column();
    this.usualCount = column();
    this.usualLogSum = column();
    this.scored = new DecayedSums(policy.score.halfLifeMs, this.scoredColumns());
    this.recent = new DecayedSums(policy.health.windowMs * RECENT_PER_WINDOW, [this.recentCount, this.recentLogSum]);
    this.usual = new DecayedSums(policy.health.windowMs * USUAL_PER_WINDOW, [this.usualCount, this.usualLogSum]);
    this.logSpikeFactor = Math.log(policy.health.latencySpikeFactor);
  }

  /** The factor by which the public sums are larger than their decayed values at this time. */
  scaleAt(nowMs: number): number {
    return this.scored.scaleAt(nowMs);
  }

  recordVerdict(target: number, isSuccess: boolean, nowMs: number): void {
    const weight = this.scored.scaleAt(nowMs);
    this.attempts[target] = this.attempts[target]! + weight;
    if (isSuccess) this.successes[target] = this.successes[target]! + weight;
  }

  recordFirstToken(target: number, firstTokenMs: number, nowMs: number): void {
    const weight = this.scored.scaleAt(nowMs);
    this.firstTokenCount[target] = this.firstTokenCount[target]! + weight;
    this.firstTokenSum[target] = this.firstTokenSum[target]! + weight * firstTokenMs;
    // Logarithms, because one cold start must not look like a spike.
    const logMs = Math.log(Math.max(firstTokenMs, 1));
    const recentWeight = this.recent.scaleAt(nowMs);
    this.recentCount[target] = this.recentCount[target]! + recentWeight;
    this.recentLogSum[target] = this.recentLogSum[target]! + recentWeight * logMs;
    const usualWeight = this.usual.scaleAt(nowMs);
    this.usualCount[target] = this.usualCount[target]! + usualWeight;
    this.usualLogSum[target] = this.usualLogSum[target]! + usualWeight * logMs;
  }

  recordSpeed(target: number, tokensPerSecond: number, nowMs: number): void {
    const weight = this.scored.scaleAt(nowMs);
    this.speedCount[target] = this.speedCount[target]! + weight;
    this.speedSum[target] = this.speedSum[target]! + weight * tokensPerSecond;
  }

  recordCacheUse(target: number, cachedTokens: number, inputTokens: number, nowMs: number): void {
    const weight = this.scored.scaleAt(nowMs);
    this.inputTokens[target] = this.inputTokens[target]! + weight * inputTokens;
    this.cachedTokens[target] = this.cachedTokens[target]! + weight * cachedTokens;
  }

  /** Is the recent (geometric) mean time to first token a multiple of the usual one? */
  isSpiking(target: number, nowMs: number): boolean {
    const recentScale = this.recent.scaleAt(nowMs);
    const recentEvidence = this.recentCount[target]! / recentScale;
    const usualEvidence = this.usualCount[target]! / this.usual.scaleAt(nowMs);
    if (recentEvidence < SPIKE_EVIDENCE_MIN || usualEvidence < 2 * SPIKE_EVIDENCE_MIN) return false;
    const recentMean = this.recentLogSum[target]! / this.recentCount[target]!;
    const usualMean = this.usualLogSum[target]! / this.usualCount[target]!;
    return recentMean - usualMean > this.logSpikeFactor;
  }

  /** Forgets what was seen of success and latency: the target is believed to be like the prior again. */
  forget(target: number): void {
    for (const column of this.scoredColumns()) column[target] = 0;
    this.recentCount[target] = 0;
    this.recentLogSum[target] = 0;
  }

  save(): SavedTargetEstimates {
    return { scored: this.scored.save(), recent: this.recent.save(), usual: this.usual.save() };
  }

  load(saved: SavedTargetEstimates): void {
    this.scored.load(saved.scored);
    this.recent.load(saved.recent);
    this.usual.load(saved.usual);
  }

  private scoredColumns(): Float64Array[] {
    return [
      this.attempts,
      this.successes,
      this.firstTokenCount,
      this.firstTokenSum,
      this.speedCount,
      this.speedSum,
      this.inputTokens,
      this.cachedTokens,
    ];
  }
}
