/**
 * What the proxy's own log says of traffic: how requests ended (`info`), and trouble at targets (`warn`). Only so many
 * lines a second, so that no storm of requests or failures fills a disk; the decision log has them all.
 */
import type { Logger } from 'pino';
import {
  effectOf,
  type AttemptOutcome,
  type RouterRequest,
  type SendCommand,
  type TargetState,
} from '../../router/index.ts';
import type { ProxyWatcher } from '../proxy-events.ts';
import { LineAllowance } from './line-allowance.ts';
import type { ProxyView } from './proxy-view.ts';
import type { RequestStory, StoryListener } from './request-story.ts';

export interface TrafficLogOptions {
  /** Lines about requests, a second; default 20. */
  readonly endingsPerSecond?: number;
  /** Lines about failed attempts, and as many about targets that change their state, a second; default 5. */
  readonly troublePerSecond?: number;
}

const BURST_SECONDS = 4;
/** What was left out is summed up this often. */
const SUMMARY_EVERY_MS = 10_000;
/** A client's own words, cut. */
const NAME_LENGTH_MAX = 120;
const USD_PER_MICRO_USD = 1e-6;

export class TrafficLog implements ProxyWatcher, StoryListener {
  private readonly logger: Logger;
  private readonly view: ProxyView;
  private readonly endings: LineAllowance;
  private readonly failures: LineAllowance;
  private readonly changes: LineAllowance;
  private summaryAtMs = 0;
  /** States as last seen, in the order of the router's targets. */
  private targetIds: readonly string[] = [];
  private states: TargetState[] = [];

  constructor(logger: Logger, view: ProxyView, options: TrafficLogOptions = {}) {
    this.logger = logger;
    this.view = view;
    const { endingsPerSecond = 20, troublePerSecond = 5 } = options;
    this.endings = new LineAllowance(endingsPerSecond, Math.max(1, BURST_SECONDS * endingsPerSecond));
    this.failures = new LineAllowance(troublePerSecond, Math.max(1, BURST_SECONDS * troublePerSecond));
    this.changes = new LineAllowance(troublePerSecond, Math.max(1, BURST_SECONDS * troublePerSecond));
    this.takeStates();
  }

  sent(_request: RouterRequest, command: SendCommand, nowMs: number): void {
    const { targetIndex } = command;
    // A rest that is over shows when the first probe is sent.
    if (this.view.router.stateOf(targetIndex) !== this.states[targetIndex]) this.noteChanges(nowMs);
  }

  attemptEnded(request: RouterRequest, outcome: AttemptOutcome, target: string, nowMs: number): void {
    const { kind } = outcome;
    if (kind === 'failure' || kind === 'timeout' || kind === 'limited') {
      if (this.failures.take(nowMs)) this.writeFailure(request, outcome, target);
      else this.summarise(nowMs);
    }
    // A refused key changes all its targets, so all are looked at; there are few, and a look is one comparison.
    this.noteChanges(nowMs);
  }

  finished(story: RequestStory): void {
    if (!this.logger.isLevelEnabled('info')) return;
    if (this.endings.take(story.endedAtMs)) this.writeEnding(story);
    else this.summarise(story.endedAtMs);
  }

  /** Whoever gave the core another pool or policy says so, and why. */
  reconfigured(): void {
    this.takeStates();
  }

  private writeEnding({ request, attempts, rejection, ...story }: RequestStory): void {
    const last = attempts.at(-1);
    this.logger.info(
      {
        event: 'request',
        requestId: cut(request.requestId),
        clientKey: cut(request.clientKey),
        model: cut(request.model),
        target: last?.target ?? null,
        attempts: attempts.length,
        ending: story.ending,
        code: rejection?.code ?? null,
        status: story.status,
        durationMs: Math.round(story.endedAtMs - story.arrivedAtMs),
        costUsd: story.costMicroUsd * USD_PER_MICRO_USD,
      },
      'request ended',
    );
    this.summarise(story.endedAtMs);
  }

  private writeFailure(request: RouterRequest, outcome: AttemptOutcome, target: string): void {
    const { attempt, kind, status, errorCode, retryAfterMs, durationMs } = outcome;
    const { reason } = effectOf(outcome);
    const facts = { target, attempt, kind, status, reason, retryAfterMs };
    const fields = { event: 'attempt', requestId: cut(request.requestId), ...facts };
    const rounded = { errorCode: errorCode === null ? null : cut(errorCode), durationMs: Math.round(durationMs) };
    this.logger.warn({ ...fields, ...rounded }, kind === 'limited' ? 'rate limited by the provider' : 'attempt failed');
  }

  private noteChanges(nowMs: number): void {
    const { router } = this.view;
    if (router.targetIds !== this.targetIds) {
      this.takeStates();
      return;
    }
    for (let target = 0; target < this.states.length; target++) {
      const before = this.states[target]!;
      const after = router.stateOf(target);
      if (before === after) continue;
      this.states[target] = after;
      if (this.changes.take(nowMs)) {
        this.logger.warn({ event: 'state', target: this.targetIds[target], from: before, to: after }, 'target changed');
      }
    }
  }

  private takeStates(): void {
    const { router } = this.view;
    this.targetIds = router.targetIds;
    this.states = router.targetIds.map((_, target) => router.stateOf(target));
  }

  private summarise(nowMs: number): void {
    if (nowMs < this.summaryAtMs) return;
    this.summaryAtMs = nowMs + SUMMARY_EVERY_MS;
    const requests = this.endings.takeLeftOut();
    const failures = this.failures.takeLeftOut();
    const changes = this.changes.takeLeftOut();
    if (requests + failures + changes === 0) return;
    this.logger.warn({ event: 'left_out', requests, failures, changes }, 'lines left out: the decision log has all');
  }
}

function cut(text: string): string {
  return text.length > NAME_LENGTH_MAX ? `${text.slice(0, NAME_LENGTH_MAX)}...` : text;
}
