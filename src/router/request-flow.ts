/** The life of a request: begin -> (wait) -> send -> observe -> done, retried or rejected. */
import { backoffMs } from './attempt/backoff.ts';
import { abandonAttempt, endAttempt, startAttempt } from './attempt/attempt-ledger.ts';
import { findWaitingPlace } from './attempt/find-waiting-place.ts';
import { requestLifetimeMs } from './attempt/request-lifetime.ts';
import { needsAsMuch } from './attempt/request-needs.ts';
import { WaitingRoom } from './attempt/waiting-room.ts';
import { armOf, type Arm, type Canary } from './canary.ts';
import type { AttemptOutcome, Command, Decision, DecisionCause, RouterRequest, SendCommand } from './contract.ts';
import { chooseAmongEligible, chooseTarget, recordDecision } from './decide.ts';
import { placeRequest } from './routes/place-request.ts';
import { rejectDetails } from './routes/reject-details.ts';
import { steerRequest } from './routes/steer-request.ts';
import {
  refused,
  RETRY_AFTER_MIN_MS,
  unknownModel,
  whyExhausted,
  whyNobody,
  type Rejection,
} from './attempt/rejection.ts';
import { filterCandidates } from './candidates/filter-candidates.ts';
import { hashText } from './keyed-draw.ts';
import type { Policy } from './policy.ts';
import { Shadow, type HearShadow } from './shadow.ts';
import { PRIORITY_RANK } from './score/class-weights.ts';
import { OpenRequests } from './state/open-requests.ts';
import type { PendingRequest } from './state/pending-request.ts';
import { createShadowState, type RouterState } from './state/router-state.ts';

const SWEEP_EVERY_MS = 1_000;
/** How many requests that could not be placed are kept in mind, to pass over others that need as much. */
const UNPLACED_REMEMBERED = 8;

/** The answer to an input that asks nothing of the driver. */
const NOTHING: readonly Command[] = [];

export interface SavedRequestFlow {
  readonly decisions: number;
  readonly sweepAtMs: number;
  readonly open: ReturnType<OpenRequests['save']>;
  readonly room: ReturnType<WaitingRoom['save']>;
}

export class RequestFlow {
  isExplained: boolean;
  readonly canary: Canary | null;
  private readonly state: RouterState;
  /** The same as the canary's policy sees it; null without a canary. */
  private readonly canaryState: RouterState | null;
  private readonly seed: number;
  private readonly open: OpenRequests;
  private readonly room: WaitingRoom;
  private decisions = 0;
  private sweepAtMs = 0;
  private shadow: Shadow | null = null;
  /** Time of the last input. */
  latestMs = 0;

  constructor(state: RouterState, seed: number, isExplained: boolean, canary: Canary | null) {
    this.state = state;
    this.canary = canary;
    this.canaryState = canary === null ? null : createShadowState(state, canary.policy, seed);
    this.seed = seed;
    this.isExplained = isExplained;
    this.open = new OpenRequests(state.pool);
    this.room = new WaitingRoom(state.pool.lanes, state.keys, this.open.byId);
  }

  /** From now on this policy's decisions are told of, too. */
  follow(policy: Policy, hear: HearShadow): void {
    this.shadow = new Shadow(this.state, policy, this.seed, hear);
  }

  /** Ends what `follow` began. */
  unfollow(): void {
    this.shadow = null;
  }

  /** Of an open request as it began; of any other, the arm that it would begin in. */
  armOf(request: RouterRequest): Arm {
    return this.open.byId.get(request.requestId)?.arm ?? armOf(this.canary, request, this.seed);
  }

  /** The state as the policy sees it that the request goes by. */
  stateOf({ arm }: PendingRequest): RouterState {
    return this.canaryState === null || arm === 'main' ? this.state : this.canaryState;
  }

  get openRequests(): number {
    return this.open.byId.size;
  }

  get nextWakeAtMs(): number {
    return this.room.nextAtMs;
  }

