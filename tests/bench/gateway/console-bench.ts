/**
 * What open consoles cost the proxy: the same load on the same proxy with nobody looking and with three live views
 * open, in turn, so that what the machine does meanwhile happens to both.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LiveFrames } from '../../../src/proxy/console/live-frames.ts';
import type { KeptDecision } from '../../../src/proxy/watch/kept-decision.ts';
import { RequestStory } from '../../../src/proxy/watch/request-story.ts';
import { TrafficTimeline } from '../../../src/proxy/watch/traffic-timeline.ts';
import { loadScenario } from '../../../src/config/load-scenario.ts';
import { PageClient, type LiveReader } from '../../proxy/console/page-client.ts';
import { startTrial } from '../../proxy/proxy-on-trial.ts';
import { outcomeOf, policyWith, requestOf } from '../../router/small-pool.ts';
import { canPin, nodeLaunch, quiet, startLoad, startProcess, type BenchProcess } from './bench-process.ts';
import { ADMIN_TOKEN, ALL_TARGETS, startTokenPool } from './gateways.ts';
import type { Saturation } from './load-orders.ts';

const VIEWERS = 3;
const CONNECTIONS = 64;
const BODY_BYTES = 1_024;
const WARM_MS = 2_000;
const SETTLE_MS = 300;
const QUIET_MS = 6_000;
const LEAST_RATIO = 0.95;
const TIMELINE_REQUESTS = 2_000_000;
const FRAMES = 400;
const [UPSTREAM, LOAD] = ['upstream.ts', 'load.ts'].map((name) => fileURLToPath(new URL(name, import.meta.url)));

interface Side {
  /** Medians of the windows. */
  readonly requestsPerSecond: number;
  readonly cpuUsPerRequest: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface ConsoleFigures {
  readonly nobodyLooks: Side;
  readonly threeConsoles: Side;
  /** Requests per second with consoles, of those without; the median of the pairs, and each of them. */
  readonly requestsRatio: number;
  readonly requestsRatioOfPairs: readonly number[];
  readonly cpuPerRequestRatio: number;
  readonly isGoalMet: boolean;
  readonly goal: string;
  /** To each viewer while the load was on. */
  readonly framesPerSecond: number;
  readonly frameKilobytes: number;
  /** To put a frame together and to write it as JSON, once a second however many look: the mean, and the quickest. */
  readonly frameMs: number;
  readonly frameMsQuickest: number;
  /** What the timeline adds to a request of one attempt, whether somebody looks or not. */
  readonly timelineNsPerRequest: number;
  readonly conditions: Readonly<Record<string, string | number>>;
}

/**
 * Takes two minutes, or less than half of one.
 *
 * @throws Error when a process does not start; everything that was started has ended by then
 */
