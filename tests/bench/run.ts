/** `npm run bench [-- --only core|gateway|console|fit|tune] [--quick] [--json]`: ratios measured in one run; see the README. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { importAzure, refuseBadRows } from '../../datasets/importers/index.ts';
import { embeddedTracePath } from '../../datasets/embedded/embedded-trace.ts';
import { openTrace } from '../../datasets/index.ts';
import type { TraceRow } from '../../datasets/trace.ts';
import { settleEngine } from '../../src/cli/engine-settings.ts';
import { loadPolicy } from '../../src/config/load-policy.ts';
import { loadScenario } from '../../src/config/load-scenario.ts';
import { measureCore } from './core-bench.ts';
import { measureFit, type FitFigures } from './fit-bench.ts';
import { measureConsole, type ConsoleFigures } from './gateway/console-bench.ts';
import { cannotMeasure, measureGateways } from './gateway/gateway-bench.ts';
import type { GatewayFigures } from './gateway/gateway-figures.ts';
import { gatewayText } from './gateway/gateway-text.ts';
import { measureNaiveDecision } from './naive-decision.ts';
import { measureQueue, measureSimpy } from './queue-bench.ts';
import { measureReplay } from './replay-bench.ts';
import { measureTune, type TuneFigures } from './tune-bench.ts';
import { budgetRulesOf, withWideLimits } from './wide-limits.ts';

const AZURE = fileURLToPath(
  new URL('../../../shared/traces/azure-llm-2023/AzureLLMInferenceTrace_conv.csv', import.meta.url),
);
const ASSUMED = { clientKey: 'default', protocol: 'openai', model: 'auto', stream: true } as const;
const CORE_SECONDS = 4;
const CUSTOMERS = 400_000;
/** Some seconds: on a machine that others use too, only many windows meet an undisturbed one. */
const REPLAYED_REQUESTS = 3_000_000;

const PARTS = ['core', 'gateway', 'console', 'fit', 'tune'] as const;
/** Requests of the log that is learnt from, and of that of a quick run. */
const LOGGED_REQUESTS = 1_000_000;
const LOGGED_REQUESTS_QUICK = 50_000;
/** Requests that four threads share in memory, and replays on one thread and on two. */
const SHARED_REQUESTS = 5_000_000;
const SHARED_REQUESTS_QUICK = 200_000;
const TUNE_REPLAYS = 32;
const TUNE_REPLAYS_QUICK = 8;

async function main(args: readonly string[]): Promise<void> {
  const only = args.includes('--only') ? (args[args.indexOf('--only') + 1] ?? '') : null;
  if (only !== null && !(PARTS as readonly string[]).includes(only)) {
    process.stderr.write(`bench: --only: "${only}" is not a part; there are: ${PARTS.join(', ')}\n`);
    process.exitCode = 2;
    return;
  }
  const isJson = args.includes('--json');
  const isQuick = args.includes('--quick');
  const wants = (part: (typeof PARTS)[number]): boolean => only === null || only === part;
  const print = (figures: object): void => {
    if (isJson) return;
    for (const [name, value] of Object.entries(figures)) process.stdout.write(`${name.padEnd(38)} ${shown(value)}\n`);
  };
  const core = wants('core') ? await measure() : {};
  print(core);
  const gateway = wants('gateway') ? await benchGateways(isQuick) : null;
  if (!isJson && gateway !== null) process.stdout.write(gatewayText(gateway));
  const console = wants('console') ? await benchConsole(isQuick) : null;
  print(console ?? {});
  const fit = wants('fit') ? await benchFit(isQuick) : null;
  print(fit ?? {});
  const tune = wants('tune') ? await benchTune(isQuick) : null;
  print(tune ?? {});
  const all = {
    ...core,
    ...(gateway === null ? {} : { gateway }),
    ...(console === null ? {} : { console }),
    ...(fit === null ? {} : { fit }),
    ...(tune === null ? {} : { tune }),
  };
  if (isJson) process.stdout.write(`${JSON.stringify(all, null, 2)}\n`);
}

async function benchFit(isQuick: boolean): Promise<FitFigures> {
  return measureFit(isQuick ? LOGGED_REQUESTS_QUICK : LOGGED_REQUESTS, (text) => process.stderr.write(`${text}\n`));
}

async function benchTune(isQuick: boolean): Promise<TuneFigures> {
  const requests = isQuick ? SHARED_REQUESTS_QUICK : SHARED_REQUESTS;
  return measureTune(requests, isQuick ? TUNE_REPLAYS_QUICK : TUNE_REPLAYS, (text) =>
    process.stderr.write(`${text}\n`),
  );
}

