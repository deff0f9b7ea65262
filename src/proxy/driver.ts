/**
 * The live driver: gives the core its clock and its inputs one after the other, writes each down with the answer, and
 * hands the commands to whoever waits for them. It decides nothing itself.
 */
import type { LogRecorder } from '../log/recorder.ts';
import type { ConfiguredCanary, ConfigureStart, InputPayloads } from '../log/payload.ts';
import type { LoggedTransition } from '../log/transition-row.ts';
import {
  reconfigureRouter,
  SlotMap,
  type Arm,
  type AttemptOutcome,
  type Canary,
  type Command,
  type OperatorOrder,
  type Policy,
  type PoolDefinition,
  type RejectCommand,
  type Router,
  type RouterRequest,
  type SendCommand,
  type WaitCommand,
  CORE_VERSION,
} from '../router/index.ts';
import type { LiveClock } from './live-clock.ts';
import type { ProxyWatcher } from './proxy-events.ts';
import { ShadowHearing, type ShadowTally } from './shadow-hearing.ts';

/** The part of the proxy that a request's client is connected to. */
export interface RequestOwner {
  readonly request: RouterRequest;
  send(command: SendCommand): void;
  wait(command: WaitCommand): void;
  reject(command: RejectCommand): void;
}

/** A policy under the names by which the log keeps it. */
export interface PolicyInForce {
  readonly name: string;
  readonly policy: Policy;
  readonly hash: string;
}

/** A policy that a share of the sessions goes by; see `Canary` of the core. */
export interface CanaryInForce extends PolicyInForce {
  /** Names the draw of the sessions. */
  readonly id: string;
  /** Of the sessions, 0 to 1. */
  readonly share: number;
}

export interface DriverSettings {
  readonly router: Router;
  readonly policy: PolicyInForce;
  /** That of the router; left out where it has none. */
  readonly canary?: CanaryInForce | null;
  readonly seed: number;
  /** Sequence of the first input. */
  readonly nextSequence: number;
  readonly clock: LiveClock;
  readonly log: LogRecorder;
  readonly watcher: Required<ProxyWatcher>;
}

/** A snapshot is written after so many inputs, so that a restart has few to replay. */
const SNAPSHOT_EVERY_INPUTS = 20_000;
/** Timers cannot be set further ahead. */
const TIMER_MAX_MS = 2_147_483_647;

export class Driver {
  private routerNow: Router;
  private policyNow: PolicyInForce;
  private canaryNow: CanaryInForce | null;
  private readonly hearing = new ShadowHearing((arm) => this.policyOf(arm).hash);
  private readonly seed: number;
  private readonly clock: LiveClock;
  private readonly log: LogRecorder;
  private readonly watcher: Required<ProxyWatcher>;
  private readonly owners = new SlotMap<RequestOwner>();
  private sequence: number;
  private snapshotAt: number;
  private timer: NodeJS.Timeout | null = null;
  private timerAtMs = Infinity;
  private latestMs = 0;
  private isStopped = false;

  constructor(settings: DriverSettings) {
    this.routerNow = settings.router;
    this.policyNow = settings.policy;
    this.canaryNow = settings.canary ?? null;
    this.seed = settings.seed;
    this.clock = settings.clock;
    this.log = settings.log;
    this.watcher = settings.watcher;
    this.sequence = settings.nextSequence;
    this.snapshotAt = settings.nextSequence + SNAPSHOT_EVERY_INPUTS;
  }

  /** The router in force; read it, do not feed it. */
  get router(): Router {
    return this.routerNow;
  }

  get policy(): PolicyInForce {
    return this.policyNow;
  }

  /** Null: all requests go by `policy`. */
  get canary(): CanaryInForce | null {
    return this.canaryNow;
  }

  /** The policy of an arm; that of `main` when there is no canary (any more). */
  policyOf(arm: Arm): PolicyInForce {
    return arm === 'main' ? this.policyNow : (this.canaryNow ?? this.policyNow);
  }

