import { writeFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { Command, Option } from 'commander';
import { stringify } from 'yaml';
import { checkOutputPath, writeWhole } from '../../../datasets/partial-file.ts';
import { calibrate } from '../../../simulator/calibrate/calibrate.ts';
import type { Calibration } from '../../../simulator/calibrate/calibration.ts';
import type { Scenario } from '../../../simulator/scenario.ts';
import { BadInput } from '../../config/bad-input.ts';
import { knownPrices } from '../../config/known-prices.ts';
import { loadGatewayPool } from '../../config/load-gateway.ts';
import { parseScenario } from '../../config/load-scenario.ts';
import { scenarioFormOf } from '../../config/scenario-form.ts';
import { unseenTwin } from '../../config/twin-schema.ts';
import { CORE_VERSION, DEFAULT_POLICY } from '../../router/index.ts';
import { calibrationText } from '../calibration-text.ts';
import { checkDistinctPaths } from '../distinct-paths.ts';
import { printJson } from '../print-json.ts';
import { printNotes } from '../print-notes.ts';
import { progressBar } from '../progress-bar.ts';
import { readAttempts } from '../read-attempts.ts';
import { seedOption } from '../seed-option.ts';
import { writeJsonFile } from '../write-json-file.ts';

interface CalibrateOptions {
  readonly out: string;
  readonly pool?: string;
  readonly trouble: 'weather' | 'recorded';
  readonly result?: string;
  readonly seed: number;
  readonly json?: boolean;
}

/** `calibrate LOG|TRACE`: synthetic providers fitted to what was logged, and how far they can be believed. */
export function calibrateCommand(): Command {
  return new Command('calibrate')
    .description(
      'fit synthetic providers (twins) to a log and judge them on its last part, which they were not fitted to; the file is a scenario for simulate, compare and twins',
    )
    .argument('<log>', 'decision log (file or folder), or a canonical trace with target, kind and duration_ms')
    .requiredOption('--out <file>', 'the scenario with the fitted twins, as YAML')
    .option(
      '--pool <file>',
      'token-pool.yaml with prices and limits, in place of what the log says; a trace says nothing',
    )
    .addOption(
      new Option(
        '--trouble <kind>',
        'weather: outages by chance, as often and as long as seen; recorded: the very same ones, for replays of this traffic',
      )
        .choices(['weather', 'recorded'])
        .default('weather'),
    )
    .option('--result <file>', 'write the result as JSON, for report')
    .addOption(seedOption())
    .option('--json', 'print the result as JSON')
    .action(runCalibrate);
}

async function runCalibrate(path: string, options: CalibrateOptions): Promise<void> {
  const { out, seed, trouble, result: resultPath } = options;
  checkDistinctPaths({ 'the log': path, '--pool': options.pool, '--out': out, '--result': resultPath });
  checkOutputPath(out, 'scenario');
  if (resultPath !== undefined) checkOutputPath(resultPath, 'result');
  const givenPool = options.pool === undefined ? null : loadGatewayPool(options.pool);
  const startMs = performance.now();
  const { table, requests, pool, policy, notes } = await readAttempts(path);
  printNotes(notes);
  const bar = progressBar('fit', stepsOf(table.twins.length));
  let steps = 0;
  try {
    const { scenario, result } = calibrate({
      table,
      pool: givenPool ?? pool,
      timeouts: (policy ?? DEFAULT_POLICY).timeouts,
      knownPrices,
      unseenTwin,
      name: 'fitted',
      trouble,
      seed,
      onStep: () => bar.update(++steps),
    });
    checkReadable(path, scenario);
    await writeScenario(out, scenario, path);
    const calibration: Calibration = {
      ...result,
      notes: [...notes, ...result.notes],
      coreVersion: CORE_VERSION,
      source: {
        name: path,
        attempts: table.rows,
        requests,
        fromMs: 0,
        toMs: table.sentAtMs[table.rows - 1] ?? 0,
        startedAtMs: table.startedAtMs,
      },
      scenarioPath: out,
      command: commandOf(path, options),
      wallMs: performance.now() - startMs,
    };
    if (resultPath !== undefined) await writeJsonFile(resultPath, calibration);
    if (options.json === true) printJson(calibration);
    else process.stdout.write(`${calibrationText({ ...calibration, notes: result.notes })}\nscenario: ${out}\n`);
  } finally {
    bar.stop();
  }
}

/** What repeats the result. */
function commandOf(path: string, { out, pool, trouble, result, seed }: CalibrateOptions): string {
  return [
    `tokenpool calibrate ${path} --out ${out}`,
    ...(pool === undefined ? [] : [`--pool ${pool}`]),
    ...(trouble === 'weather' ? [] : [`--trouble ${trouble}`]),
    ...(result === undefined ? [] : [`--result ${result}`]),
    `--seed ${seed}`,
  ].join(' ');
}

/** Each fit has a step for every twin and provider; there are at most three fits. */
function stepsOf(twins: number): number {
  return 3 * (2 * twins + 1);
}

/**
 * Whatever the log calls its targets, the file must be one that can be read again.
 *
 * @throws BadInput naming the log and the field that a scenario cannot have
 */
function checkReadable(path: string, scenario: Scenario): void {
  try {
    parseScenario('the scenario', JSON.parse(JSON.stringify(scenarioFormOf(scenario))));
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    throw new BadInput(
      `${path}: its targets make no pool: ${error.message}; targets are provider.key.model, of letters, digits, _ and - (a model may hold more)`,
    );
  }
}

async function writeScenario(path: string, scenario: Scenario, source: string): Promise<void> {
  const form = stringify(scenarioFormOf(scenario), { lineWidth: 0, aliasDuplicateObjects: false });
  const text = `# Written by tokenpool calibrate from ${source}; times in ms\n${form}`;
  await writeWhole(path, 'scenario', (partialPath) => writeFile(partialPath, text));
}
