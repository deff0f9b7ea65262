/**
 * Replays a trace against a live endpoint, open loop: a request is sent when it is due, whether or not earlier ones
 * have ended. What cannot be sent because too many are open is counted and left out, never sent later.
 */
import { Pool } from 'undici';
import type { TraceRow, TraceSource } from '../../datasets/trace.ts';
import { BadInput } from '../../src/config/bad-input.ts';
import { ENDPOINT_PROTOCOLS } from '../../src/config/expand-pool.ts';
import type { ClientBehaviour } from '../scenario.ts';
import { chatBody } from './chat-body.ts';
import { embeddingsBody } from './embeddings-body.ts';
import { knownModels } from './known-models.ts';
import { PROMPT_TOKENS_MAX } from './prompt-text.ts';
import { requestHeaders } from './request-headers.ts';
import { RowFeed } from './row-feed.ts';
import { SentRequest, type AnswerHeaders, type Patience, type SentRequestHost } from './sent-request.ts';
import { addTime, createTrafficFigures, type TrafficFigures } from './traffic-figures.ts';
import { trafficResult, type TrafficResult } from './traffic-result.ts';

export interface TrafficSettings {
  readonly trace: TraceSource;
  /** Base URL of an OpenAI-compatible API, for example `http://127.0.0.1:3301/openai/v1`. */
  readonly url: string;
  /** Trace ms for each ms on the wall, > 0. */
  readonly speed: number;
  /** Send the first so many rows only. */
  readonly requestsMax?: number | undefined;
  /** Most requests open at once, >= 1; also the number of connections. Default 4,096. */
  readonly concurrencyMax?: number | undefined;
  /** For rows whose client key has none of its own; `null`: none. */
  readonly secret?: string | null | undefined;
  readonly secretByClientKey?: ReadonlyMap<string, string> | undefined;
  /** Ask for this model, whatever the rows say. */
  readonly model?: string | undefined;
  /** When clients lose patience, in trace time; sessions are always open loop. */
  readonly clients?: Pick<ClientBehaviour, 'firstTokenTimeoutMs' | 'totalTimeoutMs'> | undefined;
  /** Ends the run; what is known by then is the result. */
  readonly signal?: AbortSignal | undefined;
  /** Called for each answer that has come in full, whatever it says. */
  readonly onAnswered?: ((status: number, headers: AnswerHeaders) => void) | undefined;
  /** Called now and then with the number of rows dealt with. */
  readonly onProgress?: ((rows: number) => void) | undefined;
}

const CONCURRENCY_MAX = 4_096;
/** An answer that has not begun, or a stream that pauses, for so long on the wall is given up. */
const SILENCE_MAX_MS = 300_000;
/** How long the last answers are waited for, on the wall. */
const LAST_ANSWERS_MAX_MS = 120_000;
/** Requests sent in one go when the schedule is behind, before the answers get their turn. */
const BURST_MAX = 128;
const PROGRESS_EVERY_MS = 250;
const AUTO = 'auto';

/** @throws BadInput when the endpoint does not answer or refuses the key, or the trace cannot be read */
export async function runTraffic(settings: TrafficSettings): Promise<TrafficResult> {
  const { origin, path } = endpointOf(settings.url);
  const { concurrencyMax = CONCURRENCY_MAX, secret = null } = settings;
  const pool = new Pool(origin, {
    connections: concurrencyMax,
    pipelining: 1,
    headersTimeout: SILENCE_MAX_MS,
    bodyTimeout: SILENCE_MAX_MS,
  });
  try {
    const firstSecret = secret ?? settings.secretByClientKey?.values().next().value ?? null;
    const models = await knownModels(pool, settings.url, path, firstSecret);
    const run = new TrafficRun(settings, pool, path, models, concurrencyMax);
    return await run.play();
  } finally {
    await pool.destroy();
  }
}

class TrafficRun implements SentRequestHost {
  private readonly settings: TrafficSettings;
  private readonly pool: Pool;
  /** Of the API, without a slash at the end. */
  private readonly path: string;
  private readonly models: ReadonlySet<string> | null;
  private readonly concurrencyMax: number;
  private readonly open = new Set<SentRequest>();
  readonly figures: TrafficFigures;
  readonly patience: Patience;
  readonly onAnswered: SentRequestHost['onAnswered'];
  private startedAtMs = 0;
  private lastSentAtMs = 0;
  private toldAtMs = 0;
  private sent = 0;
  private heldBack = 0;
  private askedAsAuto = 0;
  private promptsCut = 0;
  private openMax = 0;
  private allEnded: (() => void) | null = null;

  constructor(
    settings: TrafficSettings,
    pool: Pool,
    path: string,
    models: ReadonlySet<string> | null,
    concurrencyMax: number,
  ) {
    this.settings = settings;
    this.pool = pool;
    this.path = path;
    this.models = models;
    this.concurrencyMax = concurrencyMax;
    this.figures = createTrafficFigures(settings.trace.spanMs);
    this.onAnswered = settings.onAnswered;
    this.patience = {
      firstTokenMs: onTheWall(settings.clients?.firstTokenTimeoutMs, settings.speed),
      totalMs: onTheWall(settings.clients?.totalTimeoutMs, settings.speed),
    };
  }

