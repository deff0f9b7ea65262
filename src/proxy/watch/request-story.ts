/**
 * Follows each request from its arrival to its end, and tells its story once it is over. Kept in one place, so that
 * the list of recent requests, the log and the metrics do not each remember every open request.
 */
import {
  SlotMap,
  type Arm,
  type AttemptOutcome,
  type RejectCommand,
  type RouterRequest,
  type SendCommand,
} from '../../router/index.ts';
import type { PolicyInForce } from '../driver.ts';
import type { ProxyWatcher, RequestEnding } from '../proxy-events.ts';
import { KeptDecision } from './kept-decision.ts';
import type { ProxyView } from './proxy-view.ts';

/** One attempt: where it was sent and why, and, once it is over, how it ended. */
export interface AttemptOfStory {
  readonly attempt: number;
  readonly target: string;
  readonly decision: KeptDecision;
  readonly sentAtMs: number;
  outcome: AttemptOutcome | null;
}

/** Shared by all requests that were not sent yet, so never written to. */
const NONE_SENT: AttemptOfStory[] = [];

/** What is known of a request. A class, so that all are of one shape. */
export class RequestStory {
  readonly request: RouterRequest;
  readonly arrivedAtMs: number;
  /** In force for its arm when it arrived. */
  readonly policy: PolicyInForce;
  attempts: AttemptOfStory[] = NONE_SENT;
  costMicroUsd = 0;
  ending: RequestEnding | null = null;
  /** The core's rejection, if that was its end. */
  rejection: RejectCommand | null = null;
  /** HTTP status that the client got; 499 when it had left. */
  status = 0;
  endedAtMs = 0;

  constructor(request: RouterRequest, arrivedAtMs: number, policy: PolicyInForce) {
    this.request = request;
    this.arrivedAtMs = arrivedAtMs;
    this.policy = policy;
  }
}

/** Told on the hot path: to note a few numbers and return, and never to throw. */
export interface StoryListener {
  finished(story: RequestStory): void;
}

/** Far more than a proxy can hold open; beyond it the oldest is forgotten without a story. */
const OPEN_MAX = 65_536;

export class StoryKeeper implements ProxyWatcher {
  private readonly view: ProxyView;
  private readonly listeners: readonly StoryListener[];
  private readonly openMax: number;
  private readonly open = new SlotMap<RequestStory>();

  constructor(view: ProxyView, listeners: readonly StoryListener[], openMax = OPEN_MAX) {
    this.view = view;
    this.listeners = listeners;
    this.openMax = openMax;
  }

  /** Requests that are followed now. */
  get followed(): number {
    return this.open.size;
  }

  arrived(request: RouterRequest, nowMs: number, arm: Arm): void {
    if (this.open.size >= this.openMax) this.forgetOldest();
    const { policy, canary } = this.view;
    const own = arm === 'main' ? policy : (canary ?? policy);
    this.open.set(request.requestId, new RequestStory(request, nowMs, own));
  }

  sent(request: RouterRequest, command: SendCommand, nowMs: number): void {
    const story = this.open.get(request.requestId);
    if (story === undefined) return;
    const attempt: AttemptOfStory = {
      attempt: command.attempt,
      target: command.target,
      decision: new KeptDecision(command.decision),
      sentAtMs: nowMs,
      outcome: null,
    };
    // Most requests are sent once, and an array that grows by a push takes room for many.
    if (story.attempts === NONE_SENT) story.attempts = [attempt];
    else story.attempts.push(attempt);
  }

  attemptEnded(request: RouterRequest, outcome: AttemptOutcome): void {
    const story = this.open.get(request.requestId);
    if (story === undefined) return;
    story.costMicroUsd += outcome.costMicroUsd;
    const last = story.attempts[story.attempts.length - 1];
    if (last !== undefined && last.attempt === outcome.attempt) last.outcome = outcome;
  }

  ended(
    request: RouterRequest,
    ending: RequestEnding,
    command: RejectCommand | null,
    status: number,
    nowMs: number,
  ): void {
    const story = this.open.get(request.requestId);
    if (story === undefined) return;
    this.open.delete(request.requestId);
    story.ending = ending;
    story.rejection = command;
    story.status = status;
    story.endedAtMs = nowMs;
    for (let index = 0; index < this.listeners.length; index++) this.listeners[index]!.finished(story);
  }

  private forgetOldest(): void {
    for (const requestId of this.open.keys()) {
      this.open.delete(requestId);
      return;
    }
  }
}
