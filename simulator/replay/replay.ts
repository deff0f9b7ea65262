/**
 * The simulated driver: it gives the core its clock and its inputs, carries out its commands against the twins,
 * and tells an observer what came of it. Routing is decided by the core alone.
 */
import type { TraceRow, TraceSource } from '../../datasets/trace.ts';
import { BadInput } from '../../src/config/bad-input.ts';
import type { InputPayloads } from '../../src/log/payload.ts';
import type { LogRecorder } from '../../src/log/recorder.ts';
import type { AttemptOutcome, Command, RejectCommand, RouterRequest, SendCommand } from '../../src/router/contract.ts';
import {
  ANY_MODEL,
  CORE_VERSION,
  createRouter,
  DuplicateRequest,
  namedTargets,
  type Router,
} from '../../src/router/index.ts';
import { hashText } from '../../src/router/keyed-draw.ts';
import type { Policy } from '../../src/router/policy.ts';
import { settleFromRecording, type RecordedOutcomes } from '../counterfactual/settle-from-recording.ts';
import { tierOfAttempt, type Tier } from '../counterfactual/tier-tally.ts';
import type { Scenario } from '../scenario.ts';
import { createFleet, type Fleet } from '../twins/fleet.ts';
import { clientLeavesAtMs, endOfAttempt, outcomeOfAttempt, outcomeOfLeaving, plainOutcome } from './attempt-end.ts';
import { NO_ROUTE_YET, type ClientCall } from './client-call.ts';
import { EVENT, EventQueue } from './event-queue.ts';
import { SessionTurns, type Turn } from './session-turns.ts';

// Constants of its own, because the engine folds those into the code and loads imported ones each time.
const { arrival: ARRIVAL, end: END, leave: LEAVE, wake: WAKE } = EVENT;

/** Told what happens, in the order of simulated time. Call objects change afterwards: read them, keep none. */
export interface ReplayObserver {
  /** Simulated time moves on to this moment; called before anything happens at it. */
  timeMoves(router: Router, nowMs: number): void;
  arrived(call: ClientCall, nowMs: number): void;
  sent(call: ClientCall, command: SendCommand, nowMs: number): void;
  /** @param tier what the outcome rests on: 1 the log, 2 a donor of the log, 3 the twin */
  attemptEnded(call: ClientCall, outcome: AttemptOutcome, nowMs: number, tier: Tier): void;
  completed(call: ClientCall, outcome: AttemptOutcome, nowMs: number): void;
  rejected(call: ClientCall, command: RejectCommand, nowMs: number): void;
  cancelled(call: ClientCall, nowMs: number): void;
}

export interface ReplaySettings {
  readonly scenario: Scenario;
  readonly policy: Policy;
  readonly seed: number;
  readonly observer: ReplayObserver;
  /** Receives all inputs and commands; decisions are then explained. */
  readonly recorder?: (LogRecorder & { drain(): Promise<void> }) | undefined;
  /** First input to be recorded; see `ConfigurePayload`. */
  readonly policyName?: string;
  readonly policyHash?: string;
  /** Where to take outcomes from before the twins are asked; nowhere unless given. */
  readonly outcomes?: RecordedOutcomes | undefined;
  /** Called now and then with the number of rows read so far. */
  readonly onProgress?: ((rows: number) => void) | undefined;
}

export interface ReplayTotals {
  readonly events: number;
  /** Requests for a model that the scenario's pool does not know; they were asked for as `auto`. */
  readonly askedAsAuto: number;
  /** Requests that had not ended when nothing was left to happen; 0 unless something was lost. */
  readonly inFlight: number;
  readonly router: Router;
}

/**
 * Replays a trace to its end: until the last request has ended.
 *
 * @throws BadInput when a request id occurs twice among the requests in flight
 */
export async function replay(trace: TraceSource, settings: ReplaySettings): Promise<ReplayTotals> {
  const run = new ReplayRun(settings, trace.name);
  let rows = 0;
  for await (const batch of trace.batches()) {
    run.play(batch);
    rows += batch.length;
    settings.onProgress?.(rows);
    await settings.recorder?.drain();
  }
  run.finish();
  await settings.recorder?.drain();
  return run.totals();
}

