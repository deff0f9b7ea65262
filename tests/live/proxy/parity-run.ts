/**
 * A long life of a served proxy: outages, rate limits, budgets, queues, a policy and a pool read again, a restart, a
 * kill; all under load. Afterwards the core has to make every logged decision again.
 */
import type { Fault, Scenario } from '../../../simulator/scenario.ts';
import { loadScenario } from '../../../src/config/load-scenario.ts';
import { openLog, type LogReader } from '../../../src/log/log-reader.ts';
import { verifyLog, type ParityResult } from '../../../src/log/parity.ts';
import { FOR_EVER_MS } from '../../../simulator/validate/queues/patient-policy.ts';
import { mixedLoad, PATIENT_POLICY, ROUTED, type LoadUnderWay } from './live-traffic.ts';
import type { SeenEnd } from './logged-rows.ts';
import { sha256, startBeforeTwins, twinPool, type LiveProxy } from './running-proxy.ts';

export interface ParityRunResult {
  readonly parity: ParityResult;
  /** Inputs whose sequence is not their place: gaps or doubles. */
  readonly gaps: number;
  /** Requests that the core took in. */
  readonly begun: number;
  /** Answers that clients had in full, and those of them without a row. */
  readonly ended: number;
  readonly lost: number;
  /** What the log tells of the run, by name; each is to be above 0 for the proof to say something. */
  readonly events: Readonly<Record<string, number>>;
  readonly verifyMs: number;
  readonly trafficMs: number;
}

const KEYS = { default: 'secret-default', batch: 'secret-batch' } as const;
const CLIENT_KEYS = [
  { name: 'default', secretSha256: sha256(KEYS.default), instructions: 'apply' },
  {
    name: 'batch',
    secretSha256: sha256(KEYS.batch),
    priorityCeiling: 'low',
    budgets: [{ metric: 'requests', window: '1m', limit: 10 }],
  },
];
const POLICY = { ...PATIENT_POLICY, explorationRate: 0.05, affinity: { stick: 'key' } };

/** @param speed scenario ms a ms; requests come `gapMs` of the scenario apart */
export async function parityRun(requests: number, gapMs: number, speed: number): Promise<ParityRunResult> {
  const part = Math.ceil(requests / 3);
  const scenario = eventful(part * gapMs);
  const live = await startBeforeTwins(scenario, {
    speed,
    policy: POLICY,
    clientKeys: CLIENT_KEYS,
    routing: ROUTED,
    log: { rotateMebibytes: 8 },
    isServed: true,
    logLevel: 'error',
  });
  try {
    const ends: SeenEnd[] = [];
    const startMs = performance.now();
    const traffic = (seed: number): LoadUnderWay =>
      mixedLoad({ url: live.url, requests: part, gapMs, speed, seed, secrets: KEYS, isSteered: true }, ends);

    // The first life: another policy in the middle, then a proper restart under load.
    live.twins.reset();
    const first = traffic(0);
    await first.until(0.4);
    live.rewrite({ policy: { ...POLICY, mode: 'weighted', explorationRate: 0.15 } });
    const { policyHash } = live.served.report;
    await reloaded(live, (hash) => hash !== policyHash);
    await first.until(0.95);
    await live.serve();
    await first.end();

    // The second: another pool in the middle, and a kill.
    live.twins.reset();
    const second = traffic(1);
    await second.until(0.4);
    live.rewrite({ pool: withoutProvider(twinPool(scenario, live.twins), 'local-vllm') });
    await reloaded(live, (_hash, models) => !models.includes('llama-8b'));
    await second.until(0.95);
    await live.served.end('SIGKILL');
    await second.end();

    // The third: as it was at first.
    live.rewrite({ pool: twinPool(scenario, live.twins), policy: POLICY });
    await live.serve();
    live.twins.reset();
    const third = traffic(2);
    await third.whole;
    const trafficMs = performance.now() - startMs;
    await live.close();
    return await judge(live.logFolder, ends, trafficMs);
  } finally {
    await live.stop();
  }
}

/** The shipped scenario with its troubles packed into a part of the run, and with less room. */
function eventful(spanMs: number): Scenario {
  const { scenario } = loadScenario('provider-outage');
  const during = (from: number, to: number): { startMs: number; endMs: number } => ({
    startMs: from * spanMs,
    endMs: to * spanMs,
  });
  const faults: Fault[] = [
    // From the first to the last moment, so that they are met however slow the machine is.
    { startMs: 0, endMs: FOR_EVER_MS, scope: 'drift', kind: 'rate-limit-storm', probability: 0.8, retryAfterMs: 3_000 },
    { startMs: 0, endMs: FOR_EVER_MS, scope: 'cumulus.team-a.cumulus-70b', kind: 'failures', probability: 0.5 },
    { ...during(0.25, 0.55), scope: 'aurora', kind: 'down' },
    { ...during(0.4, 0.8), scope: 'borealis', kind: 'latency', factor: 3 },
  ];
  const { pool } = scenario;
  const keys = pool.keys.map((key) => ({ ...key, concurrencyLimit: Math.ceil((key.concurrencyLimit ?? 8) / 6) }));
  const providers = pool.providers.map((provider) =>
    provider.id === 'borealis'
      ? { ...provider, budgets: [{ metric: 'requests', window: '1m', limit: 60 } as const] }
      : provider,
  );
  return { ...scenario, faults, pool: { ...pool, keys, providers } };
}

