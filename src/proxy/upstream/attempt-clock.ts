/**
 * The time limits of one attempt with one timer. A limit that has moved on is found out when the timer fires, so
 * that nothing has to be set anew for a chunk; only one that has become sooner sets it again.
 */
import type { AttemptTimeouts } from './attempt-result.ts';
import type { TimeoutCause } from './failure-code.ts';

/** A timer may be early by a fraction of a millisecond. */
const EARLY_MS = 0.5;
const TIMER_MS_MAX = 2_147_483_647;
/** What a provider gets to end an answer that has said all that matters, ms. */
const LINGER_MS = 1_000;

/** Who is told. */
export interface ClockOwner {
  /** @param cause `linger`: the time for the rest of an answer that no longer matters is over */
  timeOut(cause: TimeoutCause | 'linger'): void;
}

export class AttemptClock {
  readonly startedAtMs = performance.now();
  /** The request is on a connection. */
  isConnected = false;
  /** The client takes nothing now. */
  isPaused = false;
  private isFlowing = false;
  private isStopped = false;
  private readonly timeouts: AttemptTimeouts;
  private readonly isStream: boolean;
  private readonly owner: ClockOwner;
  private latestByteAtMs = 0;
  private lingersUntilMs = Infinity;
  private timer: NodeJS.Timeout | null = null;
  private firesAtMs = Infinity;

  constructor(timeouts: AttemptTimeouts, isStream: boolean, owner: ClockOwner) {
    this.timeouts = timeouts;
    this.isStream = isStream;
    this.owner = owner;
    this.arm();
  }

  elapsedMs(): number {
    return performance.now() - this.startedAtMs;
  }

  noteByte(): void {
    this.latestByteAtMs = performance.now();
  }

  /** The first content has come; of an answer that is not streamed, its first byte. From now on pauses count. */
  flow(): void {
    this.isFlowing = true;
    this.noteByte();
    this.armIfSooner();
  }

  /** The client takes again what comes. */
  resume(): void {
    this.isPaused = false;
    this.noteByte();
    this.armIfSooner();
  }

  /** What is to come decides nothing: do not wait long for it. */
  linger(): void {
    this.lingersUntilMs = performance.now() + LINGER_MS;
    this.armIfSooner();
  }

  stop(): void {
    this.isStopped = true;
    this.clearTimer();
  }

  /**
   * The timer's: a limit has been reached, or has moved on.
   *
   * @param isSure what was waiting in the sockets has been read. When this process was busy for a while, the bytes
   *   that would have moved the limit may be there already, and timers come before them.
   */
  check(isSure: boolean): void {
    if (this.isStopped) return;
    const nextAtMs = this.nextAtMs();
    if (performance.now() + EARLY_MS < nextAtMs) this.arm();
    else if (isSure) this.owner.timeOut(this.causeAt(nextAtMs));
    else setImmediate(checkAgain, this);
  }

  private armIfSooner(): void {
    if (this.nextAtMs() < this.firesAtMs) this.arm();
  }

  private clearTimer(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  private arm(): void {
    this.clearTimer();
    this.firesAtMs = this.nextAtMs();
    const waitMs = this.firesAtMs - performance.now();
    this.timer = setTimeout(check, Math.min(TIMER_MS_MAX, Math.max(1, Math.ceil(waitMs))), this);
  }

  private nextAtMs(): number {
    return Math.min(this.connectAtMs(), this.firstTokenAtMs(), this.idleAtMs(), this.totalAtMs(), this.lingersUntilMs);
  }

  private causeAt(atMs: number): TimeoutCause | 'linger' {
    if (this.lingersUntilMs === atMs) return 'linger';
    if (this.connectAtMs() === atMs) return 'connect';
    if (this.firstTokenAtMs() === atMs) return 'firstToken';
    return this.totalAtMs() === atMs ? 'total' : 'idle';
  }

  private connectAtMs(): number {
    return this.isConnected ? Infinity : this.startedAtMs + this.timeouts.connectMs;
  }

  private firstTokenAtMs(): number {
    return this.isStream && !this.isFlowing ? this.startedAtMs + this.timeouts.firstTokenMs : Infinity;
  }

  private idleAtMs(): number {
    return this.isFlowing && !this.isPaused ? this.latestByteAtMs + this.timeouts.idleMs : Infinity;
  }

  private totalAtMs(): number {
    return this.startedAtMs + this.timeouts.totalMs;
  }
}

function check(clock: AttemptClock): void {
  clock.check(false);
}

function checkAgain(clock: AttemptClock): void {
  clock.check(true);
}
