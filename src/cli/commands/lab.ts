import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { embeddedTracePath, EMBEDDED_SETTINGS } from '../../../datasets/embedded/embedded-trace.ts';
import { generateTrace } from '../../../datasets/generator/index.ts';
import { importTokenPool, importTrace } from '../../../datasets/importers/index.ts';
import { writeTrace, type TraceSource } from '../../../datasets/index.ts';
import type { Scenario } from '../../../simulator/scenario.ts';
import { loadPolicy, type NamedPolicy } from '../../config/load-policy.ts';
import { loadScenario } from '../../config/load-scenario.ts';
import { makeOutputFolder } from '../../config/output-folder.ts';
import { openLog } from '../../log/log-reader.ts';
import { verifyLog, type ParityResult } from '../../log/parity.ts';
import { CheckFailed } from '../check-failed.ts';
import { comparisonText, withoutSeries } from '../comparison-text.ts';
import { answerRateText, liveText } from '../lab-text.ts';
import { numberOption } from '../number-option.ts';
import { printJson } from '../print-json.ts';
import { progressBar } from '../progress-bar.ts';
import { readPolicies, readTrace } from '../read-inputs.ts';
import { runComparison } from '../run-comparison.ts';
import type { LiveRun } from '../live-run.ts';
import { seedOption } from '../seed-option.ts';
import { speedOption } from '../speed-option.ts';
import { writeJsonFile } from '../write-json-file.ts';

interface LabOptions {
  readonly trace?: string;
  readonly scenario: string;
  readonly policies: string;
  readonly seed: number;
  readonly speed: number;
  readonly requests: number;
  readonly out: string;
  readonly json?: boolean;
}

/**
 * The first twenty-five minutes of the embedded hour then take twenty-five seconds. One process plays clients, proxy
 * and providers here; much faster, and their own few ms would weigh as much as the scenario's seconds.
 */
const DEFAULT_SPEED = 60;
const DEFAULT_REQUESTS = 2_500;

/** `lab`: twins -> proxy -> traffic -> log -> parity -> compare on that log -> report. */
export function labCommand(): Command {
  return new Command('lab')
    .description(
      'the whole loop: traffic through the live proxy against synthetic providers, parity of its log, several policies compared on that log, a report to open',
    )
    .option('--trace <file>', 'canonical trace to send in place of the embedded hour')
    .option('--scenario <name>', 'built-in scenario or file', 'provider-outage')
    .option(
      '--policies <list>',
      'built-in names or policy files, separated by commas; the first one goes live',
      'ranked,weighted,round-robin,least-busy',
    )
    .addOption(speedOption('how much faster than life the traffic runs', DEFAULT_SPEED))
    .addOption(
      numberOption('--requests <n>', 'send the first so many of the trace', { min: 1, integer: true }).default(
        DEFAULT_REQUESTS,
      ),
    )
    .addOption(seedOption())
    .option('--out <folder>', 'where traces, log, result and report go', join('reports', 'out', 'lab'))
    .option('--json', 'print figures, parity and paths as JSON')
    .action(lab);
}

