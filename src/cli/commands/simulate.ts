import { Command } from 'commander';
import { checkOutputPath } from '../../../datasets/partial-file.ts';
import { loadPolicy } from '../../config/load-policy.ts';
import { BUILT_IN_SCENARIOS, loadScenario } from '../../config/load-scenario.ts';
import { runText } from '../comparison-text.ts';
import { printJson } from '../print-json.ts';
import { readTrace } from '../read-inputs.ts';
import { runSimulation } from '../run-simulation.ts';
import { seedOption } from '../seed-option.ts';

interface SimulateOptions {
  readonly scenario: string;
  readonly policy: string;
  readonly seed: number;
  readonly log?: string;
  readonly json?: boolean;
}

/** `simulate TRACE`: one policy over one trace; with `--log`, every decision goes into a log. */
export function simulateCommand(): Command {
  return new Command('simulate')
    .description('replay a trace through one policy; --log keeps every decision, as the live proxy would')
    .argument('<trace>', 'canonical trace (Parquet)')
    .requiredOption('--scenario <name>', `${BUILT_IN_SCENARIOS.join(', ')}, or a scenario file`)
    .option('--policy <name>', 'built-in name or policy file', 'ranked')
    .addOption(seedOption())
    .option('--log <file>', 'write a decision log (DuckDB)')
    .option('--json', 'print the figures as JSON')
    .action(simulate);
}

async function simulate(path: string, options: SimulateOptions): Promise<void> {
  const { seed, log: logPath } = options;
  const policy = loadPolicy(options.policy);
  const scenario = loadScenario(options.scenario);
  if (logPath !== undefined) checkOutputPath(logPath, 'log');
  const trace = await readTrace(path);
  const run = await runSimulation({ trace, scenario, policy, seed, logPath });
  if (options.json === true) {
    const { sha256, requests, spanMs } = trace;
    printJson({ trace: { sha256, requests, spanMs }, scenario: scenario.scenario.name, seed, ...run });
  } else {
    process.stdout.write(`${runText(run)}\n${logPath === undefined ? '' : `log: ${logPath}\n`}`);
  }
}