class ReplayRun {
  private readonly router: Router;
  private readonly fleet: Fleet;
  private readonly events = new EventQueue();
  private readonly slots: (ClientCall | Turn | null)[] = [];
  private readonly freeSlots: number[] = [];
  /** Calls that wait in the core, by request id: only these can be named by a command that another input brought. */
  private readonly waiting = new Map<string, ClientCall>();
  private openCalls = 0;
  private readonly turns: SessionTurns | null;
  /** What can be asked for. */
  private readonly names: ReadonlyMap<string, unknown>;
  /** A known one: most rows ask for what the row before them asked for. */
  private latestModel: string = ANY_MODEL;
  private readonly settings: ReplaySettings;
  private readonly traceName: string;
  private readonly observer: ReplayObserver;
  private readonly recorder: LogRecorder | undefined;
  private readonly sought = {
    requestId: '',
    requestKey: 0,
    inputTokens: 0,
    outputTokens: 0,
    stream: false,
    sessionKey: 0,
    prefixBlocks: null as readonly number[] | null,
  };
  private readonly clientsCanLeave: boolean;
  private rowsSeen = 0;
  private inputs = 0;
  private eventCount = 0;
  private askedAsAuto = 0;
  private nowMs = 0;

  constructor(settings: ReplaySettings, traceName: string) {
    const { scenario, policy, seed, outcomes } = settings;
    this.settings = settings;
    this.traceName = traceName;
    this.observer = settings.observer;
    this.recorder = settings.recorder;
    this.router = createRouter(scenario.pool, policy, { seed, explain: settings.recorder !== undefined });
    const { targetIds } = this.router;
    const settle = outcomes === undefined ? null : settleFromRecording(outcomes, targetIds, seed);
    this.fleet = createFleet(scenario, targetIds, seed, settle);
    this.turns = scenario.clients.sessions === 'wait' ? new SessionTurns(scenario.clients.thinkTime, seed) : null;
    this.clientsCanLeave = scenario.clients.firstTokenTimeoutMs !== null || scenario.clients.totalTimeoutMs !== null;
    this.names = namedTargets(scenario.pool);
    this.recorder?.input(0, 0, 'configure', {
      pool: scenario.pool,
      policy,
      policyName: settings.policyName ?? '',
      policyHash: settings.policyHash ?? '',
      seed,
      coreVersion: CORE_VERSION,
    });
  }

  /** Plays all that happens up to and including the arrivals of these rows. */
  play(rows: readonly TraceRow[]): void {
    for (const row of rows) {
      const sequence = this.rowsSeen++;
      this.playUntil(row.arrivalMs, ARRIVAL, sequence);
      this.moveTime(row.arrivalMs);
      this.eventCount++;
      this.offer(row, sequence);
    }
  }

  /** Plays on until nothing is left to happen. */
  finish(): void {
    this.playUntil(Infinity, LEAVE, Infinity);
  }

  totals(): ReplayTotals {
    return { events: this.eventCount, askedAsAuto: this.askedAsAuto, inFlight: this.openCalls, router: this.router };
  }

  /** Plays every event that comes before (time, kind, sequence). */
  private playUntil(timeMs: number, kind: number, sequence: number): void {
    const { events, router } = this;
    for (;;) {
      const wakeAtMs = router.nextWakeAtMs;
      const hasEvent = events.size > 0;
      const eventAtMs = hasEvent ? events.timeMs : Infinity;
      if (wakeAtMs < eventAtMs || (wakeAtMs === eventAtMs && hasEvent && WAKE < events.kind)) {
        if (wakeAtMs > timeMs || (wakeAtMs === timeMs && kind < WAKE) || wakeAtMs === Infinity) return;
        this.eventCount++;
        this.moveTime(wakeAtMs);
        this.input('wake', {});
        this.carryOut(router.wake(wakeAtMs), null);
        continue;
      }
      if (!hasEvent || eventAtMs > timeMs) return;
      if (eventAtMs === timeMs && (events.kind > kind || (events.kind === kind && events.sequence > sequence))) return;
      this.eventCount++;
      this.playEvent();
    }
  }

