/**
 * The proxy under load, beside the least that a gateway on Node can do and beside nginx: each a process of its own on
 * one core, the provider and the load generator on another. The three take turns in short windows, so that what the
 * machine does meanwhile happens to all of them.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  canPin,
  nodeLaunch,
  quiet,
  startLoad,
  startProcess,
  type BenchProcess,
  type LoadGenerator,
} from './bench-process.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import type { Burst, Leave, Pace, SaturateOrder } from './load-orders.ts';
import {
  ALL_TARGETS,
  NARROW_TARGET,
  startFloor,
  startNginx,
  startTokenPool,
  type GatewayName,
  type RunningGateway,
} from './gateways.ts';
import { cpuTimeOf } from './process-cpu.ts';
import { summarise, type GatewayFigures, type Latency, type SaturationWindow } from './gateway-figures.ts';

/** How long and how often everything is measured. */
interface Extent {
  /**
   * Times that the gateways are started anew to be saturated with requests: how fast a process of Node is turns out
   * differently by a tenth from one start to the next, with the same code.
   */
  readonly starts: number;
  /** Of each start. */
  readonly rounds: number;
  readonly windowMs: number;
  /** JavaScript is slow until it is compiled: the first rounds are longer, and not counted. */
  readonly warmRounds: number;
  readonly warmMs: number;
  readonly paceRounds: number;
  readonly paceMs: number;
  /**
   * At a steady rate V8 goes on compiling for some seconds after saturation, what that had not used or used otherwise.
   * On one core each such job stands in the way of a request or two, and a hundredth of the requests is what is asked.
   */
  readonly paceWarmMs: number;
  readonly burstLastsMs: number;
}

const FULL: Extent = {
  starts: 3,
  rounds: 5,
  windowMs: 1_000,
  warmRounds: 2,
  warmMs: 1_500,
  paceRounds: 8,
  paceMs: 1_500,
  paceWarmMs: 12_000,
  burstLastsMs: 3_000,
};
const QUICK: Extent = {
  starts: 1,
  rounds: 2,
  windowMs: 400,
  warmRounds: 1,
  warmMs: 800,
  paceRounds: 1,
  paceMs: 800,
  paceWarmMs: 300,
  burstLastsMs: 1_200,
};

const BODIES = [1_024, 32_768] as const;
const CONNECTIONS = 64;
const STREAM_CONNECTIONS = 128;
const EVENTS_PER_STREAM = 200;
const REQUESTS_PER_SECOND = 200;
const STREAMS_PER_SECOND = 100;
const SHORT_STREAM = { events: 8, gapMs: 5 } as const;
const BURSTS = [512, 1_000] as const;
const LEAVING = 100;
const SETTLE_MS = 150;
const QUIET_MS = 6_000;

const GATEWAY_CORE = 0;
const LOAD_CORE = 1;
const [UPSTREAM, LOAD] = ['upstream.ts', 'load.ts'].map((name) => fileURLToPath(new URL(name, import.meta.url)));

/** What stands around the gateways. */
interface Ground {
  readonly folder: string;
  readonly direct: RunningGateway;
  readonly load: LoadGenerator;
  readonly acknowledgePort: number;
  readonly gatewayCore: number | null;
  readonly extent: Extent;
}

interface Stage extends Ground {
  readonly gateways: readonly RunningGateway[];
}

type Saturations = Map<GatewayName, SaturationWindow[]>;

/**
 * Measures everything in about eight minutes, or less carefully in half of one.
 *
 * @throws Error when a process does not start; everything that was started has ended by then
 */
export async function measureGateways(isQuick: boolean): Promise<GatewayFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'tokenpool-bench-'));
  const processes: BenchProcess[] = [];
  const cleanUp = async (): Promise<void> => {
    // The last one started first: gateways before the provider that they talk to.
    for (const each of processes.toReversed()) await each.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  const interrupted = (signal: NodeJS.Signals): void => {
    void cleanUp().then(() => process.exit(signal === 'SIGINT' ? 130 : 143));
  };
  process.on('SIGINT', interrupted);
  process.on('SIGTERM', interrupted);
  try {
    const ground = await layGround(folder, processes, isQuick ? QUICK : FULL);
    return await measureAll(ground, processes);
  } finally {
    process.off('SIGINT', interrupted);
    process.off('SIGTERM', interrupted);
    await cleanUp();
  }
}

