/**
 * The simulator against the proxy itself. The real proxy serves synthetic providers over HTTP under one policy; twins are
 * fitted to its log; then they predict what the proxy will do under another policy and a higher load. Only then does
 * it serve that, too, and the prediction is held against its log.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkSettings, generateTrace } from '../../../datasets/generator/index.ts';
import { importTokenPool, importTrace } from '../../../datasets/importers/index.ts';
import { loadTrace, openTrace, writeTrace, type TraceSource } from '../../../datasets/index.ts';
import type { TraceRow } from '../../../datasets/trace.ts';
import { rowsBetween } from '../../../simulator/calibrate/split-rows.ts';
import { fitScenario } from '../../../simulator/calibrate/fit-scenario.ts';
import { replay } from '../../../simulator/replay/replay.ts';
import type { Scenario } from '../../../simulator/scenario.ts';
import type { Check } from '../../../simulator/validate/check.ts';
import { predictionChecks } from '../../../simulator/validate/live/prediction-checks.ts';
import {
  pooled,
  servedInLog,
  ServedCollector,
  type ServedRequests,
} from '../../../simulator/validate/live/served-requests.ts';
import {
  LEARNING_POLICY,
  PREDICTED_POLICY,
  truthScenario,
  type FirstTokenSamples,
} from '../../../simulator/validate/live/truth-scenario.ts';
import { policyHash } from '../../config/load-policy.ts';
import { knownPrices } from '../../config/known-prices.ts';
import { unseenTwin } from '../../config/twin-schema.ts';
import type { Policy } from '../../router/index.ts';
import { runLive } from '../live-run.ts';
import { progressBar } from '../progress-bar.ts';
import { readAttempts } from '../read-attempts.ts';
import { validationTraffic } from './validation-traffic.ts';

export interface LiveValidationSettings {
  readonly seed: number;
  /** Hours of the providers' time that each of the two runs takes. */
  readonly hours: number;
  /** Their time in time on the wall. */
  readonly speed: number;
  /** In the run that is learnt from, and in the one that is predicted. */
  readonly requestsPerSecond: readonly [learnt: number, predicted: number];
  readonly samples: FirstTokenSamples | null;
}

export const LIVE_VALIDATION: Omit<LiveValidationSettings, 'seed' | 'samples'> = {
  hours: 2,
  speed: 60,
  requestsPerSecond: [1.2, 1.7],
};

const SECONDS_PER_HOUR = 3_600;
/** Other luck each time; together they are the prediction. */
const REPLICATES = 20;

export async function validateLive(settings: LiveValidationSettings): Promise<readonly Check[]> {
  const { seed, samples, requestsPerSecond } = settings;
  const truth = truthScenario(samples);
  const folder = await mkdtemp(join(tmpdir(), 'tokenpool-validate-'));
  try {
    const [learnt, predicted] = requestsPerSecond;
    const learntLog = await serve(truth, LEARNING_POLICY, join(folder, 'learnt'), settings, learnt, seed);
    const fitted = await fit(learntLog, seed);
    const liveLog = await serve(truth, PREDICTED_POLICY, join(folder, 'predicted'), settings, predicted, seed + 1);
    const arrived = await arrivalsOf(liveLog, join(folder, 'arrived.parquet'));
    const live = servedInLog(await rowsOf(arrived), (await readAttempts(liveLog)).table);
    return predictionChecks(await predict(arrived, fitted, PREDICTED_POLICY, seed), live);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Generates traffic and lets the proxy serve it. @returns the folder of its log */
async function serve(
  scenario: Scenario,
  policy: Policy,
  folder: string,
  { hours, speed }: LiveValidationSettings,
  perSecond: number,
  seed: number,
): Promise<string> {
  const requests = Math.round(perSecond * hours * SECONDS_PER_HOUR);
  const tracePath = `${folder}.parquet`;
  await writeTrace(tracePath, generateTrace(checkSettings(validationTraffic(seed, requests, hours))).batches());
  const trace = await openTrace(tracePath);
  const bar = progressBar('live', requests);
  try {
    const { logFolder } = await runLive({
      trace,
      scenario,
      policy: { name: 'validation', policy, hash: policyHash(policy) },
      seed,
      speed,
      requestsMax: requests,
      folder,
      onProgress: (rows) => bar.update(rows),
    });
    return logFolder;
  } finally {
    bar.stop();
  }
}

async function fit(logFolder: string, seed: number): Promise<Scenario> {
  const { table, pool } = await readAttempts(logFolder);
  const settings = { table, pool, knownPrices, unseenTwin, name: 'fitted', seed, onStep: () => undefined };
  return fitScenario(settings, rowsBetween(0, table.rows)).scenario;
}

/** The requests of a log as they came; what became of them is not asked for by a replay. */
async function arrivalsOf(logFolder: string, path: string): Promise<TraceSource> {
  await importTrace((rejects) => importTokenPool([logFolder], {}, rejects), {
    out: path,
    skipBadRows: false,
    rebase: true,
  });
  return loadTrace(await openTrace(path), Infinity);
}

async function rowsOf(trace: TraceSource): Promise<readonly TraceRow[]> {
  const rows: TraceRow[] = [];
  for await (const batch of trace.batches()) rows.push(...batch);
  return rows;
}

async function predict(trace: TraceSource, scenario: Scenario, policy: Policy, seed: number): Promise<ServedRequests> {
  const runs: ServedRequests[] = [];
  for (let replicate = 0; replicate < REPLICATES; replicate++) {
    const observer = new ServedCollector();
    const totals = await replay(trace, { scenario, policy, seed: seed * 1_000 + replicate, observer });
    runs.push(observer.served(totals.router));
  }
  return pooled(runs);
}
