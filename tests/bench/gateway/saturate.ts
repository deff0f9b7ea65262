import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClientConnection, type Caller } from './client-connection.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import type { Saturation, SaturateOrder } from './load-orders.ts';
import { cpuTimeOf } from './process-cpu.ts';
import { chatRequest } from './prompts.ts';

const ID_BYTES = 4;
/** A gateway that cannot be reached is not asked for ever. */
const FAILURES_MAX = 1_000;

/** What the callers of one run share. */
class Tally {
  latencies = new LatencyHistogram();
  count = 0;
  open = 0;
  failures = 0;
  firstFailure: string | null = null;
  isEnding = false;
  lastStream = 0;
  readonly order: SaturateOrder;
  private readonly acknowledgements: Socket | null;
  private readonly toAcknowledge: number[] = [];

  constructor(order: SaturateOrder) {
    this.order = order;
    const isAcknowledged = order.stream?.pace === 'acked';
    this.acknowledgements = isAcknowledged
      ? connect({ port: order.acknowledgePort, host: '127.0.0.1', noDelay: true })
      : null;
  }

  fail(reason: string): void {
    this.failures += 1;
    this.firstFailure ??= reason;
    if (this.failures > FAILURES_MAX) this.isEnding = true;
  }

  /** All that one turn of the event loop has to say goes in one write. */
  acknowledge(stream: number): void {
    if (this.toAcknowledge.length === 0) setImmediate(tellProvider, this);
    this.toAcknowledge.push(stream);
  }

  tell(): void {
    const bytes = Buffer.allocUnsafe(ID_BYTES * this.toAcknowledge.length);
    this.toAcknowledge.forEach((stream, index) => bytes.writeUInt32LE(stream, ID_BYTES * index));
    this.toAcknowledge.length = 0;
    this.acknowledgements?.write(bytes);
  }

  close(): void {
    this.acknowledgements?.destroy();
  }
}

function tellProvider(tally: Tally): void {
  tally.tell();
}

/** One connection that sends again and again. */
class Repeater implements Caller {
  private readonly tally: Tally;
  private readonly request: Buffer;
  private connection: ClientConnection;
  private sentAtMs = 0;
  private stream = 0;
  /** Of the stream at hand: events that came, and those that were acknowledged. */
  private came = 0;
  private acknowledged = 0;

  constructor(tally: Tally) {
    const { port, model, bodyBytes } = tally.order;
    this.tally = tally;
    this.request = chatRequest(`127.0.0.1:${port}`, model, bodyBytes, null);
    this.connection = new ClientConnection(port);
  }

  send(): void {
    const { tally } = this;
    if (tally.isEnding) {
      this.connection.close();
      tally.open -= 1;
      return;
    }
    if (!this.connection.isOpen) this.connection = new ClientConnection(tally.order.port);
    this.sentAtMs = performance.now();
    this.connection.send(tally.order.stream === null ? this.request : this.streamRequest(), this);
  }

  firstByte(): void {
    // Only the end counts here.
  }

  events(count: number): void {
    const { tally } = this;
    const { events, pace } = tally.order.stream!;
    const before = this.came;
    this.came += count;
    // The first event has the role only, the last ones say how it ended.
    const contentCame = Math.min(events, this.came - 1);
    tally.count += contentCame - Math.min(events, Math.max(0, before - 1));
    if (pace === 'free') return;
    for (; this.acknowledged < contentCame; this.acknowledged += 1) tally.acknowledge(this.stream);
  }

  ended(): void {
    const { tally } = this;
    tally.latencies.add(performance.now() - this.sentAtMs);
    if (tally.order.stream === null) tally.count += 1;
    this.send();
  }

  failed(reason: string): void {
    this.tally.fail(reason);
    setImmediate(() => this.send());
  }

  private streamRequest(): Buffer {
    const { port, model, bodyBytes, stream } = this.tally.order;
    this.tally.lastStream += 1;
    this.stream = this.tally.lastStream;
    this.came = 0;
    this.acknowledged = 0;
    const plan = { ...stream!, id: this.stream, gapMs: 0 };
    return chatRequest(`127.0.0.1:${port}`, model, bodyBytes, plan);
  }
}

/** Drives a gateway as hard as it can be driven, and measures for a while in the middle. */
export async function saturate(order: SaturateOrder): Promise<Saturation> {
  const tally = new Tally(order);
  const repeaters = Array.from({ length: order.connections }, () => new Repeater(tally));
  tally.open = repeaters.length;
  for (const repeater of repeaters) repeater.send();
  await sleep(order.warmMs);

  tally.latencies = new LatencyHistogram();
  const before = { count: tally.count, atMs: performance.now(), cpu: cpuTimeOf(order.pid) };
  await sleep(order.windowMs);
  const cpu = cpuTimeOf(order.pid);
  const seconds = (performance.now() - before.atMs) / 1_000;
  const count = tally.count - before.count;
  const { p50Ms, p99Ms } = tally.latencies.figures;

  tally.isEnding = true;
  while (tally.open > 0) await sleep(5);
  tally.close();
  return {
    count,
    seconds,
    cpu: { wholeUs: cpu.wholeUs - before.cpu.wholeUs, mainUs: cpu.mainUs - before.cpu.mainUs },
    countInAll: tally.count,
    failures: tally.failures,
    firstFailure: tally.firstFailure,
    p50Ms,
    p99Ms,
  };
}
