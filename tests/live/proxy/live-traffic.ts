/** Load for the live proxy, and what its clients saw of it. */
import { memoryTrace } from '../../../datasets/memory-trace.ts';
import type { TraceSource } from '../../../datasets/trace.ts';
import type { AnswerHeaders } from '../../../simulator/traffic/sent-request.ts';
import { runTraffic } from '../../../simulator/traffic/run-traffic.ts';
import { TOOL_CATEGORIES, type Instruction, type Steering } from '../../../src/router/index.ts';
import { drawUniform, hashText } from '../../../src/router/keyed-draw.ts';
import { rowAt } from '../../../simulator/validate/small/pool-in-small.ts';
import { until } from './until.ts';
import type { SeenEnd } from './logged-rows.ts';

/** Rows of many kinds, even in time, with short prompts so that the proxy and not the wire is at work. */
function mixedTrace(requests: number, gapMs: number, seed: number, isSteered: boolean): TraceSource {
  const rows = Array.from({ length: requests }, (_, index) => {
    const luck = (purpose: number): number => drawUniform(seed, hashText(`${index}`), purpose, 7);
    const sessionId = luck(3) < 0.3 ? `session-${Math.floor(40 * luck(4))}` : null;
    return rowAt(index * gapMs, index, {
      steering: isSteered ? steeringOf(sessionId, index, luck) : null,
      stream: luck(0) < 0.6,
      inputTokens: 20 + Math.floor(200 * luck(1)),
      outputTokens: 1 + Math.floor(60 * luck(2)),
      sessionId,
      declaredPriority: luck(5) < 0.1 ? 'high' : luck(5) < 0.2 ? 'low' : null,
      hasTools: luck(6) < 0.1,
      model: luck(7) < 0.01 ? 'unheard-of' : 'auto',
      clientKey: luck(8) < 0.25 ? 'batch' : 'default',
    });
  });
  return memoryTrace(rows, 'mixed');
}

/** Of the pool `provider-outage`; see {@link ROUTED}. */
const INSTRUCTIONS: readonly Instruction[] = [
  { kind: 'force', name: 'borealis.boreal-flash' },
  { kind: 'sticky', name: 'cumulus.cumulus-70b' },
  { kind: 'sticky', name: 'aurora.spare' },
  { kind: 'allow', name: 'aurora' },
  { kind: 'allow', name: 'borealis' },
  { kind: 'disable', name: 'cumulus.2' },
  { kind: 'disable', name: 'drift' },
  { kind: 'enable', name: 'drift' },
  { kind: 'clear', name: '' },
];

/** Routes over that pool, but for the provider that a reload takes away. */
export const ROUTED = {
  default: [
    { id: 'all', targets: ['aurora', 'borealis', 'cumulus', 'drift'], balancing: 'score-weighted' },
    { id: 'refuge', backup: true, targets: ['borealis.boreal-flash'] },
  ],
  thinking: [{ id: 'best', targets: ['aurora', 'borealis.boreal-pro'], balancing: 'round-robin' }],
  tools: [{ id: 'fast', targets: ['drift', 'cumulus'], balancing: 'weighted', weights: { cumulus: 3 } }],
  coding: ['cumulus', 'aurora.aurora-mini-2.5'],
  search: ['borealis.boreal-flash'],
  background: ['borealis', 'cumulus'],
};

function steeringOf(sessionId: string | null, index: number, luck: (purpose: number) => number): Steering {
  const isUser = luck(20) < 0.4;
  const lastTool = isUser ? null : TOOL_CATEGORIES[Math.floor(TOOL_CATEGORIES.length * luck(21))]!;
  const instruction = INSTRUCTIONS[Math.floor(INSTRUCTIONS.length * luck(22))]!;
  const hints = ['coding', 'background', 'search'];
  return {
    scope: sessionId === null ? 'request' : 'session',
    scopeId: sessionId === null ? `request:${index}` : `session:${sessionId}`,
    signals: {
      latestFromUser: isUser,
      hasImage: false,
      wantsWebSearch: false,
      isBackground: isUser && luck(23) < 0.1,
      lastTool,
      usesTools: lastTool !== null,
    },
    routeHint: luck(24) < 0.05 ? hints[Math.floor(hints.length * luck(25))]! : null,
    instructions: luck(26) < 0.08 ? [instruction] : [],
    bans: luck(27) < 0.03 ? ['cumulus.1'] : [],
    needsServerTools: false,
  };
}

/** Writes down every answer that a client had in full, unless the proxy refused the call before it had an id. */
function noteEnds(ends: SeenEnd[]): (status: number, headers: AnswerHeaders) => void {
  const text = (value: string | string[] | undefined): string => (typeof value === 'string' ? value : '');
  return (_status, headers) => {
    const requestId = text(headers['x-token-pool-request-id']);
    if (requestId === '') return;
    const target = text(headers['x-token-pool-target']);
    const attempts = Number(text(headers['x-token-pool-attempts']));
    ends.push({ requestId, attempts, target: target === '' ? null : target });
  };
}

/** For a fast scenario: a minute of it may be half a second on the wall, and machines are busy at times. */
export const PATIENT_POLICY = {
  queue: { timeoutMs: '3m' },
  retry: { deadlineMs: '10m' },
  timeouts: { connectMs: '5m', firstTokenMs: '10m', idleMs: '10m', totalMs: '30m' },
};
const CONCURRENCY_MAX = 1_024;
/** Of the requests, those whose clients leave before they can have an answer. */
const LEAVERS_EVERY = 25;
const LEAVERS_PATIENCE_MS = 400;

export interface LoadSettings {
  readonly url: string;
  readonly requests: number;
  /** Scenario ms between two requests. */
  readonly gapMs: number;
  readonly speed: number;
  readonly seed: number;
  /** Requests have signals, and some of them hints, instructions and bans. */
  readonly isSteered?: boolean;
  /** By client key. */
  readonly secrets?: Readonly<Record<string, string>>;
}

export interface LoadUnderWay {
  readonly whole: Promise<void>;
  /** Until that share of the requests was sent. */
  until(share: number): Promise<void>;
  /** Sends no more, and waits for what is under way to be given up. */
  end(): Promise<void>;
}

/** @param ends what clients have in full is added as it comes */
export function mixedLoad(load: LoadSettings, ends: SeenEnd[]): LoadUnderWay {
  const { requests, gapMs, speed, seed, secrets = {}, isSteered = false } = load;
  const controller = new AbortController();
  const leavers = Math.ceil(requests / LEAVERS_EVERY);
  const settings = {
    url: `${load.url}/openai/v1`,
    speed,
    concurrencyMax: CONCURRENCY_MAX,
    secretByClientKey: new Map(Object.entries(secrets)),
    signal: controller.signal,
    onAnswered: noteEnds(ends),
  };
  const patience = { firstTokenTimeoutMs: LEAVERS_PATIENCE_MS, totalTimeoutMs: LEAVERS_PATIENCE_MS };
  let sent = 0;
  const play = async (): Promise<void> => {
    await Promise.all([
      runTraffic({
        ...settings,
        trace: mixedTrace(requests - leavers, gapMs, seed, isSteered),
        onProgress: (rows) => (sent = rows),
      }),
      runTraffic({
        ...settings,
        trace: mixedTrace(leavers, gapMs * LEAVERS_EVERY, seed + 1_000, isSteered),
        clients: patience,
      }),
    ]);
    sent = requests;
  };
  const whole = play();
  return {
    whole,
    until: (share) => until(() => sent >= share * (requests - leavers), 'the load under way', 900_000),
    async end() {
      controller.abort();
      await whole;
    },
  };
}
