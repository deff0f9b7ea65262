/**
 * Gathers, while a log is replayed, what each request's first choice was, what the other policy would have chosen there,
 * and what became of the request in the end. Later attempts are part of what became of it.
 */
import { SlotMap, type AttemptOutcome, type Decision, type RouterRequest } from '../../src/router/index.ts';
import type { BanditTable } from './bandit-table.ts';
import { GrowingColumn } from './growing-column.ts';

/** Inputs of one power of two tokens are one context. */
const CONTEXTS = 24;

/** What became of each row's request. */
export interface RequestEnds {
  /** 1: answered in full. */
  readonly success: Float64Array;
  /** Of all its attempts. */
  readonly costMicroUsd: Float64Array;
  /** From arrival to the first token (the end, where it was not streamed) of a full answer; NaN without one. */
  readonly firstTokenMs: Float64Array;
}

/** A first choice, as a log can be asked for it again. */
export interface FirstChoice {
  readonly requestId: string;
  readonly atMs: number;
  readonly target: string;
  readonly propensity: number;
}

interface OpenRequest {
  readonly arrivedAtMs: number;
  readonly inputTokens: number;
  sentAtMs: number;
  costMicroUsd: number;
  choice: { readonly real: Decision; readonly shadow: Decision } | null;
}

/** Answers whose length by the log's clock and by measurement differ by more than this say that the clock jumped. */
const CLOCK_JUMP_MS = 10_000;

export class LoggedDecisions {
  private readonly open = new SlotMap<OpenRequest>();
  private readonly actionOf = new Map<string, number>();
  private readonly action = new GrowingColumn((length) => new Uint16Array(length));
  private readonly context = new GrowingColumn((length) => new Uint8Array(length));
  private readonly loggedPropensity = new GrowingColumn((length) => new Float64Array(length));
  private readonly targetPropensity = new GrowingColumn((length) => new Float64Array(length));
  private readonly eligible = new GrowingColumn((length) => new Uint16Array(length));
  private readonly explorable = new GrowingColumn((length) => new Float64Array(length));
  private readonly candidateStart = new GrowingColumn((length) => new Uint32Array(length));
  private readonly candidateAction = new GrowingColumn((length) => new Uint16Array(length));
  private readonly candidateTarget = new GrowingColumn((length) => new Float64Array(length));
  private readonly candidateLogged = new GrowingColumn((length) => new Float64Array(length));
  private readonly success = new GrowingColumn((length) => new Float64Array(length));
  private readonly costMicroUsd = new GrowingColumn((length) => new Float64Array(length));
  private readonly firstTokenMs = new GrowingColumn((length) => new Float64Array(length));
  /** Requests that began, */
  requests = 0;
  /** of them those that ended, */
  ended = 0;
  /** and of those the ones that never were sent anywhere. */
  neverSent = 0;
  /** Answers whose length the log's clock contradicts. */
  clockJumps = 0;
  /** Rows of which only one candidate could be chosen. */
  withoutChoice = 0;

  constructor() {
    this.candidateStart.push(0);
  }

  get rows(): number {
    return this.action.length;
  }

  /** Requests that have not ended. */
  get openIds(): Iterable<string> {
    return this.open.keys();
  }

  /** The log goes on without what was open. */
  forgetOpen(): void {
    this.open.clear();
  }

  isOpen(requestId: string): boolean {
    return this.open.has(requestId);
  }

  begins({ requestId, inputTokens }: RouterRequest, atMs: number): void {
    this.requests++;
    this.open.set(requestId, { arrivedAtMs: atMs, inputTokens, sentAtMs: atMs, costMicroUsd: 0, choice: null });
  }

  /** What the core decided and what the shadow would have. @returns the choice when it is the request's first */
  decides(requestId: string, real: Decision, shadow: Decision, nowMs: number): FirstChoice | null {
    const request = this.open.get(requestId);
    if (request === undefined || real.target === null) return null;
    request.sentAtMs = nowMs;
    if (request.choice !== null) return null;
    request.choice = { real, shadow };
    return { requestId, atMs: nowMs, target: real.target, propensity: real.propensity };
  }

