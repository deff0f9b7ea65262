/**
 * Where requests wait: for a free target (in the line of their lane, holding a place in some key's queue) or
 * for the end of a backoff. Knows when something is due; decides nothing about targets.
 */
import type { Lane } from '../state/compiled-lanes.ts';
import type { KeyGate } from '../state/key-gate.ts';
import type { PendingRequest } from '../state/pending-request.ts';
import { Timers, type Timer } from '../state/timers.ts';
import { WaitingLine } from '../state/waiting-line.ts';

export interface SavedWaitingRoom {
  readonly lines: readonly (readonly string[])[];
  readonly retryAtMs: readonly (number | null)[];
  readonly timers: readonly Timer[];
}

export class WaitingRoom {
  /** How many in the lines may be served from another lane than their own. */
  stickyWaiting = 0;
  private readonly lines: readonly WaitingLine[];
  /** When a lane may move again by the passing of time alone; Infinity when only an event can move it. */
  private readonly retryAtMs: Float64Array;
  private readonly timers: Timers;
  private readonly keys: KeyGate;
  private readonly open: ReadonlyMap<string, PendingRequest>;

  constructor(lanes: readonly Lane[], keys: KeyGate, open: ReadonlyMap<string, PendingRequest>) {
    this.lines = lanes.map(() => new WaitingLine());
    this.retryAtMs = new Float64Array(lanes.length).fill(Infinity);
    this.keys = keys;
    this.open = open;
    this.timers = new Timers((timer) => {
      const pending = open.get(timer.requestId);
      return pending !== undefined && pending.sequence === timer.sequence && pending.timerAtMs === timer.atMs;
    });
  }

  get nextAtMs(): number {
    let next = this.timers.nextAtMs;
    if (this.keys.waitingTotal === 0) return next;
    for (const retryAtMs of this.retryAtMs) if (retryAtMs < next) next = retryAtMs;
    return next;
  }

  isEmpty(lane: number): boolean {
    return this.lines[lane]!.size === 0;
  }

  peek(lane: number): PendingRequest | null {
    return this.lines[lane]!.peek();
  }

  /** Everyone who waits in a lane, in order of service. */
  inOrder(lane: number): PendingRequest[] {
    return this.lines[lane]!.inOrder();
  }

  queue(pending: PendingRequest, key: number, untilMs: number, nowMs: number): void {
    pending.phase = 'queued';
    pending.hasWaited = true;
    pending.queueKey = key;
    pending.queuedSinceMs = nowMs;
    this.keys.queue(key);
    if (pending.stickyLane >= 0) this.stickyWaiting++;
    this.lines[pending.lane]!.push(pending);
    this.setTimer(pending, untilMs);
  }

  backOff(pending: PendingRequest, untilMs: number): void {
    pending.phase = 'backoff';
    pending.hasWaited = true;
    this.setTimer(pending, untilMs);
  }

  /** Ends a wait of either kind; a no-op for a request that is not waiting. */
  leave(pending: PendingRequest, nowMs: number): void {
    if (pending.phase === 'sent') return;
    if (pending.phase === 'queued') {
      this.keys.unqueue(pending.queueKey);
      if (pending.stickyLane >= 0) this.stickyWaiting--;
      pending.queueKey = -1;
      pending.queuedMs += nowMs - pending.queuedSinceMs;
      this.lines[pending.lane]!.left(pending);
      if (this.isEmpty(pending.lane)) this.retryAtMs[pending.lane] = Infinity;
    }
    pending.phase = 'sent';
    if (pending.timerAtMs >= 0) {
      pending.timerAtMs = -1;
      this.timers.retire();
    }
  }

  /** The lane moves at this time, or earlier if that is known already. */
  retryLaneBy(lane: number, atMs: number): void {
    this.retryAtMs[lane] = Math.min(this.retryAtMs[lane]!, atMs);
  }

  retryLaneAt(lane: number, atMs: number): void {
    this.retryAtMs[lane] = atMs;
  }

  /** Lanes whose time to move has come. */
  dueLanes(nowMs: number): number[] {
    const due: number[] = [];
    for (let lane = 0; lane < this.retryAtMs.length; lane++) {
      if (this.retryAtMs[lane]! <= nowMs) due.push(lane);
    }
    return due;
  }

  /** The next request whose timer is due, or null; its wait is not ended yet. */
  takeDue(nowMs: number): PendingRequest | null {
    const timer = this.timers.takeDue(nowMs);
    if (timer === null) return null;
    const pending = this.open.get(timer.requestId)!;
    pending.timerAtMs = -1;
    return pending;
  }

  save(): SavedWaitingRoom {
    return {
      lines: this.lines.map((line) => line.save()),
      retryAtMs: [...this.retryAtMs].map((atMs) => (atMs === Infinity ? null : atMs)),
      timers: this.timers.save(),
    };
  }

  load(saved: SavedWaitingRoom): void {
    saved.lines.forEach((ids, lane) => ids.forEach((id) => this.lines[lane]!.push(this.open.get(id)!)));
    for (const { phase, stickyLane } of this.open.values())
      if (phase === 'queued' && stickyLane >= 0) this.stickyWaiting++;
    this.retryAtMs.set(saved.retryAtMs.map((atMs) => atMs ?? Infinity));
    this.timers.load(saved.timers);
  }

  private setTimer(pending: PendingRequest, atMs: number): void {
    pending.timerAtMs = atMs;
    this.timers.add({ atMs, sequence: pending.sequence, requestId: pending.request.requestId });
  }
}