  async play(): Promise<TrafficResult> {
    const { trace, requestsMax = Infinity, signal } = this.settings;
    const feed = new RowFeed(trace, requestsMax);
    try {
      await feed.fill();
      this.startedAtMs = performance.now();
      this.lastSentAtMs = this.startedAtMs;
      await this.sendAll(feed);
    } finally {
      await feed.close();
    }
    if (signal?.aborted !== true) await this.lastAnswers();
    for (const request of this.open) request.stop();
    // Those that wait for a connection end with the pool.
    await this.pool.destroy();
    if (this.open.size > 0) await turnOfOthers();
    return this.result();
  }

  /** Called by each request. */
  ended(request: SentRequest): void {
    this.open.delete(request);
    if (this.open.size === 0) this.allEnded?.();
  }

  private async sendAll(feed: RowFeed): Promise<void> {
    const { speed, signal } = this.settings;
    for (;;) {
      if (signal?.aborted === true) return;
      const row = feed.next;
      if (row === null) {
        if (!(await feed.fill())) return;
        continue;
      }
      const waitMs = this.startedAtMs + row.arrivalMs / speed - performance.now();
      if (waitMs > 0) await pause(waitMs, signal);
      else if (this.sendDue(feed)) await turnOfOthers();
    }
  }

  /** Sends what is due by now. True when it stopped before the end of it. */
  private sendDue(feed: RowFeed): boolean {
    const { speed, onProgress } = this.settings;
    let nowMs = performance.now();
    for (let count = 0; ; count++) {
      const row = feed.next;
      const dueAtMs = row === null ? Infinity : this.startedAtMs + row.arrivalMs / speed;
      if (row === null || dueAtMs > nowMs) break;
      if (count === BURST_MAX) return true;
      feed.take();
      if (this.open.size >= this.concurrencyMax) this.heldBack += 1;
      else this.send(row, dueAtMs, nowMs);
      nowMs = performance.now();
    }
    if (onProgress !== undefined && nowMs > this.toldAtMs + PROGRESS_EVERY_MS) {
      this.toldAtMs = nowMs;
      onProgress(this.sent + this.heldBack);
    }
    return false;
  }

  private send(row: TraceRow, dueAtMs: number, nowMs: number): void {
    const { secret = null, secretByClientKey } = this.settings;
    if (row.inputTokens > PROMPT_TOKENS_MAX) this.promptsCut += 1;
    const isEmbeddings = row.protocol === ENDPOINT_PROTOCOLS.embeddings;
    const model = this.modelOf(row);
    const request = new SentRequest(this, row.arrivalMs, row.stream && !isEmbeddings, nowMs);
    this.open.add(request);
    this.openMax = Math.max(this.openMax, this.open.size);
    this.sent += 1;
    this.lastSentAtMs = nowMs;
    addTime(this.figures.latenessMs, nowMs - dueAtMs);
    this.pool.dispatch(
      {
        path: `${this.path}/${isEmbeddings ? 'embeddings' : 'chat/completions'}`,
        method: 'POST',
        headers: requestHeaders(row, secretByClientKey?.get(row.clientKey) ?? secret),
        body: isEmbeddings ? embeddingsBody(row, model) : chatBody(row, model),
      },
      request,
    );
  }

  private modelOf(row: TraceRow): string {
    const { model } = this.settings;
    if (model !== undefined) return model;
    if (row.model === AUTO || this.models === null || this.models.has(row.model)) return row.model;
    this.askedAsAuto += 1;
    return AUTO;
  }

  private async lastAnswers(): Promise<void> {
    if (this.open.size === 0) return;
    const ended = new Promise<void>((resolve) => (this.allEnded = resolve));
    await Promise.race([ended, pause(LAST_ANSWERS_MAX_MS, this.settings.signal, ended)]);
  }

  private result(): TrafficResult {
    const { trace, url, speed, signal } = this.settings;
    return trafficResult(
      {
        trace: { name: trace.name, sha256: trace.sha256, requests: trace.requests, spanMs: trace.spanMs },
        url,
        speed,
        interrupted: signal?.aborted === true,
        due: this.sent + this.heldBack,
        sent: this.sent,
        heldBack: this.heldBack,
        askedAsAuto: this.askedAsAuto,
        promptsCut: this.promptsCut,
        openMax: this.openMax,
        wallMs: performance.now() - this.startedAtMs,
        sendingMs: this.lastSentAtMs - this.startedAtMs,
      },
      this.figures,
    );
  }
}

function endpointOf(url: string): { readonly origin: string; readonly path: string } {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')) {
    throw new BadInput(`--url ${url}: is not an http or https address; try http://127.0.0.1:3301/openai/v1`);
  }
  if (parsed.username !== '' || parsed.password !== '') {
    throw new BadInput('--url: holds a name or a password; keys come from TOKEN_POOL_KEY, --key-file or --keys-file');
  }
  if (parsed.search !== '' || parsed.hash !== '') {
    throw new BadInput('--url: has a query or a fragment, which would be left out of the calls; name a base URL alone');
  }
  return { origin: parsed.origin, path: parsed.pathname.replace(/\/+$/, '') };
}

function onTheWall(scenarioMs: number | null | undefined, speed: number): number | null {
  return scenarioMs === null || scenarioMs === undefined ? null : scenarioMs / speed;
}

/** Waits; ends early when told to stop, or with `end`. */
function pause(waitMs: number, signal: AbortSignal | undefined, end?: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(over, waitMs);
    signal?.addEventListener('abort', over, { once: true });
    void end?.then(over);
    function over(): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', over);
      resolve();
    }
  });
}

/** Lets the answers that have come be read. */
function turnOfOthers(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