  /** Of a request under way as it began; of any other, the arm that it would begin in now. */
  armOf(request: RouterRequest): Arm {
    return this.canaryNow === null ? 'main' : this.routerNow.armOf(request);
  }

  /** Requests that somebody waits for. */
  get openRequests(): number {
    return this.owners.size;
  }

  isOpen(requestId: string): boolean {
    return this.owners.has(requestId);
  }

  /** ms of the core's time in one on the wall. */
  get speed(): number {
    return this.clock.speed;
  }

  /** Unix time in ms as the core sees it. */
  nowMs(): number {
    const nowMs = this.clock.nowMs();
    if (nowMs > this.latestMs) this.latestMs = nowMs;
    return this.latestMs;
  }

  /** Writes down how the core came to be. The first thing to do, and again whenever the log has lost inputs. */
  configured(start: ConfigureStart): void {
    const nowMs = this.nowMs();
    this.writeConfigure(start, nowMs);
    if (start !== 'reloaded') this.writeSnapshot(nowMs);
    this.sequence++;
    this.setTimer();
  }

  begin(owner: RequestOwner): void {
    const nowMs = this.nowMs();
    const { request } = owner;
    const commands = this.routerNow.begin(request, nowMs);
    this.owners.set(request.requestId, owner);
    this.watcher.arrived(request, nowMs, this.armOf(request));
    this.apply('begin', request, commands, nowMs);
  }

  /**
   * @param targetIndex where the attempt went, -1 when there was none
   * @param target its id as the log keeps it
   */
  observe(owner: RequestOwner, outcome: AttemptOutcome, targetIndex: number, target: string | null): void {
    const nowMs = this.nowMs();
    const commands = this.routerNow.observe(outcome, nowMs);
    if (targetIndex >= 0 && target !== null) this.watcher.attemptEnded(owner.request, outcome, target, nowMs);
    // Success and the client's leaving end a request without a command.
    if (outcome.kind === 'success' || outcome.kind === 'cancelled') this.owners.delete(outcome.requestId);
    this.log.input(this.sequence, nowMs, 'observe', outcome);
    this.log.outcome(this.sequence, nowMs, outcome, target);
    this.answer(commands, nowMs);
  }

  /**
   * Ends a request of the last run, whose client is gone.
   *
   * @param target where its attempt went, null when none was in flight
   */
  forget(outcome: AttemptOutcome, target: string | null): void {
    const nowMs = this.nowMs();
    this.log.input(this.sequence, nowMs, 'observe', outcome);
    const commands = this.routerNow.observe(outcome, nowMs);
    this.log.outcome(this.sequence, nowMs, outcome, target);
    this.answer(commands, nowMs);
  }

  /** @throws Error for an unknown target */
  order(order: OperatorOrder): void {
    const nowMs = this.nowMs();
    this.apply('order', order, this.routerNow.order(order, nowMs), nowMs);
  }

  /**
   * The core goes on with another pool, policy or canary; requests under way notice nothing. Whoever wants to keep the
   * policy or the canary gives the one that is in force. The shadow stays.
   */
  reconfigure(pool: PoolDefinition, policy: PolicyInForce, canary: CanaryInForce | null): void {
    const nowMs = this.nowMs();
    this.routerNow = reconfigureRouter(this.routerNow, pool, policy.policy, nowMs, coreCanary(canary));
    this.policyNow = policy;
    this.canaryNow = canary;
    this.hearing.follow(this.routerNow);
    this.writeConfigure('reloaded', nowMs);
    this.sequence++;
    this.watcher.reconfigured(nowMs);
    this.setTimer();
  }

  /**
   * From now on the log also has what this policy would decide, beside every decision; see `Shadow` of the core. It
   * goes on over reconfigurations, not over a restart. Null ends it.
   */
  shadow(policy: PolicyInForce | null): void {
    this.hearing.set(policy, this.routerNow);
    if (policy !== null) this.writePolicy(policy, 'shadow', this.nowMs());
  }

  get shadowTally(): ShadowTally {
    return this.hearing.tally;
  }

  /** Writes a step in the life of a policy down; nothing follows from it here. */
  transition(step: LoggedTransition): void {
    this.log.transition(step);
  }

