/** Drives a real router as the proxy does: on and on, over restarts and reloads, and tells a log everything. */
import type { InputPayloads } from '../../../src/log/payload.ts';
import type { LogRecorder } from '../../../src/log/recorder.ts';
import type { HeardShadow } from '../../../src/log/shadow-row.ts';
import type { InputKind } from '../../../src/log/schema.ts';
import {
  CORE_VERSION,
  createRouter,
  reconfigureRouter,
  type AttemptOutcome,
  type Canary,
  type Command,
  type Policy,
  type Router,
} from '../../../src/router/index.ts';
import { drawUniform, hashText } from '../../../src/router/keyed-draw.ts';
import { DRIVEN_POLICY, DRIVEN_POOL } from '../drive-router.ts';
import { sampleOutcome, sampleRequest } from '../sample-rows.ts';

export const START_MS = Date.UTC(2026, 10, 22, 23, 50);
const SEED = 42;

interface Pending {
  readonly atMs: number;
  readonly outcome: AttemptOutcome;
  readonly target: string | null;
}

export interface DriverStart {
  readonly sequence: number;
  readonly nowMs: number;
  /** Null begins afresh. */
  readonly router: Router | null;
}

export class LiveDriver {
  router: Router;
  sequence: number;
  nowMs: number;
  policy: Policy = DRIVEN_POLICY;
  /** Ids of requests whose end was recorded. */
  readonly ended: string[] = [];
  private readonly log: LogRecorder;
  private pending: Pending[] = [];
  private shadow: Policy | null = null;
  private heard: HeardShadow[] = [];

  constructor(log: LogRecorder, start: DriverStart = { sequence: 0, nowMs: START_MS, router: null }) {
    this.log = log;
    this.sequence = start.sequence;
    this.nowMs = start.nowMs;
    this.router = start.router ?? createRouter(DRIVEN_POOL, DRIVEN_POLICY, { seed: SEED, explain: true });
    this.configure(start.router === null ? 'fresh' : 'restored');
  }

  configure(start: 'fresh' | 'restored' | 'reloaded'): void {
    const { policy } = this;
    const run = { pool: DRIVEN_POOL, policy, policyName: 'driven', policyHash: hashOf(policy) };
    const { canary } = this.router;
    const tried =
      canary === null ? {} : { canary: { ...canary, policyName: 'tried', policyHash: hashOf(canary.policy) } };
    this.record('configure', { ...run, ...tried, seed: SEED, coreVersion: CORE_VERSION, start }, []);
  }

  reload(policy: Policy): void {
    this.policy = policy;
    this.reconfigure(this.router.canary);
  }

  /** Null ends it. */
  tryOut(canary: Canary | null): void {
    this.reconfigure(canary);
  }

  /** From now on what this policy would decide is recorded, too. */
  follow(policy: Policy): void {
    this.shadow = policy;
    this.router.shadow(policy, ({ requestId }, attempt, real, decision) => {
      const { canary } = this.router;
      const realPolicy = real.arm === 'canary' ? canary!.policy : this.policy;
      this.heard.push({
        requestId,
        attempt,
        policyHash: hashOf(policy),
        decision,
        realPolicyHash: hashOf(realPolicy),
        realTarget: real.target,
      });
    });
  }

  private reconfigure(canary: Canary | null): void {
    this.router = reconfigureRouter(this.router, DRIVEN_POOL, this.policy, this.nowMs, canary);
    if (this.shadow !== null) this.follow(this.shadow);
    this.configure('reloaded');
  }

  /** The state after the last input. */
  snapshot(): void {
    this.log.snapshot(this.sequence - 1, this.nowMs, this.router.snapshot());
  }

  /** A configure and the state with it, as a proxy records them once its log takes records again. */
  goOn(): void {
    this.configure('restored');
    this.snapshot();
  }