  private playEvent(): void {
    const { events } = this;
    const { timeMs, kind, slot } = events;
    events.pop();
    const content = this.slots[slot]!;
    this.slots[slot] = null;
    this.freeSlots.push(slot);
    if (kind === ARRIVAL) {
      const turn = content as Turn;
      this.moveTime(timeMs);
      this.offer(turn.row, turn.sequence);
      return;
    }
    const call = content as ClientCall;
    if (kind === END) {
      this.moveTime(timeMs);
      this.endAttempt(call);
    } else if (call.isWaiting) {
      // Whoever waits in the core has had enough; an attempt in flight ends by its own event.
      this.moveTime(timeMs);
      this.leaveWhileWaiting(call);
    }
  }

  private moveTime(timeMs: number): void {
    this.nowMs = timeMs;
    this.observer.timeMoves(this.router, timeMs);
  }

  private offer(row: TraceRow, sequence: number): void {
    if (this.turns !== null && row.sessionId !== null) {
      const turn = { row, sequence };
      const startAtMs = this.turns.offer(turn, row.sessionId, this.nowMs);
      if (startAtMs === null) return;
      if (startAtMs > this.nowMs) {
        this.schedule(startAtMs, ARRIVAL, sequence, turn);
        return;
      }
    }
    this.arrive(row, sequence);
  }

  private arrive(row: TraceRow, sequence: number): void {
    const call: ClientCall = {
      row,
      sequence,
      arrivedAtMs: this.nowMs,
      requestClass: 'balanced',
      route: NO_ROUTE_YET,
      attempts: 0,
      isWaiting: false,
      sentAtMs: 0,
      targetIndex: -1,
      plan: null,
      endsBy: 'plan',
      wasQueued: false,
      costMicroUsd: 0,
      tier: 0,
    };
    this.openCalls++;
    this.observer.arrived(call, this.nowMs);
    const request = this.requestOf(row);
    this.input('begin', request);
    this.carryOut(this.begin(request, sequence), call);
  }

  private begin(request: RouterRequest, sequence: number): readonly Command[] {
    try {
      return this.router.begin(request, this.nowMs);
    } catch (error) {
      if (!(error instanceof DuplicateRequest)) throw error;
      throw new BadInput(
        `${this.traceName}: row ${sequence + 1}: request_id "${request.requestId}" is in flight already; make the ids unique`,
      );
    }
  }

  /** What the core is told of a row: as it is, except for a model that the scenario does not have. */
  private requestOf(row: TraceRow): RouterRequest {
    const isKnown = row.model === this.latestModel || this.names.has(row.model);
    if (isKnown) this.latestModel = row.model;
    else this.askedAsAuto++;
    if (isKnown && this.recorder === undefined) return row;
    const { arrivalMs: _arrivalMs, outputTokens: _outputTokens, recorded: _recorded, ...request } = row;
    return isKnown ? request : { ...request, model: ANY_MODEL };
  }

  /** @param origin the call that the input was about; null when it was about none in particular */
  private carryOut(commands: readonly Command[], origin: ClientCall | null): void {
    if (commands.length > 0) this.recorder?.commands(this.inputs, this.nowMs, commands);
    for (let index = 0; index < commands.length; index++) {
      const command = commands[index]!;
      const isAboutOrigin = origin !== null && command.requestId === origin.row.requestId;
      const call = isAboutOrigin ? origin : this.waiting.get(command.requestId)!;
      if (call.isWaiting) this.stopWaiting(call);
      if (command.kind === 'send') this.send(call, command);
      else if (command.kind === 'reject') this.reject(call, command);
      else this.wait(call, command.reason === 'queued');
    }
  }

  private stopWaiting(call: ClientCall): void {
    call.isWaiting = false;
    this.waiting.delete(call.row.requestId);
  }

