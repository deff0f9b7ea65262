/** Figures of the gateways from what was measured: medians and fastest windows, ratios, and the goals. */
import type { Burst, Leave } from './load-orders.ts';
import { ONE_CORE_FLAGS, type GatewayName, type RunningGateway } from './gateways.ts';
import type { LatencyFigures } from './latency-histogram.ts';

export type Latency = LatencyFigures;

/** One window at saturation. Per request, or per content event of a stream. */
export interface SaturationWindow {
  readonly perSecond: number;
  /** Cores that the gateway used. */
  readonly busyShare: number;
  /** CPU time of the thread that runs JavaScript, in the window. */
  readonly mainUs: number;
  /** Of the whole process, in the window. */
  readonly windowUs: number;
  /** Of the whole process, with what it put off until after the window. */
  readonly inAllUs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface Measured {
  readonly requests: ReadonlyMap<number, ReadonlyMap<GatewayName, readonly SaturationWindow[]>>;
  /** Of streams whose events come as fast as the provider can send them, */
  readonly chunks: ReadonlyMap<GatewayName, readonly SaturationWindow[]>;
  /** and of those whose every event waits until the client has the one before. */
  readonly loneChunks: ReadonlyMap<GatewayName, readonly SaturationWindow[]>;
  readonly latency: ReadonlyMap<number, ReadonlyMap<RunningGateway['name'], Latency>>;
  readonly firstToken: ReadonlyMap<RunningGateway['name'], Latency>;
  readonly bursts: ReadonlyMap<number, ReadonlyMap<RunningGateway['name'], Burst>>;
  readonly leaving: Leave;
  readonly settings: Readonly<Record<string, number | boolean>> & {
    readonly cores: number;
    readonly isPinned: boolean;
    readonly windowMs: number;
    readonly starts: number;
    readonly rounds: number;
    readonly connections: number;
    readonly streamConnections: number;
    readonly eventsPerStream: number;
    readonly requestsPerSecond: number;
    readonly streamsPerSecond: number;
    readonly leaving: number;
  };
}

export interface SaturationFigures {
  /** Median of the windows, and the fastest one. */
  readonly perSecond: number;
  readonly perSecondFastest: number;
  /** What one core can sustain for hours: a second over `cpuInAllUs`. */
  readonly perSecondSustained: number;
  readonly cpuInAllUs: number;
  readonly cpuInWindowUs: number;
  readonly cpuMainThreadUs: number;
  readonly busyShare: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface Goal {
  readonly name: string;
  readonly value: number;
  readonly goal: string;
  readonly isMet: boolean;
}

export interface GatewayFigures {
  /** By bytes of the body, then by gateway. */
  readonly requests: Readonly<Record<string, Readonly<Partial<Record<GatewayName, SaturationFigures>>>>>;
  /** A chunk is one content event, which the provider writes by itself; a busy gateway may find several at once. */
  readonly streamChunks: Readonly<Partial<Record<GatewayName, SaturationFigures>>>;
  /** The same with events that never meet: each is read and written by itself, the dearest way there is. */
  readonly loneStreamChunks: Readonly<Partial<Record<GatewayName, SaturationFigures>>>;
  readonly latency: Readonly<Record<string, Readonly<Record<string, LatencyWithAdded>>>>;
  readonly firstToken: Readonly<Record<string, LatencyWithAdded>>;
  readonly concurrentStreams: Readonly<Record<string, Readonly<Record<string, Burst>>>>;
  readonly leavingClients: Leave;
  /** Of the floor's figure, window by window; the median, and the fastest windows. */
  readonly ratios: Readonly<Record<string, number | null>>;
  readonly goals: readonly Goal[];
  readonly conditions: Readonly<Record<string, string | number | boolean>>;
}

export interface LatencyWithAdded extends Latency {
  /** To what the provider itself takes. */
  readonly addedP50Ms: number;
  readonly addedP99Ms: number;
}

export function summarise(measured: Measured): GatewayFigures {
  const { requests, chunks, loneChunks, latency, firstToken, bursts, leaving } = measured;
  const streamChunks = saturationsOf(chunks);
  const loneStreamChunks = saturationsOf(loneChunks);
  const withAdded = mapValues(latency, addedTo);
  const ratios = ratiosOf(measured, withAdded, addedTo(firstToken));
  return {
    requests: mapValues(requests, saturationsOf),
    streamChunks,
    loneStreamChunks,
    latency: withAdded,
    firstToken: addedTo(firstToken),
    concurrentStreams: mapValues(bursts, (byGateway) => Object.fromEntries(byGateway)),
    leavingClients: leaving,
    ratios,
    goals: goalsOf(measured, ratios, streamChunks, loneStreamChunks),
    conditions: conditionsOf(measured),
  };
}

function saturationsOf(
  windows: ReadonlyMap<GatewayName, readonly SaturationWindow[]>,
): Partial<Record<GatewayName, SaturationFigures>> {
  return Object.fromEntries([...windows].map(([name, each]) => [name, saturationFigures(each)]));
}

function saturationFigures(windows: readonly SaturationWindow[]): SaturationFigures {
  const medianOf = (field: keyof SaturationWindow): number => median(windows.map((window) => window[field]));
  return {
    perSecond: medianOf('perSecond'),
    perSecondFastest: Math.max(...windows.map(({ perSecond }) => perSecond)),
    perSecondSustained: 1_000_000 / medianOf('inAllUs'),
    cpuInAllUs: medianOf('inAllUs'),
    cpuInWindowUs: medianOf('windowUs'),
    cpuMainThreadUs: medianOf('mainUs'),
    busyShare: medianOf('busyShare'),
    p50Ms: medianOf('p50Ms'),
    p99Ms: medianOf('p99Ms'),
  };
}

function addedTo(byGateway: ReadonlyMap<RunningGateway['name'], Latency>): Record<string, LatencyWithAdded> {
  const direct = byGateway.get('direct')!;
  return Object.fromEntries(
    [...byGateway].map(([name, figures]) => [
      name,
      { ...figures, addedP50Ms: figures.p50Ms - direct.p50Ms, addedP99Ms: figures.p99Ms - direct.p99Ms },
    ]),
  );
}

function ratiosOf(
  { requests, chunks, loneChunks }: Measured,
  latency: Readonly<Record<string, Readonly<Record<string, LatencyWithAdded>>>>,
  firstToken: Readonly<Record<string, LatencyWithAdded>>,
): Record<string, number | null> {
  const ratios: Record<string, number | null> = {};
  for (const other of ['tokenPool', 'nginx'] as const) {
    for (const [bytes, windows] of requests) {
      const pair = pairOf(windows, other);
      const name = `${other}ToFloor${bytes}`;
      ratios[`${name}RequestsPerSecond`] = pair && median(pair.map(([a, b]) => b.perSecond / a.perSecond));
      ratios[`${name}RequestsPerSecondFastest`] = pair && fastest(pair, 1) / fastest(pair, 0);
      ratios[`${name}CpuPerRequest`] = pair && median(pair.map(([a, b]) => b.inAllUs / a.inAllUs));
      ratios[`${name}AddedP50`] = ratioOf(latency[bytes]!, other, 'addedP50Ms');
      ratios[`${name}AddedP99`] = ratioOf(latency[bytes]!, other, 'addedP99Ms');
    }
    ratios[`${other}ToFloorAddedFirstTokenP50`] = ratioOf(firstToken, other, 'addedP50Ms');
    ratios[`${other}ToFloorAddedFirstTokenP99`] = ratioOf(firstToken, other, 'addedP99Ms');
    for (const [name, windows] of [
      ['CpuPerChunk', chunks],
      ['CpuPerLoneChunk', loneChunks],
    ] as const) {
      const pair = pairOf(windows, other);
      ratios[`${other}ToFloor${name}`] = pair && median(pair.map(([a, b]) => b.inAllUs / a.inAllUs));
    }
  }
  return ratios;
}

type Pair = readonly (readonly [floor: SaturationWindow, other: SaturationWindow])[];

/** Windows of the same round; null where the other gateway is not there. */
function pairOf(windows: ReadonlyMap<GatewayName, readonly SaturationWindow[]>, other: GatewayName): Pair | null {
  const others = windows.get(other);
  if (others === undefined) return null;
  return windows.get('floor')!.map((floor, index) => [floor, others[index]!]);
}

function fastest(pair: Pair, side: 0 | 1): number {
  return Math.max(...pair.map((windows) => windows[side].perSecond));
}

function ratioOf(
  figures: Readonly<Record<string, LatencyWithAdded>>,
  other: GatewayName,
  field: 'addedP50Ms' | 'addedP99Ms',
): number | null {
  const [floor, found] = [figures['floor']!, figures[other]];
  return found === undefined ? null : found[field] / floor[field];
}

function goalsOf(
  { bursts, leaving }: Measured,
  ratios: Readonly<Record<string, number | null>>,
  streamChunks: Partial<Record<GatewayName, SaturationFigures>>,
  loneStreamChunks: Partial<Record<GatewayName, SaturationFigures>>,
): Goal[] {
  const atLeast = (name: string, value: number, least: number): Goal => {
    return { name, value, goal: `at least ${least}`, isMet: value >= least };
  };
  const atMost = (name: string, value: number, most: number): Goal => {
    return { name, value, goal: `at most ${most}`, isMet: value <= most };
  };
  const together = [...bursts].map(([streams, byGateway]) =>
    atLeast(`streams at once, of ${streams}`, byGateway.get('tokenPool')!.beganTogether, streams),
  );
  return [
    atLeast('requests/s of the floor, 1 KB', ratios['tokenPoolToFloor1024RequestsPerSecond'] ?? 0, 0.7),
    atLeast('requests/s of the floor, 32 KB', ratios['tokenPoolToFloor32768RequestsPerSecond'] ?? 0, 0.7),
    atMost('added p99 of the floor, 1 KB', ratios['tokenPoolToFloor1024AddedP99'] ?? Infinity, 2),
    atMost('added p99 of the floor, 32 KB', ratios['tokenPoolToFloor32768AddedP99'] ?? Infinity, 2),
    atMost('us of CPU a stream chunk', streamChunks.tokenPool?.cpuInAllUs ?? Infinity, 20),
    atMost('us of CPU a lone stream chunk', loneStreamChunks.tokenPool?.cpuInAllUs ?? Infinity, 20),
    ...together,
    atLeast('answered after others left the queue', leaving.answered, leaving.asked),
  ];
}

function conditionsOf({ settings, requests }: Measured): Record<string, string | number | boolean> {
  const { windowMs, starts, rounds, connections, streamConnections, eventsPerStream } = settings;
  return {
    node: process.version,
    cores: settings.cores,
    pinned: settings.isPinned
      ? `gateways on core 0, both Node ones with ${ONE_CORE_FLAGS.join(' ')}, provider and load generator on core 1, each a process of its own`
      : 'not pinned: taskset is missing or there is one core',
    floor: 'Fastify and undici in plain JavaScript: reads the body, forwards it, reads the usage, relays streams',
    tokenPool:
      'serve with the pool of the scenario tight-budget, budgets on four levels that never bind, decision log on',
    nginx: [...requests.values()].some((each) => each.has('nginx'))
      ? 'a plain reverse proxy with kept-alive connections; at saturation it waits for the load generator (see busyShare)'
      : 'not on this machine',
    windows: `${rounds} rounds of ${windowMs} ms, gateways in turn; medians, ratios round by round, and the fastest window`,
    starts: `whole answers: the rounds of ${starts} starts of the gateways together; all else: of the last`,
    requestsPerSecond: `closed loop, ${connections} connections, one request at a time on each`,
    cpuInAllUs: 'CPU of the whole process, with what it does after the window: the log puts work off while it is busy',
    perSecondSustained: '1,000,000 / cpuInAllUs: what one core can do for hours',
    latency: `open loop, ${settings.requestsPerSecond} requests a second; added: less the same quantile of the provider itself`,
    firstToken: `open loop, ${settings.streamsPerSecond} streams a second; until the first byte of the body`,
    streamChunks: `${streamConnections} streams at once, ${eventsPerStream} content events each, every event a write of the provider, which sends as fast as it can; begin and end of streams included`,
    loneStreamChunks: 'the same, but every event is sent when the client has the one before',
    concurrentStreams:
      'all at once on connections that are there; beganTogether: first bytes before any stream had ended',
    leavingClients: `${settings.leaving} clients leave the queue of a target that takes two; those who come after must be answered`,
  };
}

function mapValues<V, R>(map: ReadonlyMap<number, V>, change: (value: V) => R): Record<string, R> {
  return Object.fromEntries([...map].map(([key, value]) => [String(key), change(value)]));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
