import { Command, Option } from 'commander';
import { checkOutputPath } from '../../../datasets/partial-file.ts';
import { calibrationText } from '../calibration-text.ts';
import { checkDistinctPaths } from '../distinct-paths.ts';
import { printJson } from '../print-json.ts';
import { runCalibration } from '../run-calibration.ts';
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
  const { out, seed, trouble, pool = null, result: resultPath } = options;
  checkDistinctPaths({ 'the log': path, '--pool': options.pool, '--out': out, '--result': resultPath });
  checkOutputPath(out, 'scenario');
  if (resultPath !== undefined) checkOutputPath(resultPath, 'result');
  const command = commandOf(path, options);
  const { calibration, printedNotes } = await runCalibration({ path, out, pool, trouble, seed, command });
  if (resultPath !== undefined) await writeJsonFile(resultPath, calibration);
  if (options.json === true) printJson(calibration);
  else {
    const rest = { ...calibration, notes: calibration.notes.slice(printedNotes) };
    process.stdout.write(`${calibrationText(rest)}\nscenario: ${out}\n`);
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