export async function measureConsole(isQuick: boolean): Promise<ConsoleFigures> {
  const pairs = isQuick ? 3 : 15;
  const windowMs = 2_000;
  const folder = mkdtempSync(join(tmpdir(), 'tokenpool-bench-'));
  const processes: BenchProcess[] = [];
  try {
    const bench = await setUp(folder, processes);
    await bench.window(WARM_MS);
    const without: Saturation[] = [];
    const withConsoles: Saturation[] = [];
    const watched: Watched[] = [];
    for (let pair = 0; pair < pairs; pair += 1) {
      const look = async (): Promise<void> => {
        const viewers = await openViewers(bench.port);
        withConsoles.push(await bench.window(windowMs));
        watched.push(closed(viewers));
      };
      // In turn, so that a machine that gets slower or faster favours neither.
      if (pair % 2 === 1) await look();
      without.push(await bench.window(windowMs));
      if (pair % 2 === 0) await look();
    }
    return summarise(without, withConsoles, watched, windowMs, await frameCost());
  } finally {
    for (const each of processes.toReversed()) await each.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Bench {
  readonly port: number;
  /** A load of so many ms, once the proxy has done what it put off. */
  window(windowMs: number): Promise<Saturation>;
}

async function setUp(folder: string, processes: BenchProcess[]): Promise<Bench> {
  const isPinned = canPin() && availableParallelism() >= 2;
  const [gatewayCore, loadCore] = isPinned ? [0, 1] : [null, null];
  const { started: upstream } = await startProcess(nodeLaunch(UPSTREAM!, [], loadCore));
  processes.push(upstream);
  const { port: upstreamPort, acknowledgePort } = upstream.said as { port: number; acknowledgePort: number };
  const load = await startLoad(LOAD!, loadCore);
  processes.push(load.process);
  const gateway = await startTokenPool(upstreamPort, folder, gatewayCore);
  processes.push(gateway.process);
  const { port } = gateway;
  const { pid } = gateway.process;
  return {
    port,
    async window(windowMs) {
      await quiet(pid, QUIET_MS);
      const order = { kind: 'saturate', port, pid, model: ALL_TARGETS, bodyBytes: BODY_BYTES, stream: null } as const;
      const sizes = { connections: CONNECTIONS, warmMs: SETTLE_MS, windowMs, acknowledgePort };
      const found = await load.run({ ...order, ...sizes });
      if (found.failures > 0)
        throw new Error(`${found.failures} requests failed, the first with ${found.firstFailure}`);
      return found;
    },
  };
}

async function openViewers(port: number): Promise<readonly LiveReader[]> {
  const page = new PageClient(port);
  const { status, text } = await page.login(ADMIN_TOKEN);
  if (status !== 200) throw new Error(`no login to the console: ${text}`);
  const viewers: LiveReader[] = [];
  for (let viewer = 0; viewer < VIEWERS; viewer += 1) viewers.push(await page.live());
  for (const viewer of viewers) await viewer.framesCome(1);
  return viewers;
}

/** What a viewer saw of a load. */
interface Watched {
  readonly frames: number;
  readonly seconds: number;
  readonly bytes: number;
}

function closed(viewers: readonly LiveReader[]): Watched {
  for (const viewer of viewers) viewer.leave();
  const [{ events, frames }] = viewers as readonly [LiveReader];
  const busy = frames.filter(({ endedSinceLast }) => endedSinceLast > 100).length;
  const seconds = (frames.at(-1)!.atMs - frames[0]!.atMs) / 1_000;
  const bytes = Math.max(...events.map(({ data }) => data.length));
  if (busy === 0) throw new Error('no viewer saw anything of the load');
  return { frames: frames.length - 1, seconds, bytes };
}

function summarise(
  without: readonly Saturation[],
  withConsoles: readonly Saturation[],
  watched: readonly Watched[],
  windowMs: number,
  frame: FrameCost,
): ConsoleFigures {
  const ratios = without.map((each, index) => perSecond(withConsoles[index]!) / perSecond(each));
  const cpuRatios = without.map((each, index) => cpuUs(withConsoles[index]!) / cpuUs(each));
  const requestsRatio = median(ratios);
  return {
    nobodyLooks: sideOf(without),
    threeConsoles: sideOf(withConsoles),
    requestsRatio,
    requestsRatioOfPairs: ratios.map((ratio) => Number(ratio.toFixed(3))),
    cpuPerRequestRatio: median(cpuRatios),
    isGoalMet: requestsRatio >= LEAST_RATIO,
    goal: `requestsRatio at least ${LEAST_RATIO}`,
    framesPerSecond: median(watched.map(({ frames, seconds }) => frames / seconds)),
    frameKilobytes: Math.max(...watched.map(({ bytes }) => bytes)) / 1_024,
    ...frame,
    timelineNsPerRequest: timelineNsPerRequest(),
    conditions: {
      node: process.version,
      cores: availableParallelism(),
      pairs: without.length,
      windowMs,
      load: `closed loop at saturation, ${CONNECTIONS} connections, body of ${BODY_BYTES} bytes, decision log on`,
      threeConsoles: `${VIEWERS} streams of live frames, read by another process on the same machine`,
      frameMs: `${FRAMES} frames of the same pool, 20 requests in each`,
      timelineNsPerRequest: `${TIMELINE_REQUESTS} requests of one attempt in a loop of their own`,
    },
  };
}

function perSecond({ count, seconds }: Saturation): number {
  return count / seconds;
}

function cpuUs({ cpu, count }: Saturation): number {
  return cpu.wholeUs / count;
}

function sideOf(windows: readonly Saturation[]): Side {
  return {
    requestsPerSecond: median(windows.map(perSecond)),
    cpuUsPerRequest: median(windows.map(cpuUs)),
    p50Ms: median(windows.map(({ p50Ms }) => p50Ms)),
    p99Ms: median(windows.map(({ p99Ms }) => p99Ms)),
  };
}

type FrameCost = Pick<ConsoleFigures, 'frameMs' | 'frameMsQuickest'>;

async function frameCost(): Promise<FrameCost> {
  const trial = await startTrial({ pool: loadScenario('tight-budget').scenario.pool });
  try {
    const frames = new LiveFrames(trial.admin);
    const costs: number[] = [];
    for (let frame = 0; frame < FRAMES; frame += 1) {
      for (let request = 0; request < 20; request += 1) trial.serve(`r${frame}-${request}`);
      const startMs = performance.now();
      Buffer.from(JSON.stringify(frames.next(false)));
      costs.push(performance.now() - startMs);
    }
    const mean = costs.reduce((sum, cost) => sum + cost, 0) / costs.length;
    return { frameMs: mean, frameMsQuickest: Math.min(...costs) };
  } finally {
    await trial.stop();
  }
}

function timelineNsPerRequest(): number {
  let nowMs = 1_000;
  const timeline = new TrafficTimeline({ startedAtMs: nowMs, nowMs: () => nowMs });
  const request = requestOf('r');
  const outcome = outcomeOf('r', 1);
  const story = new RequestStory(request, nowMs, { name: 'bench', policy: policyWith(), hash: '' });
  story.attempts = [{ attempt: 1, target: 'a.b.c', decision: {} as KeptDecision, sentAtMs: nowMs, outcome }];
  story.ending = 'completed';
  const run = (): number => {
    const startMs = performance.now();
    for (let count = 0; count < TIMELINE_REQUESTS; count += 1) {
      // Ten thousand requests a second.
      nowMs += 0.1;
      timeline.attemptEnded(request, outcome, 'a.b.c', nowMs);
      story.endedAtMs = nowMs;
      timeline.finished(story);
    }
    return ((performance.now() - startMs) * 1e6) / TIMELINE_REQUESTS;
  };
  run();
  return Math.min(run(), run(), run());
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