  begin(request: RouterRequest, nowMs: number): readonly Command[] {
    this.advance(nowMs);
    if (nowMs >= this.sweepAtMs) this.forgetLost(nowMs);
    const arm = this.canary === null ? 'main' : armOf(this.canary, request, this.seed);
    const state = arm === 'main' ? this.state : this.canaryState!;
    const { pool, sessions, field } = state;
    const clientKey = pool.clientKeyIndex.find(request.clientKey);
    const isPlain = request.steering === null && pool.routes === null;
    const found = isPlain ? null : steerRequest(state, request, clientKey, nowMs);
    if (found !== null && 'code' in found) return [refused(request, found)];
    const steered = found === null ? null : found.steered;
    const placement = placeRequest(pool, request, clientKey, steered);
    if (placement.lane < 0) return [unknownModel(request)];
    const pending = this.open.admit(request, clientKey, placement, steered, arm, state.policy, nowMs);
    if (found !== null && found.scopeId !== null) sessions.instruct(found.scopeId, found.remembered, nowMs);
    const { lane } = placement;
    filterCandidates(state, pending, nowMs);
    if (field.eligibleCount > 0 && this.room.isEmpty(lane)) {
      return [this.send(pending, chooseAmongEligible(state, pending, nowMs), 'arrival', nowMs)];
    }
    const commands: Command[] = [];
    if (field.eligibleCount === 0) {
      this.waitOrReject(pending, 'arrival', nowMs, commands);
    } else {
      // Those who wait already go first; what they leave is for the newcomer.
      this.serveLanes([lane], nowMs, commands);
      this.place(pending, 'arrival', nowMs, commands);
    }
    return commands;
  }

  observe(outcome: AttemptOutcome, nowMs: number): readonly Command[] {
    this.advance(nowMs);
    const pending = this.open.byId.get(outcome.requestId);
    if (pending === undefined) return NOTHING;
    if (pending.phase !== 'sent') {
      if (outcome.kind !== 'cancelled') return NOTHING;
      this.room.leave(pending, nowMs);
      this.open.close(pending);
      return NOTHING;
    }
    if (outcome.attempt !== pending.attempts) return NOTHING;
    const { target } = pending;
    const effect = endAttempt(this.state, this.stateOf(pending).policy, pending, outcome, nowMs);
    const isOver = outcome.kind === 'success' || outcome.kind === 'cancelled';
    if (isOver) this.open.close(pending);
    if (isOver && this.state.keys.waitingTotal === 0) return NOTHING;
    const commands: Command[] = [];
    if (!isOver) {
      this.open.noteFailure(pending, {
        attempt: outcome.attempt,
        target: this.state.pool.targetIds[target]!,
        kind: outcome.kind,
        status: outcome.status,
        errorCode: outcome.errorCode,
      });
      if (outcome.reachedClient) {
        this.reject(pending, { code: 'STREAM_BROKEN', status: 502, retryAfterMs: null }, null, commands);
      } else if (effect.isRetryable) {
        this.retry(pending, outcome, nowMs, commands);
      } else {
        this.reject(
          pending,
          { code: 'UPSTREAM_REJECTED', status: outcome.status ?? 502, retryAfterMs: null },
          null,
          commands,
        );
      }
    }
    this.serveWaitingFor(this.state.pool.keyOf[target]!, nowMs, commands);
    return commands;
  }

  wake(nowMs: number): readonly Command[] {
    this.advance(nowMs);
    const commands: Command[] = [];
    for (let pending = this.room.takeDue(nowMs); pending !== null; pending = this.room.takeDue(nowMs)) {
      const wasQueued = pending.phase === 'queued';
      this.room.leave(pending, nowMs);
      // One that made no attempt yet waits on a timer only when a reconfiguration found no place for it to queue.
      if (!wasQueued) this.place(pending, pending.attempts > 0 ? 'retry' : 'queue', nowMs, commands);
      else if (pending.attempts > 0) this.reject(pending, whyExhausted(this.state, pending, nowMs), null, commands);
      else
        this.reject(pending, { code: 'QUEUE_TIMEOUT', status: 503, retryAfterMs: RETRY_AFTER_MIN_MS }, null, commands);
    }
    this.serveLanes(this.room.dueLanes(nowMs), nowMs, commands);
    return commands;
  }

  /** Something about a key's targets was changed from outside: they may have become eligible. */
  targetsChanged(key: number, nowMs: number): readonly Command[] {
    const commands: Command[] = [];
    this.serveWaitingFor(key, nowMs, commands);
    return commands;
  }

