import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClientConnection, type Caller } from './client-connection.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import type { Pace, PaceOrder } from './load-orders.ts';
import { chatRequest } from './prompts.ts';

/** An answer that has not come by then never will, ms. */
const PATIENCE_MS = 10_000;

interface Tally {
  readonly latencies: LatencyHistogram;
  /** Connections that can be used again. */
  readonly idle: ClientConnection[];
  readonly isStream: boolean;
  open: number;
  failures: number;
  firstFailure: string | null;
}

class Call implements Caller {
  private readonly tally: Tally;
  private readonly connection: ClientConnection;
  private readonly sentAtMs: number;

  constructor(tally: Tally, connection: ClientConnection) {
    this.tally = tally;
    this.connection = connection;
    tally.open += 1;
    this.sentAtMs = performance.now();
  }

  start(request: Buffer): void {
    this.connection.send(request, this);
  }

  firstByte(): void {
    if (this.tally.isStream) this.tally.latencies.add(performance.now() - this.sentAtMs);
  }

  events(): void {
    // The first byte tells all.
  }

  ended(): void {
    if (!this.tally.isStream) this.tally.latencies.add(performance.now() - this.sentAtMs);
    this.tally.open -= 1;
    this.tally.idle.push(this.connection);
  }

  failed(reason: string): void {
    this.tally.open -= 1;
    this.tally.failures += 1;
    this.tally.firstFailure ??= reason;
  }
}

/** Sends at a steady rate and measures each from the moment it was sent. */
export async function pace(order: PaceOrder): Promise<Pace> {
  const { port, model, bodyBytes, perSecond, windowMs, stream } = order;
  const tally: Tally = {
    latencies: new LatencyHistogram(),
    idle: [],
    isStream: stream !== null,
    open: 0,
    failures: 0,
    firstFailure: null,
  };
  const plan = stream === null ? null : ({ pace: 'timed', id: 0, ...stream } as const);
  const request = chatRequest(`127.0.0.1:${port}`, model, bodyBytes, plan);
  const startMs = performance.now();
  const total = Math.round((perSecond * windowMs) / 1_000);
  for (let sent = 0; sent < total; sent += 1) {
    const waitMs = startMs + (sent * 1_000) / perSecond - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    new Call(tally, takeIdle(tally) ?? new ClientConnection(port)).start(request);
  }
  const untilMs = performance.now() + PATIENCE_MS;
  while (tally.open > 0 && performance.now() < untilMs) await sleep(5);
  for (const connection of tally.idle) connection.close();
  return {
    buckets: tally.latencies.sparse,
    maxMs: tally.latencies.figures.maxMs,
    failures: tally.failures + tally.open,
    firstFailure: tally.firstFailure ?? (tally.open > 0 ? 'no end' : null),
  };
}

function takeIdle(tally: Tally): ClientConnection | null {
  for (;;) {
    const connection = tally.idle.pop();
    if (connection === undefined) return null;
    if (connection.isOpen) return connection;
  }
}
