import { join } from 'node:path';
import { Command } from 'commander';
import { makeOutputFolder } from '../../config/output-folder.ts';
import { CheckFailed } from '../check-failed.ts';
import { withoutSeries } from '../comparison-text.ts';
import { generateEmbedded } from '../lab/embedded-hour.ts';
import { runLab, type LabRun } from '../lab/run-lab.ts';
import { labStepText } from '../lab-text.ts';
import { numberOption } from '../number-option.ts';
import { printJson } from '../print-json.ts';
import { readPolicies } from '../read-inputs.ts';
import { seedOption } from '../seed-option.ts';
import { speedOption } from '../speed-option.ts';

interface LabOptions {
  readonly trace?: string;
  readonly scenario: string;
  readonly policies: string;
  readonly explore: number;
  readonly seed: number;
  readonly speed: number;
  readonly requests: number;
  readonly out: string;
  readonly json?: boolean;
}

/**
 * Twenty-five minutes of the embedded hour then take twenty-five seconds. One process plays clients, proxy and providers
 * here; much faster, and their own few ms would weigh as much as the scenario's seconds.
 */
const DEFAULT_SPEED = 60;
const DEFAULT_EXPLORE = 0.05;
const DEFAULT_REQUESTS = 2_500;

/** `lab`: serve -> log -> parity -> calibrate -> compare -> tune -> promote while serving -> measure -> report. */
export function labCommand(): Command {
  return new Command('lab')
    .description(
      'the whole loop: traffic through the live proxy against synthetic providers, its log repeated, providers fitted to it, policies compared and tuned, the best promoted under more traffic, and what was promised held against what came; ends with a report to open',
    )
    .option('--trace <file>', 'canonical trace to send in place of the embedded hour')
    .option('--scenario <name>', 'built-in scenario or file', 'provider-outage')
    .option(
      '--policies <list>',
      'built-in names or policy files, separated by commas; the first one goes live, exploring',
      'ranked,weighted,round-robin,least-busy',
    )
    .addOption(
      numberOption('--explore <share>', 'of its decisions, left to chance so that the log tells of all providers', {
        min: 0,
        max: 1,
      }).default(DEFAULT_EXPLORE),
    )
    .addOption(speedOption('how much faster than life the traffic runs', DEFAULT_SPEED))
    .addOption(
      numberOption('--requests <n>', 'send so many to learn from, and as many again afterwards', {
        min: 1,
        integer: true,
      }).default(DEFAULT_REQUESTS),
    )
    .addOption(seedOption())
    .option('--out <folder>', 'where traces, logs, results and the report go', join('reports', 'out', 'lab'))
    .option('--json', 'print figures, parity and paths as JSON')
    .action(lab);
}

async function lab(options: LabOptions): Promise<void> {
  const { seed, out, speed, requests, scenario: scenarioName, explore } = options;
  const policies = readPolicies(options.policies);
  await makeOutputFolder(out);
  const run = await runLab({
    tracePath: options.trace ?? (await generateEmbedded(join(out, 'trace.parquet'))),
    scenarioName,
    policies,
    policyPaths: options.policies.split(',').map((name) => name.trim()),
    explore,
    seed,
    speed,
    requestsMax: requests,
    out,
    command: commandOf(options),
    onStep: (step) => {
      if (options.json !== true) process.stdout.write(`${labStepText(step, speed)}\n`);
    },
  });
  // Drawing needs a document model and a rasterizer: only who draws waits for them to load.
  const { writeReport } = await import('../../../reports/write-report.ts');
  const report = await writeReport(run.result, join(out, 'report'));
  if (options.json === true) printJson({ ...figuresOf(run), files: { ...run.files, report: report.html } });
  else process.stdout.write(`report      ${report.headline}\n\nOpen ${report.html}\n`);
  const { parity, files } = run;
  if (parity.identical !== parity.decisions || parity.firstDifference !== null) {
    throw new CheckFailed(
      `${files['log'] ?? ''}: the core does not repeat its own log; see tokenpool verify ${files['log'] ?? ''}`,
    );
  }
}

function figuresOf({ result, parity }: LabRun) {
  const { comparison, tuning, promotion, calibration } = result;
  return {
    ...(withoutSeries(comparison) as object),
    kind: 'lab',
    speed: result.speed,
    served: result.served,
    parity,
    calibration: { attempts: calibration.source.attempts, twins: calibration.twins.length },
    tuning: { verdict: tuning.verdict, why: tuning.why, trials: tuning.trials.length, predicted: tuning.predicted },
    promotion:
      promotion === null
        ? null
        : {
            id: promotion.id,
            policy: promotion.policyName,
            stage: promotion.stage,
            why: promotion.why,
            measured: promotion.measured?.metrics ?? null,
          },
    wallMs: result.wallMs,
  };
}

function commandOf({ trace, scenario, policies, explore, speed, requests, seed, out }: LabOptions): string {
  const given = trace === undefined ? '' : ` --trace ${trace}`;
  return `tokenpool lab${given} --scenario ${scenario} --policies ${policies} --explore ${explore} --speed ${speed} --requests ${requests} --seed ${seed} --out ${out}`;
}
