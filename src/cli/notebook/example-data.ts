/**
 * Data for notebooks that are given none: the embedded trace through this project's own commands. Made once and kept
 * beside the notebooks until code or data change, as it takes some seconds.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { embeddedTracePath } from '../../../datasets/embedded/embedded-trace.ts';
import { PROJECT_ROOT } from '../../../notebooks/build/notebook-kit.ts';
import type { NotebookName } from '../../../notebooks/catalogue.ts';
import type { NotebookData } from '../../../notebooks/tables/notebook-data.ts';
import { estimateLog } from '../../../simulator/estimate/estimate-log.ts';
import { ESTIMATED_METRICS } from '../../../simulator/estimate/request-metrics.ts';
import { loadPolicy, policyHash, type NamedPolicy } from '../../config/load-policy.ts';
import { loadScenario } from '../../config/load-scenario.ts';
import { makeOutputFolder } from '../../config/output-folder.ts';
import { noteUnfinished } from '../../config/unfinished-files.ts';
import { openLog } from '../../log/log-reader.ts';
import { progressBar } from '../progress-bar.ts';
import { readTrace } from '../read-inputs.ts';
import { withReplayedInput } from '../replayed-input.ts';
import { runCalibration } from '../run-calibration.ts';
import { runComparison } from '../run-comparison.ts';
import { runSimulation } from '../run-simulation.ts';
import { writeJsonFile } from '../write-json-file.ts';
import { trafficOf } from './replayed-traffic.ts';

const SEED = 1;
const SCENARIO = 'provider-outage';
/** Shown on the page in place of this machine's path. */
const TRACE = 'datasets/embedded/lab.parquet';

/** What is made, by the notebook that first needs it. */
const FILES = {
  run: 'run.json',
  log: 'explored.duckdb',
  scenario: 'fitted.yaml',
  fit: 'fit.json',
  predicted: 'predicted.json',
  estimate: 'estimate.json',
  measured: 'measured.duckdb',
} as const;

/** Data of the example for a notebook. */
export async function exampleData(name: NotebookName): Promise<NotebookData> {
  if (name === 'what-if') {
    const scenarios = ['provider-outage', 'tight-budget'].map((scenario) => loadScenario(scenario).scenario);
    const trace = { ...(await readTrace(embeddedTracePath())), name: TRACE };
    return { name, traffic: await trafficOf(trace, scenarios, loadPolicy('ranked'), SEED) };
  }
  const folder = await exampleFolder();
  const path = (file: keyof typeof FILES): string => join(folder, FILES[file]);
  switch (name) {
    case 'ranked-vs-weighted':
      return { name, run: path('run') };
    case 'why-this-target':
      return { name, log: path('log') };
    case 'can-i-trust-it':
      return {
        name,
        fit: path('fit'),
        run: path('predicted'),
        estimate: path('estimate'),
        measured: path('measured'),
      };
  }
}

async function exampleFolder(): Promise<string> {
  const root = join(PROJECT_ROOT, 'notebooks', '.data');
  const folder = join(root, hashOfSources());
  if (existsSync(folder)) return folder;
  const earlier = existsSync(root) ? readdirSync(root).filter((entry) => !entry.endsWith('.tmp')) : [];
  const making = noteUnfinished(`${folder}.${process.pid}.tmp`);
  await makeOutputFolder(making);
  try {
    await makeExample(making);
    // Another process may have been quicker: then its folder is as good.
    if (!existsSync(folder)) renameSync(making, folder);
    for (const entry of earlier) await rm(join(root, entry), { recursive: true, force: true });
    return folder;
  } finally {
    await rm(making, { recursive: true, force: true });
  }
}

async function makeExample(folder: string): Promise<void> {
  const path = (file: keyof typeof FILES): string => join(folder, FILES[file]);
  const scenario = loadScenario(SCENARIO);
  const trace = { ...(await readTrace(embeddedTracePath())), name: TRACE };
  const ranked = loadPolicy('ranked');
  const explored = exploring();
  await writeJsonFile(
    path('run'),
    await runComparison({
      trace,
      scenario,
      policies: [ranked, loadPolicy('weighted')],
      seed: SEED,
      command: `tokenpool compare ${TRACE} --scenario ${SCENARIO} --policies ranked,weighted --seed ${SEED}`,
    }),
  );
  await runSimulation({ trace, scenario, policy: explored, seed: SEED, logPath: path('log') });
  await runSimulation({ trace, scenario, policy: ranked, seed: SEED, logPath: path('measured') });
  const { calibration } = await runCalibration({
    path: path('log'),
    out: path('scenario'),
    pool: null,
    trouble: 'recorded',
    seed: SEED,
    command: 'tokenpool calibrate explored.duckdb --out fitted.yaml --trouble recorded --result fit.json',
  });
  await writeJsonFile(path('fit'), { ...calibration, source: { ...calibration.source, name: FILES.log } });
  await writeJsonFile(path('predicted'), await predicted(path('log'), path('scenario'), [ranked, explored]));
  await writeJsonFile(path('estimate'), await estimated(path('log'), ranked));
}

/** The log's requests again, in the providers that were fitted to it. */
async function predicted(log: string, scenarioPath: string, policies: readonly NamedPolicy[]): Promise<unknown> {
  const scenario = loadScenario(scenarioPath);
  return withReplayedInput(
    log,
    {},
    scenario.scenario,
    ({ trace, outcomes }) =>
      runComparison({
        trace: { ...trace, name: FILES.log },
        scenario,
        policies,
        seed: SEED,
        outcomes,
        command: `tokenpool compare ${FILES.log} --scenario ${FILES.scenario} --policies ranked,explored.yaml`,
      }),
    // They are about files that nobody named.
    () => undefined,
  );
}

async function estimated(log: string, { policy, name, hash }: NamedPolicy): Promise<unknown> {
  const reader = await openLog(log);
  const inputs = await reader.count('inputs');
  const bar = progressBar('estimate', Math.max(1, inputs));
  try {
    return await estimateLog(reader, {
      policy,
      policyName: name,
      policyHash: hash,
      metrics: ESTIMATED_METRICS,
      seed: SEED,
      onInput: (done) => {
        if (done % 1000 === 0) bar.update(done);
      },
    });
  } finally {
    bar.stop();
    reader.close();
  }
}

/** Leaves enough to chance that its log can judge other policies. */
function exploring(): NamedPolicy {
  const policy = { ...loadPolicy('weighted').policy, explorationRate: 0.1 };
  return { name: 'weighted, exploring', policy, hash: policyHash(policy) };
}

/** Folders and files on which the example depends. */
const SOURCES = ['src/router', 'src/log', 'src/config', 'simulator', 'datasets'];

function hashOfSources(): string {
  const hash = createHash('sha256');
  for (const source of SOURCES) {
    const entries = readdirSync(join(PROJECT_ROOT, source), { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    for (const file of files.sort()) hash.update(file.slice(PROJECT_ROOT.length)).update(readFileSync(file));
  }
  hash.update(readFileSync(new URL(import.meta.url)));
  return hash.digest('hex').slice(0, 16);
}