/** Whether this machine can do it at all. */
export function cannotMeasure(): string | null {
  return existsSync('/proc/self/task') ? null : 'CPU time of processes is read from /proc, which only Linux has';
}

async function layGround(folder: string, processes: BenchProcess[], extent: Extent): Promise<Ground> {
  const isPinned = canPin() && availableParallelism() >= 2;
  const [gatewayCore, loadCore] = isPinned ? [GATEWAY_CORE, LOAD_CORE] : [null, null];
  const { started: upstream } = await startProcess(nodeLaunch(UPSTREAM!, [], loadCore));
  processes.push(upstream);
  const { port, acknowledgePort } = upstream.said as { readonly port: number; readonly acknowledgePort: number };
  const load = await startLoad(LOAD!, loadCore);
  processes.push(load.process);
  return { folder, direct: { name: 'direct', port, process: upstream }, load, acknowledgePort, gatewayCore, extent };
}

/** @param ordinal of the start: each has folders of its own */
async function startGateways(ground: Ground, processes: BenchProcess[], ordinal: number): Promise<Stage> {
  const { folder, direct, gatewayCore } = ground;
  const gateways: RunningGateway[] = [];
  const add = (gateway: RunningGateway | null): void => {
    if (gateway === null) return;
    gateways.push(gateway);
    processes.push(gateway.process);
  };
  add(await startFloor(direct.port, gatewayCore));
  const poolFolder = join(folder, `token-pool-${ordinal}`);
  mkdirSync(poolFolder);
  add(await startTokenPool(direct.port, poolFolder, gatewayCore));
  add(await startNginx(direct.port, join(folder, `nginx-${ordinal}`), gatewayCore));
  return { ...ground, gateways };
}

async function stopGateways({ gateways }: Stage, processes: BenchProcess[]): Promise<void> {
  for (const gateway of gateways) {
    await gateway.process.stop();
    processes.splice(processes.indexOf(gateway.process), 1);
  }
}

async function measureAll(ground: Ground, processes: BenchProcess[]): Promise<GatewayFigures> {
  const requests = new Map<number, Saturations>(BODIES.map((body) => [body, new Map()]));
  let stage = await startGateways(ground, processes, 1);
  for (let start = 1; ; start += 1) {
    for (const body of BODIES) append(requests.get(body)!, await saturations(stage, body, CONNECTIONS, null));
    if (start === ground.extent.starts) break;
    await stopGateways(stage, processes);
    stage = await startGateways(ground, processes, start + 1);
  }
  const chunks = await saturations(stage, BODIES[0], STREAM_CONNECTIONS, 'free');
  const loneChunks = await saturations(stage, BODIES[0], STREAM_CONNECTIONS, 'acked');
  const latency = new Map<number, Map<RunningGateway['name'], Latency>>();
  for (const body of BODIES) latency.set(body, await latencies(stage, body, REQUESTS_PER_SECOND, null));
  const firstToken = await latencies(stage, BODIES[0], STREAMS_PER_SECOND, SHORT_STREAM);
  const bursts = new Map<number, Map<RunningGateway['name'], Burst>>();
  for (const streams of BURSTS) bursts.set(streams, await burstsOf(stage, streams));
  const leaving = await leave(stage);
  return summarise({
    requests,
    chunks,
    loneChunks,
    latency,
    firstToken,
    bursts,
    leaving,
    settings: {
      cores: availableParallelism(),
      isPinned: canPin() && availableParallelism() >= 2,
      windowMs: stage.extent.windowMs,
      starts: stage.extent.starts,
      rounds: stage.extent.rounds,
      connections: CONNECTIONS,
      streamConnections: STREAM_CONNECTIONS,
      eventsPerStream: EVENTS_PER_STREAM,
      requestsPerSecond: REQUESTS_PER_SECOND,
      streamsPerSecond: STREAMS_PER_SECOND,
      leaving: LEAVING,
    },
  });
}

