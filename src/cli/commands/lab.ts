import { join } from 'node:path';
import { Command } from 'commander';
import { embeddedTracePath, EMBEDDED_SETTINGS } from '../../../datasets/embedded/embedded-trace.ts';
import { generateTrace } from '../../../datasets/generator/index.ts';
import { writeTrace, type TraceSource } from '../../../datasets/index.ts';
import { loadPolicy } from '../../config/load-policy.ts';
import { loadScenario } from '../../config/load-scenario.ts';
import { makeOutputFolder } from '../../config/output-folder.ts';
import { openLog } from '../../log/log-reader.ts';
import { verifyLog, type ParityResult } from '../../log/parity.ts';
import { CheckFailed } from '../check-failed.ts';
import { comparisonText, withoutSeries } from '../comparison-text.ts';
import { printJson } from '../print-json.ts';
import { readPolicies, readTrace } from '../read-inputs.ts';
import { runComparison } from '../run-comparison.ts';
import { runSimulation } from '../run-simulation.ts';
import { seedOption } from '../seed-option.ts';
import { writeJsonFile } from '../write-json-file.ts';

interface LabOptions {
  readonly trace?: string;
  readonly scenario: string;
  readonly policies: string;
  readonly seed: number;
  readonly out: string;
  readonly json?: boolean;
}

/** `lab`: generate -> compare -> log and parity -> report, on embedded data or on a trace of one's own. */
export function labCommand(): Command {
  return new Command('lab')
    .description(
      'the whole loop on embedded data: a trace, several policies over it, parity of a log, a report to open',
    )
    .option('--trace <file>', 'canonical trace to use in place of the embedded hour')
    .option('--scenario <name>', 'built-in scenario or file', 'provider-outage')
    .option(
      '--policies <list>',
      'built-in names or policy files, separated by commas',
      'ranked,weighted,round-robin,least-busy',
    )
    .addOption(seedOption())
    .option('--out <folder>', 'where trace, log, result and report go', join('reports', 'out', 'lab'))
    .option('--json', 'print figures, parity and paths as JSON')
    .action(lab);
}

async function lab(options: LabOptions): Promise<void> {
  const { seed, out, scenario: scenarioName } = options;
  const say = (text: string): void => {
    if (options.json !== true) process.stdout.write(`${text}\n`);
  };
  const policies = readPolicies(options.policies);
  const scenario = loadScenario(scenarioName);
  await makeOutputFolder(out);

  const tracePath = options.trace ?? (await generateEmbedded(join(out, 'trace.parquet')));
  const trace = await readTrace(tracePath);
  say(`1 generate  ${tracePath}: ${trace.requests} requests, ${(trace.spanMs / 60_000).toFixed(1)} minutes`);

  const command = `tokenpool compare ${tracePath} --scenario ${scenarioName} --policies ${options.policies} --seed ${seed}`;
  const comparison = await runComparison({ trace, scenario, policies, seed, command });
  const resultPath = join(out, 'comparison.json');
  await writeJsonFile(resultPath, comparison);
  say(`2 compare   ${comparisonText(comparison)}`);

  const logPath = join(out, 'decisions.duckdb');
  const policy = policies[0] ?? loadPolicy('ranked');
  await runSimulation({ trace, scenario, policy, seed, logPath });
  const parity = await parityOf(logPath);
  say(
    `3 verify    ${logPath}: ${parity.identical} of ${parity.decisions} decisions of ${policy.name} come out the same, bit for bit`,
  );

  // Drawing needs a document model and a rasterizer: only who draws waits for them to load.
  const { writeReport } = await import('../../../reports/write-report.ts');
  const report = await writeReport(comparison, join(out, 'report'));
  if (options.json === true) {
    printJson({
      ...(withoutSeries(comparison) as object),
      parity,
      files: { trace: tracePath, result: resultPath, log: logPath, report: report.html },
    });
  } else {
    say(`4 report    ${report.headline}\n\nOpen ${report.html}`);
  }
  if (parity.identical !== parity.decisions) {
    throw new CheckFailed(`${logPath}: the core does not repeat its own log; see tokenpool verify ${logPath}`);
  }
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