  /** Time moves on, never back. @throws Error */
  advance(nowMs: number): void {
    if (!(nowMs >= this.latestMs)) throw timeWentBack(this.latestMs, nowMs);
    this.latestMs = nowMs;
  }

  private serveWaitingFor(key: number, nowMs: number, commands: Command[]): void {
    if (this.state.keys.waitingTotal === 0) return;
    // Who sticks to something waits in the line of the route and may be served from elsewhere.
    const lanes = this.room.stickyWaiting > 0 ? this.state.pool.lanes.keys() : this.state.pool.lanesMovedByKey[key]!;
    this.serveLanes(lanes, nowMs, commands);
  }

  save(): SavedRequestFlow {
    return {
      decisions: this.decisions,
      sweepAtMs: this.sweepAtMs,
      open: this.open.save(),
      room: this.room.save(),
    };
  }

  load(saved: SavedRequestFlow, nowMs: number): void {
    this.latestMs = nowMs;
    this.decisions = saved.decisions;
    this.sweepAtMs = saved.sweepAtMs;
    this.open.load(saved.open);
    this.room.load(saved.room);
  }

  private place(pending: PendingRequest, cause: DecisionCause, nowMs: number, commands: Command[]): void {
    if (pending.lane < 0) {
      // A reconfiguration took away what was named, by an instruction or as the model.
      if (pending.steered !== null && pending.steered.forced !== null) {
        this.reject(pending, { code: 'PROVIDER_NOT_AVAILABLE', status: 503, retryAfterMs: null }, null, commands);
      } else {
        this.reject(pending, { code: 'UNKNOWN_MODEL', status: 404, retryAfterMs: null }, null, commands);
      }
      return;
    }
    const target = chooseTarget(this.stateOf(pending), pending, nowMs);
    if (target >= 0) commands.push(this.send(pending, target, cause, nowMs));
    else this.waitOrReject(pending, cause, nowMs, commands);
  }

  /** The record of what was just decided, and of what the shadow makes of it; nothing has come of it yet. */
  private record(pending: PendingRequest, cause: DecisionCause, nowMs: number): Decision {
    const decision = recordDecision(this.stateOf(pending), pending, cause, nowMs, this.isExplained);
    if (this.shadow !== null) this.shadow.decide(pending, cause, decision, nowMs);
    return decision;
  }

  private send(pending: PendingRequest, target: number, cause: DecisionCause, nowMs: number): SendCommand {
    const decision = this.record(pending, cause, nowMs);
    startAttempt(this.state, pending, target, this.decisions++, nowMs);
    return {
      kind: 'send',
      requestId: pending.request.requestId,
      attempt: pending.attempts,
      target: this.state.pool.targetIds[target]!,
      targetIndex: target,
      decision,
    };
  }

  /** No candidate is eligible (the scratch arrays say why): queue the request if that can help. */
  private waitOrReject(pending: PendingRequest, cause: DecisionCause, nowMs: number, commands: Command[]): void {
    const state = this.stateOf(pending);
    const { queue, retry } = state.policy;
    const place = findWaitingPlace(state, pending, nowMs);
    const untilMs = Math.min(nowMs + queue.timeoutMs, pending.arrivedAtMs + retry.deadlineMs);
    if (place.key >= 0 && untilMs > nowMs) {
      this.room.retryLaneBy(pending.lane, place.recoversAtMs > nowMs ? place.recoversAtMs : Infinity);
      this.room.queue(pending, place.key, untilMs, nowMs);
      commands.push({ kind: 'wait', requestId: pending.request.requestId, reason: 'queued', untilMs });
      return;
    }
    const decision = this.record(pending, cause, nowMs);
    if (pending.attempts > 0) {
      this.reject(pending, whyExhausted(this.state, pending, nowMs), decision, commands);
      return;
    }
    this.reject(pending, whyNobody(state, pending, place, nowMs), decision, commands);
  }