/** Windows of each gateway, one after the other, round by round. */
async function saturations(
  stage: Stage,
  bodyBytes: number,
  connections: number,
  pace: 'acked' | 'free' | null,
): Promise<Saturations> {
  const { gateways, extent, acknowledgePort } = stage;
  const windows: Saturations = new Map(gateways.map(({ name }) => [name as GatewayName, []]));
  for (let round = -extent.warmRounds; round < extent.rounds; round += 1) {
    for (const gateway of gateways) {
      const window = await saturation(stage, gateway, {
        kind: 'saturate',
        port: gateway.port,
        pid: gateway.process.pid,
        model: ALL_TARGETS,
        bodyBytes,
        connections,
        warmMs: round < 0 ? extent.warmMs : SETTLE_MS,
        windowMs: extent.windowMs,
        stream: pace === null ? null : { events: EVENTS_PER_STREAM, pace },
        acknowledgePort,
      });
      if (round >= 0) windows.get(gateway.name as GatewayName)!.push(window);
    }
  }
  return windows;
}

function append(all: Saturations, more: Saturations): void {
  for (const [name, windows] of more) all.set(name, [...(all.get(name) ?? []), ...windows]);
}

/** What a gateway puts off is its work all the same: it is waited for, and counted. */
async function saturation({ load }: Stage, gateway: RunningGateway, order: SaturateOrder): Promise<SaturationWindow> {
  const { pid } = gateway.process;
  const before = cpuTimeOf(pid);
  const result = await load.run(order);
  await quiet(pid, QUIET_MS);
  const inAllUs = cpuTimeOf(pid).wholeUs - before.wholeUs;
  refuseFailures(gateway, result);
  return {
    perSecond: result.count / result.seconds,
    busyShare: result.cpu.wholeUs / 1_000_000 / result.seconds,
    mainUs: result.cpu.mainUs / result.count,
    windowUs: result.cpu.wholeUs / result.count,
    inAllUs: inAllUs / result.countInAll,
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
  };
}

/** One in ten thousand may meet a closing connection; more, and the figures are of something else. */
const FAILURES_SHARE_MAX = 0.0001;

function refuseFailures(
  { name }: RunningGateway,
  { failures, firstFailure, countInAll }: { failures: number; firstFailure: string | null; countInAll: number },
): void {
  if (failures <= FAILURES_SHARE_MAX * countInAll) return;
  throw new Error(`${name}: ${failures} of ${countInAll + failures} requests failed, the first with ${firstFailure}`);
}

/** Latencies at a steady rate, of the provider itself too. */
async function latencies(
  { gateways, direct, load, extent }: Stage,
  bodyBytes: number,
  perSecond: number,
  stream: { readonly events: number; readonly gapMs: number } | null,
): Promise<Map<RunningGateway['name'], Latency>> {
  const all = [direct, ...gateways];
  const histograms = new Map(all.map(({ name }) => [name, new LatencyHistogram()]));
  for (let round = -1; round < extent.paceRounds; round += 1) {
    for (const { name, port } of all) {
      const windowMs = round < 0 ? extent.paceWarmMs : extent.paceMs;
      const order = { kind: 'pace', port, model: ALL_TARGETS, bodyBytes, perSecond, windowMs, stream } as const;
      const paced: Pace = await load.run(order);
      if (paced.failures > 0)
        throw new Error(`${name}: ${paced.failures} failed, the first with ${paced.firstFailure}`);
      if (round >= 0) histograms.get(name)!.merge(paced.buckets, paced.maxMs);
    }
  }
  return new Map([...histograms].map(([name, { figures }]) => [name, figures]));
}

async function burstsOf(
  { gateways, load, extent }: Stage,
  streams: number,
): Promise<Map<RunningGateway['name'], Burst>> {
  const found = new Map<RunningGateway['name'], Burst>();
  for (const { name, port } of gateways) {
    const order = { kind: 'burst', port, model: ALL_TARGETS, bodyBytes: BODIES[0], streams } as const;
    found.set(name, await load.run({ ...order, lastsMs: extent.burstLastsMs }));
  }
  return found;
}

async function leave({ gateways, load }: Stage): Promise<Leave> {
  const { port } = gateways.find(({ name }) => name === 'tokenPool')!;
  return load.run({ kind: 'leave', port, model: NARROW_TARGET, bodyBytes: BODIES[0], leaving: LEAVING });
}
