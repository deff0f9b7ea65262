/** The pieces of a trial: traffic that the real proxy serves, twins fitted to its log, and what they predict. */
import { join } from 'node:path';
import { checkSettings, generateTrace } from '../../../datasets/generator/index.ts';
import type { GeneratorInput } from '../../../datasets/generator/settings.ts';
import { importTokenPool, importTrace } from '../../../datasets/importers/index.ts';
import { loadTrace, openTrace, writeTrace, type TraceSource } from '../../../datasets/index.ts';
import type { TraceRow } from '../../../datasets/trace.ts';
import { fitScenario } from '../../../simulator/calibrate/fit-scenario.ts';
import { rowsBetween } from '../../../simulator/calibrate/split-rows.ts';
import { withRecordedTrouble } from '../../../simulator/calibrate/trouble/fair-rows.ts';
import { replay } from '../../../simulator/replay/replay.ts';
import type { Scenario } from '../../../simulator/scenario.ts';
import {
  pooled,
  servedInLog,
  ServedCollector,
  type ServedRequests,
} from '../../../simulator/validate/live/served-requests.ts';
import { knownPrices } from '../../config/known-prices.ts';
import { policyHash } from '../../config/load-policy.ts';
import { unseenTwin } from '../../config/twin-schema.ts';
import type { Policy } from '../../router/index.ts';
import { runLive } from '../live-run.ts';
import { progressBar } from '../progress-bar.ts';
import { readAttempts } from '../read-attempts.ts';

/** What the proxy is to serve, and where its files go. */
export interface LiveTrial {
  readonly scenario: Scenario;
  readonly policy: Policy;
  readonly traffic: GeneratorInput;
  readonly seed: number;
  /** The providers' time in time on the wall. */
  readonly speed: number;
  readonly folder: string;
}

/** A run of the proxy, by its log. */
export interface LiveLogs {
  readonly logFolder: string;
  /** Its requests as they came, to be replayed. */
  readonly arrived: TraceSource;
  readonly served: ServedRequests;
}

/** Lets the real proxy serve generated traffic before the scenario's twins, over HTTP. */
export async function serveLive({ scenario, policy, traffic, seed, speed, folder }: LiveTrial): Promise<LiveLogs> {
  const tracePath = `${folder}.parquet`;
  await writeTrace(tracePath, generateTrace(checkSettings(traffic)).batches());
  const bar = progressBar('live', traffic.requests);
  try {
    const { logFolder } = await runLive({
      trace: await openTrace(tracePath),
      scenario,
      policy: { name: 'validation', policy, hash: policyHash(policy) },
      seed,
      speed,
      requestsMax: traffic.requests,
      folder,
      onProgress: (rows) => bar.update(rows),
    });
    const arrived = await arrivalsOf(logFolder, join(folder, 'arrived.parquet'));
    const { table } = await readAttempts(logFolder);
    return { logFolder, arrived, served: servedInLog(await rowsOf(arrived), table) };
  } finally {
    bar.stop();
  }
}

/** Twins fitted to all of a log. @param trouble as in `CalibrateSettings` */
export async function fitTo(logFolder: string, seed: number, trouble: 'weather' | 'recorded'): Promise<Scenario> {
  const { table, pool } = await readAttempts(logFolder);
  const settings = { table, pool, knownPrices, unseenTwin, name: 'fitted', seed, onStep: () => undefined };
  const { scenario, troubles } = fitScenario(settings, rowsBetween(0, table.rows));
  return trouble === 'weather' ? scenario : withRecordedTrouble(scenario, troubles);
}

/** What becomes of the requests in a scenario, over so many replays with other luck. */
export async function predict(
  trace: TraceSource,
  scenario: Scenario,
  policy: Policy,
  seed: number,
  replicates: number,
): Promise<ServedRequests> {
  const runs: ServedRequests[] = [];
  for (let replicate = 0; replicate < replicates; replicate++) {
    const observer = new ServedCollector();
    const totals = await replay(trace, { scenario, policy, seed: seed * 1_000 + replicate, observer });
    runs.push(observer.served(totals.router));
  }
  return pooled(runs);
}

/** The requests of a log as they came; a replay does not ask what became of them. */
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