  private retry(pending: PendingRequest, outcome: AttemptOutcome, nowMs: number, commands: Command[]): void {
    const state = this.stateOf(pending);
    const { retry } = state.policy;
    const untilMs = nowMs + backoffMs(retry, this.seed, hashText(pending.request.requestId), pending.attempts);
    const isTooLate = pending.attempts >= retry.attemptsMax || untilMs > pending.arrivedAtMs + retry.deadlineMs;
    if (isTooLate || pending.lane < 0) {
      this.reject(pending, whyExhausted(this.state, pending, nowMs), null, commands);
      return;
    }
    filterCandidates(state, pending, nowMs);
    if (state.field.eligibleCount === 0 && findWaitingPlace(state, pending, nowMs).key < 0) {
      // Nobody is left who could take it: say so now, not after the backoff.
      const decision = this.record(pending, 'retry', nowMs);
      this.reject(pending, whyExhausted(this.state, pending, nowMs), decision, commands);
      return;
    }
    this.room.backOff(pending, untilMs);
    commands.push({ kind: 'wait', requestId: outcome.requestId, reason: 'backoff', untilMs });
  }

  private reject(
    pending: PendingRequest,
    { code, status, retryAfterMs }: Rejection,
    decision: Decision | null,
    commands: Command[],
  ): void {
    const isNamed = code === 'PROVIDER_NOT_AVAILABLE' || code === 'UNSUPPORTED_REQUEST';
    commands.push({
      kind: 'reject',
      requestId: pending.request.requestId,
      code,
      status,
      retryAfterMs,
      attempts: pending.failedAttempts,
      decision,
      details:
        isNamed && pending.steered !== null ? rejectDetails(this.stateOf(pending), pending, pending.steered) : null,
    });
    this.open.close(pending);
  }

  /** Serves the lines of these lanes, best priority and longest wait first, until none of them can move. */
  private serveLanes(lanes: Iterable<number>, nowMs: number, commands: Command[]): void {
    const movable = new Set<number>();
    for (const lane of lanes) if (!this.room.isEmpty(lane)) movable.add(lane);
    while (movable.size > 0) {
      let next: PendingRequest | null = null;
      for (const lane of movable) {
        const head = this.room.peek(lane);
        if (head === null) movable.delete(lane);
        else if (next === null || goesBefore(head, next)) next = head;
      }
      if (next !== null && !this.serveOne(next.lane, nowMs, commands)) movable.delete(next.lane);
    }
  }

  /** Sends the first request of a lane that can be placed; when none can, notes when that may change. */
  private serveOne(lane: number, nowMs: number, commands: Command[]): boolean {
    let retryAtMs = Infinity;
    const unplaced: PendingRequest[] = [];
    for (const pending of this.room.inOrder(lane)) {
      if (unplaced.some((other) => needsAsMuch(pending, other))) continue;
      const target = chooseTarget(this.stateOf(pending), pending, nowMs);
      if (target >= 0) {
        this.room.leave(pending, nowMs);
        commands.push(this.send(pending, target, 'queue', nowMs));
        return true;
      }
      const { recoversAtMs } = findWaitingPlace(this.stateOf(pending), pending, nowMs);
      // What is due already but did not help needs another event; asking again at the same time would never end.
      if (recoversAtMs > nowMs) retryAtMs = Math.min(retryAtMs, recoversAtMs);
      if (unplaced.length < UNPLACED_REMEMBERED) unplaced.push(pending);
    }
    this.room.retryLaneAt(lane, retryAtMs);
    return false;
  }

  /** A driver that lost an attempt must not keep its key occupied for ever. */
  private forgetLost(nowMs: number): void {
    this.sweepAtMs = nowMs + SWEEP_EVERY_MS;
    const lifetimeMs = requestLifetimeMs(this.state.policy, this.canary);
    for (const pending of this.open.byId.values()) {
      if (pending.arrivedAtMs + lifetimeMs >= nowMs) return;
      if (pending.phase === 'sent') abandonAttempt(this.state, pending, nowMs);
      else this.room.leave(pending, nowMs);
      this.open.close(pending);
    }
  }
}

/** Not written where it is thrown: the engine would turn every time into text ahead of the test. */
function timeWentBack(fromMs: number, toMs: number): Error {
  return new Error(`time went back from ${fromMs} to ${toMs} ms`);
}

function goesBefore(a: PendingRequest, b: PendingRequest): boolean {
  const byPriority = PRIORITY_RANK[a.priority] - PRIORITY_RANK[b.priority];
  return byPriority > 0 || (byPriority === 0 && a.sequence < b.sequence);
}
