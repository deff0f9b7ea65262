import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClientConnection, type Caller } from './client-connection.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import type { Burst, BurstOrder, Leave, LeaveOrder } from './load-orders.ts';
import { chatRequest } from './prompts.ts';

const EVENTS = 4;
const CONNECTING_MS = 500;
const PATIENCE_MS = 20_000;

class Listener implements Caller {
  readonly connection: ClientConnection;
  private readonly report: BurstReport;

  constructor(port: number, report: BurstReport) {
    this.connection = new ClientConnection(port);
    this.report = report;
  }

  firstByte(): void {
    this.report.latencies.add(performance.now() - this.report.startMs);
    this.report.began += 1;
  }

  events(): void {
    // Time passes.
  }

  ended(): void {
    this.report.beganTogether ??= this.report.began;
    this.report.over += 1;
  }

  failed(reason: string): void {
    this.report.firstFailure ??= reason;
    this.report.failures += 1;
    this.report.over += 1;
  }
}

class BurstReport {
  readonly latencies = new LatencyHistogram();
  startMs = 0;
  began = 0;
  over = 0;
  failures = 0;
  beganTogether: number | null = null;
  firstFailure: string | null = null;
}

/** So many streams at once, on connections that are there already; each lasts longer than all take to begin. */
export async function burst({ port, model, bodyBytes, streams, lastsMs }: BurstOrder): Promise<Burst> {
  const report = new BurstReport();
  const listeners = Array.from({ length: streams }, () => new Listener(port, report));
  await sleep(CONNECTING_MS);
  const plan = { pace: 'timed', id: 0, events: EVENTS, gapMs: Math.ceil(lastsMs / EVENTS) } as const;
  const request = chatRequest(`127.0.0.1:${port}`, model, bodyBytes, plan);
  report.startMs = performance.now();
  for (const listener of listeners) listener.connection.send(request, listener);
  const untilMs = report.startMs + PATIENCE_MS;
  while (report.over < streams && performance.now() < untilMs) await sleep(10);
  for (const { connection } of listeners) connection.close();
  const { p50Ms, p99Ms, maxMs } = report.latencies.figures;
  const failures = report.failures + streams - report.over;
  const { beganTogether, firstFailure } = report;
  return { p50Ms, p99Ms, maxMs, beganTogether: beganTogether ?? report.began, failures, firstFailure };
}

/** The target takes two at a time. */
const PLACES = 2;
const HOLDING_MS = 1_000;
const LATER = 4;

/**
 * Two streams take the target's places, others queue behind them and leave; then some more come. They are answered in
 * time only when those who left have given up their places.
 */
export async function leave({ port, model, bodyBytes, leaving }: LeaveOrder): Promise<Leave> {
  const holders = new BurstReport();
  const gone = new BurstReport();
  const later = new BurstReport();
  const request = (events: number, gapMs: number): Buffer =>
    chatRequest(`127.0.0.1:${port}`, model, bodyBytes, { pace: 'timed', id: 0, events, gapMs });
  const listen = (count: number, report: BurstReport, bytes: Buffer): Listener[] => {
    const listeners = Array.from({ length: count }, () => new Listener(port, report));
    for (const listener of listeners) listener.connection.send(bytes, listener);
    return listeners;
  };
  const holding = listen(PLACES, holders, request(EVENTS, HOLDING_MS / EVENTS));
  await sleep(HOLDING_MS / 4);
  const left = listen(leaving, gone, request(EVENTS, HOLDING_MS));
  await sleep(HOLDING_MS / 4);
  for (const { connection } of left) connection.close();
  await sleep(HOLDING_MS / 10);
  const last = listen(LATER, later, request(1, 1));
  await sleep(2 * HOLDING_MS);
  for (const { connection } of [...holding, ...last]) connection.close();
  return { answered: later.over - later.failures, asked: LATER };
}