  /** An attempt that the core waited for has ended. */
  attemptEnds({ requestId, kind, costMicroUsd, durationMs }: AttemptOutcome, atMs: number): void {
    const request = this.open.get(requestId);
    if (request === undefined) return;
    request.costMicroUsd += costMicroUsd;
    if (kind === 'success' && Math.abs(atMs - request.sentAtMs - durationMs) > CLOCK_JUMP_MS) this.clockJumps++;
  }

  /** @param answer the outcome that answered the request in full; null when it ended otherwise */
  ends(requestId: string, answer: AttemptOutcome | null): void {
    const request = this.open.get(requestId);
    if (request === undefined) return;
    this.open.delete(requestId);
    this.ended++;
    if (request.choice === null) {
      this.neverSent++;
      return;
    }
    this.addChoice(request.choice.real, request.choice.shadow, request.inputTokens);
    const waitedMs = request.sentAtMs - request.arrivedAtMs;
    this.success.push(answer === null ? 0 : 1);
    this.costMicroUsd.push(request.costMicroUsd);
    this.firstTokenMs.push(answer === null ? NaN : waitedMs + (answer.firstTokenMs ?? answer.durationMs));
  }

  private addChoice(real: Decision, shadow: Decision, inputTokens: number): void {
    const logged = real.candidates ?? [];
    const others = shadow.candidates ?? [];
    // As `chooseAmongEligible` of the core has it.
    const explorable = real.priority === 'high' ? 0 : 1 - real.budgetPressure;
    let ofChosen = 0;
    for (let index = 0; index < others.length; index++) {
      const other = others[index]!;
      if (other.propensity === 0) continue;
      if (other.target === real.target) ofChosen = other.propensity;
      // Both decisions list the same lane, unless the shadow left the one of a session.
      const same =
        logged[index]?.target === other.target ? logged[index] : logged.find(({ target }) => target === other.target);
      this.candidateAction.push(this.numberOf(other.target));
      this.candidateTarget.push(other.propensity);
      const isOpen = same !== undefined && same.rejection === null && (same.propensity > 0 || explorable > 0);
      this.candidateLogged.push(isOpen ? same.propensity : NaN);
    }
    this.candidateStart.push(this.candidateAction.length);
    this.action.push(this.numberOf(real.target!));
    this.context.push(Math.min(CONTEXTS - 1, Math.floor(Math.log2(Math.max(1, inputTokens)))));
    this.loggedPropensity.push(real.propensity);
    this.targetPropensity.push(ofChosen);
    this.eligible.push(real.eligible);
    this.explorable.push(explorable);
    if (real.eligible === 1) this.withoutChoice++;
  }

  private numberOf(target: string): number {
    const known = this.actionOf.get(target);
    if (known !== undefined) return known;
    this.actionOf.set(target, this.actionOf.size);
    return this.actionOf.size - 1;
  }

  /** The rows, in the order in which their requests ended. */
  get table(): BanditTable {
    return {
      rows: this.rows,
      actions: this.actionOf.size,
      contexts: CONTEXTS,
      action: this.action.filled,
      context: this.context.filled,
      loggedPropensity: this.loggedPropensity.filled,
      targetPropensity: this.targetPropensity.filled,
      eligible: this.eligible.filled,
      explorable: this.explorable.filled,
      candidateStart: this.candidateStart.filled,
      candidateAction: this.candidateAction.filled,
      candidateTarget: this.candidateTarget.filled,
      candidateLogged: this.candidateLogged.filled,
    };
  }

  get outcomes(): RequestEnds {
    return {
      success: this.success.filled,
      costMicroUsd: this.costMicroUsd.filled,
      firstTokenMs: this.firstTokenMs.filled,
    };
  }
}
