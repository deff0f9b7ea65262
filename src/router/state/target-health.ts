/**
 * Health of every target: windowed failure ratio and latency spikes drive the state machine; a cooldown is
 * followed by a few probes. Rate limits, a client's own errors and load are no matters of health.
 */
import { TARGET_STATES, type TargetState } from '../contract.ts';
import type { Policy } from '../policy.ts';
import type { CompiledPool } from './compiled-pool.ts';
import { SlidingWindows, type SavedWindows } from './sliding-windows.ts';
import { nextTargetState, STATE_CODE, type HealthEvent } from './target-state-machine.ts';

const BUCKETS_PER_WINDOW = 12;
const { healthy, degraded, unhealthy, cooldown, probing, disabled } = STATE_CODE as Record<TargetState, number>;
/** Attempts of target i are in window 2i, failures in 2i + 1. */
const attemptsWindow = (target: number): number => 2 * target;
const failuresWindow = (target: number): number => 2 * target + 1;

/** Every column is indexed by target. */
export interface SavedTargetHealth {
  readonly states: readonly number[];
  readonly attempts: SavedWindows;
  readonly failures: SavedWindows;
  readonly inFlight: readonly number[];
  readonly restsUntilMs: readonly number[];
  readonly cooldownLevel: readonly number[];
  readonly probesInFlight: readonly number[];
  readonly probesPassed: readonly number[];
  readonly reviewAtMs: readonly number[];
  readonly spiking: readonly number[];
}

/** Length of the steps in which a health window of this length moves on, ms. */
export function healthBucketMs(windowMs: number): number {
  return Math.max(1, Math.ceil(windowMs / BUCKETS_PER_WINDOW));
}

export class TargetHealth {
  readonly states: Uint8Array;
  readonly inFlight: Float64Array;
  readonly restsUntilMs: Float64Array;
  /** How many targets are probing. */
  probingTargets = 0;
  private readonly windows: SlidingWindows;
  private readonly cooldownLevel: Uint8Array;
  private readonly probesInFlight: Int32Array;
  private readonly probesPassed: Int32Array;
  /** When the passing of time alone may change the state; never-due is far in the future, JSON-safe. */
  readonly reviewAtMs: Float64Array;
  private readonly spiking: Uint8Array;
  private readonly bucketMs: number;
  private readonly policy: Policy['health'];
  /** Told when a target comes back from a cooldown, so that old evidence is forgotten. */
  private readonly onReturn: (target: number) => void;

  constructor(pool: CompiledPool, policy: Policy['health'], onReturn: (target: number) => void) {
    const targets = pool.targetIds.length;
    this.policy = policy;
    this.onReturn = onReturn;
    this.bucketMs = healthBucketMs(policy.windowMs);
    this.windows = new SlidingWindows(
      Array.from({ length: 2 * targets }, () => ({ bucketMs: this.bucketMs, buckets: BUCKETS_PER_WINDOW + 1 })),
    );
    this.states = Uint8Array.from(pool.startsDisabled, (isDisabled) => (isDisabled ? disabled : healthy));
    this.inFlight = new Float64Array(targets);
    this.restsUntilMs = new Float64Array(targets);
    this.cooldownLevel = new Uint8Array(targets);
    this.probesInFlight = new Int32Array(targets);
    this.probesPassed = new Int32Array(targets);
    this.reviewAtMs = new Float64Array(targets).fill(Number.MAX_VALUE);
    this.spiking = new Uint8Array(targets);
  }

  /** The state at this time, as a code of {@link STATE_CODE}. */
  stateAt(target: number, nowMs: number): number {
    if (nowMs >= this.reviewAtMs[target]!) this.review(target, nowMs);
    return this.states[target]!;
  }

  nameOf(target: number): TargetState {
    return TARGET_STATES[this.states[target]!]!;
  }

