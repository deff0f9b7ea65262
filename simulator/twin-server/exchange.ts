/**
 * Carries out the plan of one attempt over a real response: waits, streams, breaks off, resets, never answers. A class
 * with one timer, because thousands are open at once.
 */
import type { ServerResponse } from 'node:http';
import { producedTokens, type AttemptPlan } from '../twins/attempt-plan.ts';
import type { AnswerForm } from './answer-form.ts';
import { errorBody } from './error-answer.ts';
import { tallyCut, tallyEnd } from './target-tally.ts';
import type { TwinRun } from './twin-run.ts';

/** Timers take no more than 2^31 ms; a longer wait is cut into such pieces. An overloaded twin can take for ever. */
const TIMER_MAX_MS = 1_000_000_000;
/** A step is taken when less than this is missing, ms on the wall: timers know whole milliseconds only. */
const EARLY_MAX_MS = 0.5;

type Stage = 'first' | 'tokens' | 'end';

export interface ExchangeSettings {
  readonly run: TwinRun;
  readonly targetIndex: number;
  readonly plan: AttemptPlan;
  readonly answer: AnswerForm;
  readonly response: ServerResponse;
  readonly headers: Readonly<Record<string, string>>;
  /** When the request came, by `performance.now()`. */
  readonly cameAtMs: number;
  /** Frames of a stream follow each other no closer than this, ms on the wall. */
  readonly chunkGapMs: number;
  readonly onEnd: () => void;
}

export class Exchange {
  private readonly settings: ExchangeSettings;
  private stage: Stage;
  private dueAtMs = 0;
  private timer: NodeJS.Timeout | null = null;
  private sentTokens = 0;
  private isOver = false;

  constructor(settings: ExchangeSettings) {
    this.settings = settings;
    this.stage = settings.plan.firstTokenMs === null ? 'end' : 'first';
  }

  start(): void {
    const { plan, response } = this.settings;
    response.once('close', () => this.callerLeft());
    if (response.destroyed) this.callerLeft();
    else this.waitUntil(plan.firstTokenMs ?? plan.durationMs);
  }

  /** Ends it at once, without an answer. */
  stop(): void {
    if (this.isOver) return;
    this.callerLeft();
    this.settings.response.destroy();
  }

  /** @param afterMs from sending, scenario ms */
  private waitUntil(afterMs: number): void {
    const { cameAtMs, run } = this.settings;
    this.dueAtMs = cameAtMs + afterMs / run.clock.speed;
    this.arm();
  }

  private arm(): void {
    const leftMs = this.dueAtMs - performance.now();
    if (leftMs <= EARLY_MAX_MS) this.step();
    else this.timer = setTimeout(timerFired, Math.min(TIMER_MAX_MS, Math.round(leftMs)), this);
  }

  /** For the timer only. */
  timerFired(): void {
    this.timer = null;
    if (!this.isOver) this.arm();
  }

  private step(): void {
    switch (this.stage) {
      case 'first':
        this.begin();
        break;
      case 'tokens':
        this.sendTokens();
        break;
      case 'end':
        this.finish();
        break;
    }
  }

  private begin(): void {
    const { response, headers, answer } = this.settings;
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      ...headers,
    });
    const produced = this.producedBy(Math.max(this.dueAtMs, performance.now()));
    response.write(answer.opening() + answer.tokens(0, produced));
    this.sentTokens = produced;
    this.waitForTokens();
  }

  private sendTokens(): void {
    const { response, answer } = this.settings;
    // A slow reader gets the same tokens in fewer frames, so that nothing piles up here.
    if (!response.writableNeedDrain) {
      const produced = this.producedBy(Math.max(this.dueAtMs, performance.now()));
      if (produced > this.sentTokens) {
        response.write(answer.tokens(this.sentTokens, produced));
        this.sentTokens = produced;
      }
    }
    this.waitForTokens();
  }

  /** Until the next token, or longer, or until the end when that comes first. */
  private waitForTokens(): void {
    const { plan, cameAtMs, run, chunkGapMs } = this.settings;
    const nextTokenAfterMs = plan.producesFromMs + this.sentTokens * plan.interTokenMs;
    const earliestAfterMs = (performance.now() + chunkGapMs - cameAtMs) * run.clock.speed;
    const nextAfterMs = Math.max(nextTokenAfterMs, earliestAfterMs);
    const isLast = nextAfterMs >= plan.durationMs || this.sentTokens >= plan.outputTokens;
    this.stage = isLast ? 'end' : 'tokens';
    this.waitUntil(isLast ? plan.durationMs : nextAfterMs);
  }

  private producedBy(wallMs: number): number {
    const { plan, cameAtMs, run } = this.settings;
    const afterMs = (wallMs - cameAtMs) * run.clock.speed;
    return producedTokens(plan.outputTokens, plan.producesFromMs, plan.interTokenMs, afterMs);
  }

  private finish(): void {
    const { plan, response, answer, headers, run, targetIndex } = this.settings;
    this.over();
    tallyEnd(run.tallies[targetIndex]!, plan);
    if (plan.status === null) {
      reset(response);
    } else if (plan.status !== 200) {
      sendJson(response, plan.status, { ...headers, ...retryHeaders(plan, run.clock.speed) }, errorBody(plan.status));
    } else if (plan.firstTokenMs === null) {
      sendJson(response, 200, headers, answer.whole(plan));
    } else {
      const rest = this.sentTokens < plan.outputTokens ? answer.tokens(this.sentTokens, plan.outputTokens) : '';
      if (plan.kind === 'failure') breakOff(response, rest);
      else response.end(rest + answer.closing(plan));
    }
  }

  private callerLeft(): void {
    if (this.isOver) return;
    const { plan, cameAtMs, run, targetIndex } = this.settings;
    const afterMs = (performance.now() - cameAtMs) * run.clock.speed;
    this.over();
    tallyCut(run.tallies[targetIndex]!, run.fleet.cut(plan, afterMs));
  }

  private over(): void {
    const { run, targetIndex, onEnd } = this.settings;
    this.isOver = true;
    if (this.timer !== null) clearTimeout(this.timer);
    run.fleet.end(targetIndex, run.clock.nowMs());
    onEnd();
  }
}

/** One function for all timers: a closure for each would cost more than the timer. */
function timerFired(exchange: Exchange): void {
  exchange.timerFired();
}

/** A connection that is gone in the middle, as its peer sees it: nothing more, and no proper end. */
function breakOff(response: ServerResponse, rest: string): void {
  if (rest !== '') response.write(rest);
  // What was written in this turn has not left yet: Node sends it when the turn is over.
  setImmediate(destroy, response);
}

function destroy(response: ServerResponse): void {
  response.destroy();
}

/** TCP's own way of saying that something is wrong. */
function reset(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
  response.destroy();
}

export function sendJson(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
): void {
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

/**
 * How long to wait, on the wall. `retry-after` knows whole seconds only and is rounded up; `retry-after-ms`, which the
 * OpenAI API sends too and its clients prefer, is exact.
 */
function retryHeaders({ retryAfterMs }: AttemptPlan, speed: number): Readonly<Record<string, string>> {
  if (retryAfterMs === null) return {};
  const wallMs = retryAfterMs / speed;
  return { 'retry-after': `${Math.ceil(wallMs / 1_000)}`, 'retry-after-ms': `${Math.ceil(wallMs)}` };
}