  /** So many requests arrive, about ten a second. */
  run(requests: number): void {
    for (let index = 0; index < requests; index += 1) {
      const requestId = `r${this.sequence}`;
      this.passTime(this.nowMs - Math.log(1 - this.luck(requestId, 0)) * 90);
      const request = sampleRequest(requestId, {
        sessionId: index % 3 === 0 ? null : `hashed-${index % 17}`,
        inputTokens: Math.floor(this.luck(requestId, 1) * 9_000),
        declaredPriority: index % 5 === 0 ? 'high' : null,
        model: index % 100 === 99 ? 'unheard-of' : 'auto',
        prefixBlocks: index % 4 === 0 ? [index % 7, 100 + (index % 11)] : null,
      });
      this.record('begin', request, this.router.begin(request, this.nowMs));
    }
  }

  /** Waits until nothing is open any more. */
  drain(): void {
    while (this.pending.length > 0 || this.router.nextWakeAtMs < Infinity) {
      const next = Math.min(this.router.nextWakeAtMs, ...this.pending.map(({ atMs }) => atMs));
      this.passTime(next);
    }
  }

  /** After a restart: nobody waits for these any more. */
  abandon(
    open: readonly {
      readonly request: { readonly requestId: string };
      readonly attempt: number;
      readonly phase: string;
    }[],
  ): void {
    for (const { request, attempt, phase } of open) {
      const lost = sampleOutcome(request.requestId, phase === 'sent' ? attempt : 0, {
        kind: 'cancelled',
        status: null,
      });
      this.observe(lost, null);
    }
  }

  private passTime(untilMs: number): void {
    for (;;) {
      this.pending.sort((a, b) => a.atMs - b.atMs);
      const endMs = this.pending[0]?.atMs ?? Infinity;
      const nextMs = Math.min(endMs, this.router.nextWakeAtMs);
      if (nextMs > untilMs) break;
      this.nowMs = Math.max(this.nowMs, nextMs);
      const end = endMs <= nextMs ? this.pending.shift() : undefined;
      if (end === undefined) this.record('wake', {}, this.router.wake(this.nowMs));
      else this.observe(end.outcome, end.target);
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
  }

  private observe(outcome: AttemptOutcome, target: string | null): void {
    this.log.outcome(this.sequence, this.nowMs, outcome, target);
    this.record('observe', outcome, this.router.observe(outcome, this.nowMs));
    this.ended.push(outcome.requestId);
  }

  private record<K extends InputKind>(kind: K, payload: InputPayloads[K], commands: readonly Command[]): void {
    this.log.input(this.sequence, this.nowMs, kind, payload);
    this.log.commands(this.sequence, this.nowMs, commands);
    this.heard.forEach((heard, ordinal) => this.log.shadow(this.sequence, ordinal, this.nowMs, heard));
    this.heard = [];
    this.sequence += 1;
    for (const command of commands) {
      if (command.kind !== 'send') continue;
      const outcome = this.outcomeOf(command.requestId, command.attempt);
      this.pending.push({ atMs: this.nowMs + outcome.durationMs, outcome, target: command.target });
    }
  }

  private outcomeOf(requestId: string, attempt: number): AttemptOutcome {
    const luck = (salt: number): number => this.luck(`${requestId}/${attempt}`, salt);
    const lost = {
      firstTokenMs: null,
      durationMs: 20 + 50 * luck(3),
      outputTokens: 0,
      costMicroUsd: 0,
      reachedClient: false,
    };
    if (luck(2) < 0.12)
      return sampleOutcome(requestId, attempt, { ...lost, kind: 'failure', status: 503, errorCode: 'BUSY' });
    if (luck(2) < 0.2)
      return sampleOutcome(requestId, attempt, { ...lost, kind: 'limited', status: 429, retryAfterMs: 1_500.25 });
    const outputTokens = 1 + Math.floor(200 * luck(5));
    return sampleOutcome(requestId, attempt, {
      firstTokenMs: 100.5,
      durationMs: 100.5 + 11.7 * outputTokens,
      outputTokens,
    });
  }

  private luck(name: string, salt: number): number {
    return drawUniform(SEED, hashText(name), salt, 99);
  }
}

/** Policies of these tests differ in this. */
function hashOf({ explorationRate }: Policy): string {
  return `hash-${explorationRate}`;
}
