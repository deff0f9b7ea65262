/** A small driver of the real router: enough trouble to make it retry, queue, reject and cool down. */
import {
  CORE_VERSION,
  DEFAULT_POLICY,
  createRouter,
  type AttemptOutcome,
  type Command,
  type Policy,
  type PoolDefinition,
  type SendCommand,
} from '../../src/router/index.ts';
import { drawUniform, hashText } from '../../src/router/keyed-draw.ts';
import type { InputPayloads } from '../../src/log/payload.ts';
import type { LogRecorder } from '../../src/log/recorder.ts';
import type { InputKind } from '../../src/log/schema.ts';
import { sampleOutcome, sampleRequest } from './sample-rows.ts';

const PROVIDERS = ['aurora', 'borealis', 'cirrus'] as const;

export const DRIVEN_POOL: PoolDefinition = {
  targets: PROVIDERS.map((provider, index) => ({
    id: `${provider}.main.chat-${index}`,
    provider,
    key: `${provider}.main`,
    model: `chat-${index}`,
    contextTokens: 128_000,
    maxOutputTokens: 8_192,
    capabilities: { tools: true, vision: index > 0, streaming: true, serverTools: true },
    protocols: [],
    prices: {
      inputMicroUsdPerToken: 0.1 * (index + 1),
      outputMicroUsdPerToken: 0.7 * (index + 1),
      cacheReadMicroUsdPerToken: 0.01,
      cacheWriteMicroUsdPerToken: 0.125,
    },
    budgets: index === 0 ? [{ metric: 'tokens', window: '1m', limit: 150_000 }] : [],
    disabled: false,
    inlineVision: false,
  })),
  keys: PROVIDERS.map((provider, index) => ({
    id: `${provider}.main`,
    provider,
    concurrencyLimit: 2 + index,
    queueLimit: 3,
    budgets: [],
  })),
  providers: PROVIDERS.map((id) => ({ id, budgets: [] })),
  clientKeys: [{ name: 'team', priorityCeiling: 'high', models: null, maySteer: true, routes: null, budgets: [] }],
  modelAliases: {},
  routing: null,
};

export const DRIVEN_POLICY: Policy = { ...DEFAULT_POLICY, mode: 'weighted', explorationRate: 0.1 };

interface Arrival {
  readonly kind: 'begin';
  readonly atMs: number;
  readonly index: number;
}
interface AttemptEnd {
  readonly kind: 'observe';
  readonly atMs: number;
  readonly outcome: AttemptOutcome;
  readonly target: string;
}

/** Sends `requests` requests through a router and tells `log` everything. Equal seeds give equal runs. */
export function driveRouter(log: LogRecorder, requests: number, seed: number): void {
  const router = createRouter(DRIVEN_POOL, DRIVEN_POLICY, { seed, explain: true });
  const draw = (name: string, salt: number): number => drawUniform(seed, hashText(name), salt, 99);
  const ends: AttemptEnd[] = [];
  let arrival: Arrival = { kind: 'begin', atMs: 0, index: 0 };
  let sequence = 0;

  const record = <K extends InputKind>(
    kind: K,
    atMs: number,
    payload: InputPayloads[K],
    commands: readonly Command[],
  ): void => {
    log.input(sequence, atMs, kind, payload);
    log.commands(sequence, atMs, commands);
    sequence += 1;
    for (const command of commands) if (command.kind === 'send') ends.push(endOf(command, atMs));
  };
  const endOf = (command: SendCommand, atMs: number): AttemptEnd => {
    const luck = (salt: number): number => draw(`${command.requestId}/${command.attempt}`, salt);
    const outcome = outcomeBy(command, luck);
    return { kind: 'observe', atMs: atMs + outcome.durationMs, outcome, target: command.target };
  };
  const takeFirst = (): Arrival | AttemptEnd | null => {
    ends.sort((a, b) => a.atMs - b.atMs);
    const endMs = ends[0]?.atMs ?? Infinity;
    if (Math.min(endMs, arrival.atMs) >= router.nextWakeAtMs) return null;
    if (endMs <= arrival.atMs) return ends.shift() ?? null;
    const taken = arrival;
    const index = taken.index + 1;
    const gapMs = -Math.log(1 - draw('gap', index)) * 90;
    arrival = { kind: 'begin', atMs: index < requests ? taken.atMs + gapMs : Infinity, index };
    return taken;
  };

  record(
    'configure',
    0,
    {
      pool: DRIVEN_POOL,
      policy: DRIVEN_POLICY,
      policyName: 'driven',
      policyHash: 'd1',
      seed,
      coreVersion: CORE_VERSION,
    },
    [],
  );
  let isOrdered = false;
  while (ends.length > 0 || arrival.atMs < Infinity || router.nextWakeAtMs < Infinity) {
    const event = takeFirst();
    if (event === null) {
      const atMs = router.nextWakeAtMs;
      record('wake', atMs, {}, router.wake(atMs));
    } else if (event.kind === 'begin') {
      const request = sampleRequest(`r${event.index}`, {
        sessionId: event.index % 3 === 0 ? null : `session-${event.index % 17}`,
        inputTokens: Math.floor(draw('tokens', event.index) * 9_000),
        declaredPriority: event.index % 5 === 0 ? 'high' : null,
        model: event.index % 100 === 99 ? 'unheard-of' : 'auto',
        prefixBlocks: event.index % 4 === 0 ? [event.index % 7, 100 + (event.index % 11)] : null,
      });
      record('begin', event.atMs, request, router.begin(request, event.atMs));
    } else {
      const { atMs, outcome, target } = event;
      log.outcome(sequence, atMs, outcome, target);
      record('observe', atMs, outcome, router.observe(outcome, atMs));
      if (!isOrdered && sequence > requests) {
        isOrdered = true;
        const order = { kind: 'cool', target: router.targetIds[1] ?? '', untilMs: atMs + 2_000.5 } as const;
        record('order', atMs, order, router.order(order, atMs));
      }
    }
  }
}

function outcomeBy({ requestId, attempt }: SendCommand, luck: (salt: number) => number): AttemptOutcome {
  const firstTokenMs = 100 + 700 * luck(1);
  const fate = luck(2);
  const failed = { firstTokenMs: null, durationMs: 20 + 50 * luck(3), outputTokens: 0, costMicroUsd: 0 };
  const lost = { ...failed, reachedClient: false, inputTokens: 0, cacheReadTokens: 0 };
  if (fate < 0.12) return sampleOutcome(requestId, attempt, { ...lost, kind: 'failure', status: 503 });
  if (fate < 0.2) {
    const retryAfterMs = luck(4) < 0.5 ? 1_500.25 : null;
    return sampleOutcome(requestId, attempt, { ...lost, kind: 'limited', status: 429, retryAfterMs });
  }
  if (fate < 0.23) return sampleOutcome(requestId, attempt, { ...lost, kind: 'timeout', status: null });
  if (fate < 0.26) return sampleOutcome(requestId, attempt, { ...lost, kind: 'cancelled', status: null });
  const outputTokens = 1 + Math.floor(200 * luck(5));
  return sampleOutcome(requestId, attempt, {
    firstTokenMs,
    durationMs: firstTokenMs + 11.7 * outputTokens,
    outputTokens,
  });
}