  /** Writes the state down, for the next start. Nothing may be fed afterwards. */
  stop(): void {
    this.isStopped = true;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    // With the number of the last input: it is the state behind it.
    this.log.snapshot(this.sequence - 1, this.latestMs, this.routerNow.snapshot());
  }

  private wake(): void {
    this.timer = null;
    this.timerAtMs = Infinity;
    if (this.isStopped) return;
    const nowMs = this.nowMs();
    if (nowMs < this.routerNow.nextWakeAtMs) this.setTimer();
    else this.apply('wake', {}, this.routerNow.wake(nowMs), nowMs);
  }

  private apply<K extends 'begin' | 'wake' | 'order'>(
    kind: K,
    payload: InputPayloads[K],
    commands: readonly Command[],
    nowMs: number,
  ): void {
    this.log.input(this.sequence, nowMs, kind, payload);
    this.answer(commands, nowMs);
  }

  /** Ends the input at hand: writes the commands down first, because carrying one out may bring the next input. */
  private answer(commands: readonly Command[], nowMs: number): void {
    if (commands.length > 0) this.log.commands(this.sequence, nowMs, commands);
    this.hearing.write(this.log, this.sequence, nowMs);
    if (this.sequence >= this.snapshotAt) this.writeSnapshot(nowMs);
    this.sequence++;
    for (let index = 0; index < commands.length; index++) this.carryOut(commands[index]!, nowMs);
    this.setTimer();
  }

  private carryOut(command: Command, nowMs: number): void {
    const owner = this.owners.get(command.requestId);
    // Of an earlier run: its client is gone, and the start told the core so.
    if (owner === undefined) return;
    if (command.kind === 'send') {
      this.watcher.sent(owner.request, command, nowMs);
      owner.send(command);
    } else if (command.kind === 'wait') {
      this.watcher.waits(owner.request, command, nowMs);
      owner.wait(command);
    } else {
      this.owners.delete(command.requestId);
      owner.reject(command);
    }
  }

  private setTimer(): void {
    if (this.isStopped) return;
    const wakeAtMs = this.routerNow.nextWakeAtMs;
    if (wakeAtMs === this.timerAtMs) return;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.timerAtMs = wakeAtMs;
    if (wakeAtMs === Infinity) return;
    const inMs = Math.min(TIMER_MAX_MS, Math.max(0, Math.ceil((wakeAtMs - this.clock.nowMs()) / this.clock.speed)));
    this.timer = setTimeout(() => this.wake(), inMs);
  }

  private writeConfigure(start: ConfigureStart, nowMs: number): void {
    const { name, policy, hash } = this.policyNow;
    const canary = this.canaryNow;
    // What is in force, which may keep targets of an older pool until their attempts have ended.
    const { pool } = this.routerNow.snapshot();
    this.log.input(this.sequence, nowMs, 'configure', {
      pool,
      policy,
      policyName: name,
      policyHash: hash,
      seed: this.seed,
      coreVersion: CORE_VERSION,
      start,
      canary: canary === null ? null : loggedCanary(canary),
    });
    this.writePolicy(this.policyNow, 'active', nowMs);
    if (canary !== null) this.writePolicy(canary, 'canary', nowMs);
  }

  private writePolicy({ hash, policy }: PolicyInForce, stage: 'active' | 'canary' | 'shadow', since: number): void {
    this.log.policy({ hash, body: JSON.stringify(policy), parent: null, stage, since, evidence: null });
  }

  private writeSnapshot(nowMs: number): void {
    this.log.snapshot(this.sequence, nowMs, this.routerNow.snapshot());
    this.snapshotAt = this.sequence + SNAPSHOT_EVERY_INPUTS;
  }
}

function coreCanary(canary: CanaryInForce | null): Canary | null {
  return canary === null ? null : { id: canary.id, policy: canary.policy, share: canary.share };
}

function loggedCanary({ id, share, policy, name, hash }: CanaryInForce): ConfiguredCanary {
  return { id, policy, policyName: name, policyHash: hash, share };
}