/** SIGHUP, until the API tells that the files were read. */
async function reloaded(live: LiveProxy, isSeen: (policyHash: string, models: string) => boolean): Promise<void> {
  live.served.signal('SIGHUP');
  const headers = { authorization: `Bearer ${KEYS.default}` };
  for (let tries = 0; ; tries++) {
    // Nobody answers it, so it changes little, and it tells by which policy.
    const unknown = await live.chat({ model: 'unheard-of' }, { headers });
    const models = await fetch(`${live.url}/v1/models`, { headers });
    if (isSeen(unknown.headers.get('x-token-pool-policy') ?? '', await models.text())) return;
    if (tries === 200) throw new Error(`the proxy did not read its files again: ${live.served.stderr()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function withoutProvider(pool: Readonly<Record<string, unknown>>, id: string): Readonly<Record<string, unknown>> {
  const providers = (pool['providers'] as readonly { readonly id: string }[]).filter((provider) => provider.id !== id);
  const aliases = Object.entries((pool['modelAliases'] ?? {}) as Record<string, string[]>);
  const modelAliases = Object.fromEntries(
    aliases.map(([alias, patterns]) => [alias, patterns.filter((pattern) => !pattern.startsWith(`${id}.`))]),
  );
  return { ...pool, providers, modelAliases };
}

async function judge(folder: string, ends: readonly SeenEnd[], trafficMs: number): Promise<ParityRunResult> {
  const reader = await openLog(folder);
  try {
    const told = await readEvents(reader);
    const startMs = performance.now();
    const parity = await verifyLog(reader);
    const verifyMs = performance.now() - startMs;
    const lost = ends.filter(({ requestId, attempts }) => {
      for (let attempt = 1; attempt <= attempts; attempt++) {
        if (!told.decided.has(`${requestId}/${attempt}`) || !told.ended.has(`${requestId}/${attempt}`)) return true;
      }
      return !told.begun.has(requestId);
    });
    const { gaps, events } = told;
    return { parity, gaps, begun: told.begun.size, ended: ends.length, lost: lost.length, events, verifyMs, trafficMs };
  } finally {
    reader.close();
  }
}

/** One pass over the inputs and one over the decisions, keeping names only. */
async function readEvents(reader: LogReader) {
  const begun = new Set<string>();
  const decided = new Set<string>();
  const ended = new Set<string>();
  const events: Record<string, number> = {};
  const count = (name: string): void => void (events[name] = (events[name] ?? 0) + 1);
  let place = 0;
  let gaps = 0;
  for await (const input of reader.inputs()) {
    if (input.sequence !== place) gaps += 1;
    place = input.sequence + 1;
    if (input.kind === 'begin') begun.add(input.payload.requestId);
    if (input.kind === 'configure') count(`configure ${input.payload.start ?? 'fresh'}`);
    if (input.kind !== 'observe') continue;
    const { requestId, attempt, kind, reachedClient } = input.payload;
    ended.add(`${requestId}/${attempt}`);
    count(`outcome ${kind}`);
    if (attempt > 1) count('retried');
    if (kind === 'failure' && reachedClient) count('stream broken');
    if (kind === 'cancelled' && attempt === 0) count('left while waiting');
  }
  const policies = new Set<string>();
  for await (const row of reader.decisions()) {
    policies.add(row.policy_hash);
    if (row.chosen_target !== null) decided.add(`${row.request_id}/${row.attempt}`);
    if (row.cause === 'queue') count('sent from the queue');
    if (row.explored) count('explored');
    if (row.route !== null) count(`route ${row.route}`);
    if (row.steering === 'force' || row.steering === 'sticky') count(row.steering);
    if (row.route_reason?.startsWith('route_hint')) count('hinted');
    if (row.reject_code !== null) count(`rejected ${row.reject_code}`);
    const rejections = new Set(row.candidates.map(({ rejection }) => rejection));
    if (rejections.has('budget_exhausted')) count('budget exhausted');
    if (rejections.has('excluded') && row.attempt === 1) count('banned');
    if (rejections.has('outranked')) count('outranked');
    if (rejections.has('rate_limited')) count('key at rest');
    if (rejections.has('cooldown')) count('target in cooldown');
  }
  events['policies'] = policies.size;
  return { begun, decided, ended, events, gaps };
}

/** What has to have happened. */
export const NEEDED_EVENTS = [
  'configure fresh',
  'configure restored',
  'configure reloaded',
  'outcome success',
  'outcome failure',
  'outcome limited',
  'outcome cancelled',
  'retried',
  'sent from the queue',
  'explored',
  'budget exhausted',
  'key at rest',
  'rejected CLIENT_BUDGET_EXHAUSTED',
  'route default',
  'route thinking',
  'route tools',
  'route coding',
  'hinted',
  'force',
  'sticky',
  'banned',
  'outranked',
] as const;