async function benchGateways(isQuick: boolean): Promise<GatewayFigures | null> {
  const obstacle = cannotMeasure();
  if (obstacle === null) return measureGateways(isQuick);
  process.stderr.write(`bench: gateway: left out: ${obstacle}\n`);
  return null;
}

async function benchConsole(isQuick: boolean): Promise<ConsoleFigures | null> {
  const obstacle = cannotMeasure();
  if (obstacle === null) return measureConsole(isQuick);
  process.stderr.write(`bench: console: left out: ${obstacle}\n`);
  return null;
}

async function measure(): Promise<Record<string, unknown>> {
  const { rows, name } = await readRows();
  const scenario = withWideLimits(loadScenario('tight-budget').scenario);
  const { pool } = scenario;
  const ranked = loadPolicy('ranked').policy;

  const naiveBefore = measureNaiveDecision();
  const rounds = Math.ceil(REPLAYED_REQUESTS / rows.length);
  const replayed = await measureReplay(scenario, ranked, rows, rounds);
  const core = measureCore(pool, ranked, rows, CORE_SECONDS);
  const weighted = measureCore(pool, loadPolicy('weighted').policy, rows, CORE_SECONDS);
  const naiveAfter = measureNaiveDecision();
  const queue = await measureQueue(CUSTOMERS);
  const simpy = measureSimpy(CUSTOMERS / 4);

  const naive = Math.max(naiveBefore, naiveAfter);
  return {
    decisionsPerSecond: core.decisions.fastest,
    decisionsPerSecondMean: core.decisions.mean,
    decisionsPerSecondWeighted: weighted.decisions.fastest,
    decisionsAndOutcomesPerSecond: core.decisionsAndOutcomes.fastest,
    naiveDecisionsPerSecond: naive,
    naiveToCore: naive / core.decisions.fastest,
    replayedRequestsPerSecond: replayed.requestsPerSecond.fastest,
    replayedRequestsPerSecondMean: replayed.requestsPerSecond.mean,
    replayedEventsPerSecond: replayed.eventsPerSecond.fastest,
    eventsPerSecond: queue.eventsPerSecond,
    customersPerSecond: queue.customersPerSecond,
    simpyEventsPerSecond: simpy?.eventsPerSecond ?? null,
    simpyCustomersPerSecond: simpy?.customersPerSecond ?? null,
    customersToSimpy: simpy === null ? null : queue.customersPerSecond / simpy.customersPerSecond,
    conditions: {
      node: process.version,
      cores: availableParallelism(),
      threads: 1,
      trace: name,
      traceRows: rows.length,
      targets: pool.targets.length,
      budgetRules: budgetRulesOf(pool),
      pool: 'the shipped scenario tight-budget, budgets and rate limits widened so that none binds',
      windows:
        'decisions and replay are measured in windows of about a tenth of a second; the figure is the fastest window, ...Mean is all of them',
      decisionsPerSecond: 'router.begin without explanation: admission, filters, scores, pick, reservation; ranked',
      decisionsAndOutcomesPerSecond: 'router.begin and router.observe of every request',
      naiveDecisionsPerSecond: 'ten targets, three terms, no state: a yardstick for the machine',
      replayedRequestsPerSecond: `${replayed.requests} requests from memory through core, twins and figures`,
      eventsPerSecond: `M/M/1 at load 0.7, ${CUSTOMERS} customers through the whole simulator`,
      simpyEventsPerSecond:
        simpy === null ? 'python3-simpy is not installed' : `the same queue, ${CUSTOMERS / 4} customers`,
    },
  };
}

async function readRows(): Promise<{ readonly rows: readonly TraceRow[]; readonly name: string }> {
  const rows: TraceRow[] = [];
  if (existsSync(AZURE)) {
    for await (const batch of importAzure([AZURE], ASSUMED, refuseBadRows())) rows.push(...batch);
    return { rows, name: 'Azure LLM inference 2023, conversation' };
  }
  for await (const batch of (await openTrace(embeddedTracePath())).batches()) rows.push(...batch);
  return { rows, name: 'embedded hour' };
}

function shown(value: unknown): string {
  if (typeof value === 'number') return value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toFixed(2);
  return typeof value === 'string' || value === null ? String(value) : JSON.stringify(value, null, 2);
}

settleEngine();
await main(process.argv.slice(2));