  private send(call: ClientCall, command: SendCommand): void {
    const { row } = call;
    const { sought } = this;
    sought.requestId = row.requestId;
    sought.requestKey = hashText(row.requestId);
    sought.inputTokens = row.inputTokens;
    sought.outputTokens =
      row.maxOutputTokens === null ? row.outputTokens : Math.min(row.outputTokens, row.maxOutputTokens);
    sought.stream = row.stream;
    sought.sessionKey = row.sessionId === null ? 0 : hashText(row.sessionId);
    sought.prefixBlocks = row.prefixBlocks;
    call.requestClass = command.decision.requestClass;
    call.attempts = command.attempt;
    call.sentAtMs = this.nowMs;
    call.targetIndex = command.targetIndex;
    call.plan = this.fleet.attempt(command.targetIndex, sought, command.attempt, this.nowMs);
    const endsAfterMs = endOfAttempt(call, this.settings.policy.timeouts, this.settings.scenario.clients);
    this.schedule(this.nowMs + endsAfterMs, END, call.sequence, call);
    this.observer.sent(call, command, this.nowMs);
  }

  private wait(call: ClientCall, isQueued: boolean): void {
    call.isWaiting = true;
    this.waiting.set(call.row.requestId, call);
    if (isQueued) call.wasQueued = true;
    if (!this.clientsCanLeave) return;
    const leavesAtMs = clientLeavesAtMs(call, this.settings.scenario.clients);
    if (leavesAtMs !== Infinity) this.schedule(Math.max(this.nowMs, leavesAtMs), LEAVE, call.sequence, call);
  }

  private endAttempt(call: ClientCall): void {
    const outcome = outcomeOfAttempt(call, this.fleet, this.nowMs);
    this.fleet.end(call.targetIndex, this.nowMs);
    const tier = tierOfAttempt(call.plan!, outcome.durationMs);
    if (tier > call.tier) call.tier = tier;
    call.plan = null;
    call.costMicroUsd += outcome.costMicroUsd;
    this.observer.attemptEnded(call, outcome, this.nowMs, tier);
    if (outcome.kind === 'success') {
      this.openCalls--;
      this.observer.completed(call, outcome, this.nowMs);
    } else if (outcome.kind === 'cancelled') {
      this.openCalls--;
      this.observer.cancelled(call, this.nowMs);
    }
    this.observe(outcome, this.router.targetIds[call.targetIndex]!, call);
    if (outcome.kind === 'success' || outcome.kind === 'cancelled') this.nextTurn(call);
  }

  private leaveWhileWaiting(call: ClientCall): void {
    this.openCalls--;
    this.stopWaiting(call);
    this.observer.cancelled(call, this.nowMs);
    this.observe(outcomeOfLeaving(call, this.nowMs), null, null);
    this.nextTurn(call);
  }

  private reject(call: ClientCall, command: RejectCommand): void {
    this.openCalls--;
    this.observer.rejected(call, command, this.nowMs);
    this.nextTurn(call);
  }

  private observe(outcome: AttemptOutcome, target: string | null, call: ClientCall | null): void {
    this.inputs++;
    if (this.recorder !== undefined) {
      const plain = plainOutcome(outcome);
      this.recorder.input(this.inputs, this.nowMs, 'observe', plain);
      this.recorder.outcome(this.inputs, this.nowMs, plain, target);
    }
    this.carryOut(this.router.observe(outcome, this.nowMs), call);
  }

  /** The call is over: a turn that waited for it arrives after the think time, through the event queue. */
  private nextTurn(call: ClientCall): void {
    const { sessionId } = call.row;
    if (this.turns === null || sessionId === null) return;
    const turn = this.turns.ended(sessionId, this.nowMs);
    if (turn !== null) this.schedule(this.nowMs, ARRIVAL, turn.sequence, turn);
  }

  private schedule(timeMs: number, kind: 0 | 2 | 3, sequence: number, content: ClientCall | Turn): void {
    const slot = this.freeSlots.pop() ?? this.slots.length;
    this.slots[slot] = content;
    this.events.push(timeMs, kind, sequence, slot);
  }

  private input<K extends 'begin' | 'wake'>(kind: K, payload: InputPayloads[K]): void {
    this.inputs++;
    this.recorder?.input(this.inputs, this.nowMs, kind, payload);
  }
}