  /** Until when the target's health keeps it out: 0 when it does not, Infinity when only an event can end that. */
  blockedUntilMs(target: number, nowMs: number): number {
    switch (this.stateAt(target, nowMs)) {
      case disabled:
        return Infinity;
      case unhealthy:
      case cooldown:
        return this.restsUntilMs[target]!;
      case probing:
        return this.probesInFlight[target]! >= this.policy.probeConcurrency ? Infinity : 0;
      default:
        return 0;
    }
  }

  isDegraded(target: number): boolean {
    return this.states[target] === degraded;
  }

  recentFailures(target: number, nowMs: number): number {
    return this.windows.sum(failuresWindow(target), nowMs);
  }

  /** Attempts and failures in the window that ends now, without changing anything. */
  peekWindow(target: number, nowMs: number): { readonly attempts: number; readonly failures: number } {
    const attempts = this.windows.peek(attemptsWindow(target), nowMs);
    return { attempts, failures: this.windows.peek(failuresWindow(target), nowMs) };
  }

  isProbing(target: number): boolean {
    return this.states[target] === probing;
  }

  /** When the passing of time changes the number of recent failures next, if there are any. */
  failuresChangeAtMs(target: number): number {
    return this.windows.changesAtMs(failuresWindow(target));
  }

  /** An attempt is sent. Returns true when it is a probe. */
  enter(target: number): boolean {
    this.inFlight[target] = this.inFlight[target]! + 1;
    if (this.states[target] !== probing) return false;
    this.probesInFlight[target] = this.probesInFlight[target]! + 1;
    return true;
  }

  /**
   * An attempt ended.
   *
   * @param verdict what it says about the target's health; `none` for 429, client errors and cancellations
   * @param spiking whether recent latency is out of proportion to the usual one
   */
  leave(target: number, isProbe: boolean, verdict: 'good' | 'bad' | 'none', spiking: boolean, nowMs: number): void {
    this.stateAt(target, nowMs);
    this.inFlight[target] = this.inFlight[target]! - 1;
    if (isProbe && this.states[target] === probing) {
      this.probesInFlight[target] = Math.max(0, this.probesInFlight[target]! - 1);
    }
    if (verdict !== 'none') {
      this.spiking[target] = spiking ? 1 : 0;
      this.windows.add(attemptsWindow(target), nowMs, 1, nowMs);
      if (verdict === 'bad') this.windows.add(failuresWindow(target), nowMs, 1, nowMs);
    }
    switch (this.states[target]) {
      case healthy:
      case degraded:
        if (verdict !== 'none') this.judge(target, nowMs);
        break;
      case unhealthy:
        if (verdict === 'bad') this.restUntil(target, nowMs + this.cooldownMs(target));
        if (this.inFlight[target]! <= 0) this.move(target, 'drained');
        break;
      case probing:
        if (isProbe && verdict !== 'none') this.judgeProbe(target, verdict, nowMs);
        break;
      default:
        break;
    }
  }

  /** Takes the target out until a time; a longer rest is never shortened. */
  expel(target: number, untilMs: number): void {
    if (this.states[target] === disabled) return;
    this.move(target, 'expel');
    this.restUntil(target, Math.max(untilMs, this.restsUntilMs[target]!));
  }

  disable(target: number): void {
    if (this.states[target] !== disabled) this.move(target, 'disable');
    this.reviewAtMs[target] = Number.MAX_VALUE;
  }

  /** Brings back a target that is disabled, rests or is on probation; one that takes requests is left as it is. */
  enable(target: number): void {
    const state = this.states[target];
    if (state === healthy || state === degraded) return;
    this.comeBack(target, 'enable');
    this.restsUntilMs[target] = 0;
    this.cooldownLevel[target] = 0;
  }

  save(): SavedTargetHealth {
    const windows = this.windows.save();
    const targets = [...this.states.keys()];
    return {
      states: [...this.states],
      attempts: targets.map((target) => windows[attemptsWindow(target)]!),
      failures: targets.map((target) => windows[failuresWindow(target)]!),
      inFlight: [...this.inFlight],
      restsUntilMs: [...this.restsUntilMs],
      cooldownLevel: [...this.cooldownLevel],
      probesInFlight: [...this.probesInFlight],
      probesPassed: [...this.probesPassed],
      reviewAtMs: [...this.reviewAtMs],
      spiking: [...this.spiking],
    };
  }

