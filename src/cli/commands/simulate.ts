import { Command } from 'commander';
import { checkOutputPath } from '../../../datasets/partial-file.ts';
import { loadPolicy } from '../../config/load-policy.ts';
import { BUILT_IN_SCENARIOS, loadScenario } from '../../config/load-scenario.ts';
import { runText } from '../comparison-text.ts';
import { outcomesUsed } from '../../../simulator/compare/compare.ts';
import { withOutcomesOptions, type OutcomesOptions } from '../outcomes-option.ts';
import { checkDistinctPaths } from '../distinct-paths.ts';
import { printJson } from '../print-json.ts';
import { withReplayedInput } from '../replayed-input.ts';
import { runSimulation } from '../run-simulation.ts';
import { seedOption } from '../seed-option.ts';

interface SimulateOptions extends OutcomesOptions {
  readonly scenario: string;
  readonly policy: string;
  readonly seed: number;
  readonly log?: string;
  readonly json?: boolean;
}

/** `simulate TRACE`: one policy over one trace; with `--log`, every decision goes into a log. */
export function simulateCommand(): Command {
  const command = new Command('simulate')
    .description('replay a trace through one policy; --log keeps every decision, as the live proxy would')
    .argument('<trace>', 'canonical trace (Parquet), or a decision log')
    .requiredOption('--scenario <name>', `${BUILT_IN_SCENARIOS.join(', ')}, or a scenario file`)
    .option('--policy <name>', 'built-in name or policy file', 'ranked')
    .addOption(seedOption())
    .option('--log <file>', 'write a decision log (DuckDB)')
    .option('--json', 'print the figures as JSON');
  return withOutcomesOptions(command).action(simulate);
}

async function simulate(path: string, options: SimulateOptions): Promise<void> {
  const { seed, log: logPath } = options;
  const policy = loadPolicy(options.policy);
  const scenario = loadScenario(options.scenario);
  checkDistinctPaths({ 'the trace': path, '--log': logPath });
  checkDistinctPaths({ '--recorded': options.recorded, '--log': logPath });
  if (logPath !== undefined) checkOutputPath(logPath, 'log');
  await withReplayedInput(path, options, scenario.scenario, async ({ trace, outcomes }) => {
    const run = await runSimulation({ trace, scenario, policy, seed, outcomes, logPath });
    const used = outcomes && outcomesUsed(outcomes);
    if (options.json === true) {
      const { sha256, requests, spanMs } = trace;
      const taken = used === undefined ? {} : { outcomes: used };
      printJson({ trace: { sha256, requests, spanMs }, scenario: scenario.scenario.name, seed, ...taken, ...run });
    } else {
      process.stdout.write(`${runText(run, used)}\n${logPath === undefined ? '' : `log: ${logPath}\n`}`);
    }
  });
}