async function lab(options: LabOptions): Promise<void> {
  const { seed, out, speed, scenario: scenarioName } = options;
  const say = (text: string): void => {
    if (options.json !== true) process.stdout.write(`${text}\n`);
  };
  const policies = readPolicies(options.policies);
  const scenario = loadScenario(scenarioName);
  await makeOutputFolder(out);

  const tracePath = options.trace ?? (await generateEmbedded(join(out, 'trace.parquet')));
  const sent = await readTrace(tracePath);
  say(`1 trace     ${tracePath}: ${sent.requests} requests, ${(sent.spanMs / 60_000).toFixed(1)} minutes`);

  const live = await goLive(sent, policies[0] ?? loadPolicy('ranked'), scenario.scenario, options);
  say(`2 live      ${indented(liveText(live.traffic, live.configPath, speed))}`);

  const parity = await parityOf(live.logFolder);
  say(
    `3 verify    ${live.logFolder}: ${parity.identical} of ${parity.decisions} decisions come out the same, bit for bit`,
  );

  const loggedPath = join(out, 'logged.parquet');
  await importTrace((rejects) => importTokenPool([live.logFolder], {}, rejects), {
    out: loggedPath,
    skipBadRows: false,
    rebase: true,
  });
  const logged = await readTrace(loggedPath);
  const command = `tokenpool compare ${loggedPath} --scenario ${scenarioName} --policies ${options.policies} --seed ${seed}`;
  const comparison = await runComparison({ trace: logged, scenario, policies, seed, command });
  const resultPath = join(out, 'comparison.json');
  await writeJsonFile(resultPath, comparison);
  say(`4 compare   ${comparisonText(comparison)}`);
  const replayed = comparison.policies[0];
  if (replayed !== undefined) say(`            ${answerRateText(live.traffic, replayed, speed)}`);

  // Drawing needs a document model and a rasterizer: only who draws waits for them to load.
  const { writeReport } = await import('../../../reports/write-report.ts');
  const report = await writeReport(comparison, join(out, 'report'));
  if (options.json === true) {
    printJson({
      ...(withoutSeries(comparison) as object),
      live: liveFigures(live, speed),
      parity,
      files: { trace: tracePath, logged: loggedPath, result: resultPath, log: live.logFolder, report: report.html },
    });
  } else {
    say(`5 report    ${report.headline}\n\nOpen ${report.html}`);
  }
  if (parity.identical !== parity.decisions || parity.firstDifference !== null) {
    throw new CheckFailed(
      `${live.logFolder}: the core does not repeat its own log; see tokenpool verify ${live.logFolder}`,
    );
  }
}

async function goLive(
  trace: TraceSource,
  policy: NamedPolicy,
  scenario: Scenario,
  { seed, speed, requests, out }: LabOptions,
): Promise<LiveRun> {
  // Proxy and providers are loaded by whoever runs them, not by every other command.
  const { runLive } = await import('../live-run.ts');
  const folder = join(out, 'live');
  // A log of an earlier lab would go on where that one ended; this one begins anew.
  await rm(folder, { recursive: true, force: true });
  const bar = progressBar('live', Math.min(requests, trace.requests));
  try {
    const onProgress = (rows: number): void => bar.update(rows);
    return await runLive({ trace, scenario, policy, seed, speed, requestsMax: requests, folder, onProgress });
  } finally {
    bar.stop();
  }
}

function liveFigures({ traffic }: LiveRun, speed: number) {
  const { sent, heldBack, outcomes, statuses, wallMs, requestsPerSecond, drift } = traffic;
  return { speed, sent, heldBack, outcomes, statuses, wallMs, requestsPerSecond, driftWallMs: drift.wallMs };
}

/** Further lines stand below the first, behind the number and the name of the step. */
function indented(text: string): string {
  return text.replaceAll('\n', '\n            ');
}

/** Makes the embedded trace anew, and makes sure that this machine generates what was committed, row for row. */
async function generateEmbedded(path: string): Promise<string> {
  await writeTrace(path, generateTrace(EMBEDDED_SETTINGS).batches());
  const [made, embedded] = await Promise.all([readTrace(path), readTrace(embeddedTracePath())]);
  if (!(await haveSameRows(made, embedded))) {
    throw new CheckFailed(
      `${path}: the generator does not repeat the embedded trace on this machine; please report it`,
    );
  }
  return path;
}

async function haveSameRows(a: TraceSource, b: TraceSource): Promise<boolean> {
  const texts = await Promise.all(
    [a, b].map(async (trace) => {
      const rows: string[] = [];
      for await (const batch of trace.batches()) for (const row of batch) rows.push(JSON.stringify(row));
      return rows.join('\n');
    }),
  );
  return texts[0] === texts[1];
}

async function parityOf(logPath: string): Promise<ParityResult> {
  const reader = await openLog(logPath);
  try {
    return await verifyLog(reader);
  } finally {
    reader.close();
  }
}