  load(saved: SavedTargetHealth): void {
    this.states.set(saved.states);
    this.probingTargets = saved.states.filter((state) => state === probing).length;
    this.windows.load(saved.attempts.flatMap((attempts, target) => [attempts, saved.failures[target]!]));
    this.inFlight.set(saved.inFlight);
    this.restsUntilMs.set(saved.restsUntilMs);
    this.cooldownLevel.set(saved.cooldownLevel);
    this.probesInFlight.set(saved.probesInFlight);
    this.probesPassed.set(saved.probesPassed);
    this.reviewAtMs.set(saved.reviewAtMs);
    this.spiking.set(saved.spiking);
  }

  private review(target: number, nowMs: number): void {
    const state = this.states[target];
    if (state === degraded) {
      this.judge(target, nowMs);
    } else if ((state === cooldown || state === unhealthy) && nowMs >= this.restsUntilMs[target]!) {
      this.comeBack(target, 'rested');
    }
  }

  private judge(target: number, nowMs: number): void {
    const attempts = this.windows.sum(attemptsWindow(target), nowMs);
    const failures = this.windows.sum(failuresWindow(target), nowMs);
    const isKnown = attempts >= this.policy.minSamples;
    // A latency verdict is as old as the last answer; without answers in the window it no longer stands.
    const isSpiking = this.spiking[target] === 1 && attempts > 0;
    if (isKnown && failures > this.policy.unhealthyFailureRatio * attempts) {
      this.move(target, 'trip');
      this.restUntil(target, nowMs + this.cooldownMs(target));
      if (this.inFlight[target]! <= 0) this.move(target, 'drained');
    } else if (isSpiking || (isKnown && failures > this.policy.degradedFailureRatio * attempts)) {
      if (this.states[target] === healthy) this.move(target, 'struggle');
      // When the window next forgets something, whenever this is asked.
      this.reviewAtMs[target] = (Math.floor(nowMs / this.bucketMs) + 1) * this.bucketMs;
    } else {
      if (this.states[target] === degraded) this.move(target, 'steady');
      this.cooldownLevel[target] = 0;
      this.reviewAtMs[target] = Number.MAX_VALUE;
    }
  }

  private judgeProbe(target: number, verdict: 'good' | 'bad', nowMs: number): void {
    if (verdict === 'bad') {
      this.move(target, 'relapse');
      this.cooldownLevel[target] = Math.min(this.cooldownLevel[target]! + 1, 30);
      this.restUntil(target, nowMs + this.cooldownMs(target));
      return;
    }
    this.probesPassed[target] = this.probesPassed[target]! + 1;
    if (this.probesPassed[target]! >= this.policy.probesToRecover) this.move(target, 'passed');
  }

  private comeBack(target: number, event: 'rested' | 'enable'): void {
    this.move(target, event);
    this.windows.clear(attemptsWindow(target));
    this.windows.clear(failuresWindow(target));
    this.probesInFlight[target] = 0;
    this.probesPassed[target] = 0;
    this.spiking[target] = 0;
    this.reviewAtMs[target] = Number.MAX_VALUE;
    this.onReturn(target);
  }

  private cooldownMs(target: number): number {
    return Math.min(this.policy.cooldownMs * 2 ** this.cooldownLevel[target]!, this.policy.cooldownMaxMs);
  }

  private restUntil(target: number, untilMs: number): void {
    this.restsUntilMs[target] = untilMs;
    this.reviewAtMs[target] = untilMs;
  }

  private move(target: number, event: HealthEvent): void {
    const before = this.states[target];
    const after = STATE_CODE[nextTargetState(this.nameOf(target), event)];
    if (before === probing) this.probingTargets--;
    if (after === probing) this.probingTargets++;
    this.states[target] = after;
  }
}
