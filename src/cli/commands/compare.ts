import { Command } from 'commander';
import { checkOutputPath } from '../../../datasets/partial-file.ts';
import { BUILT_IN_SCENARIOS, loadScenario } from '../../config/load-scenario.ts';
import { comparisonText, withoutSeries } from '../comparison-text.ts';
import { outcomesText, withOutcomesOptions, type OutcomesOptions } from '../outcomes-option.ts';
import { printJson } from '../print-json.ts';
import { readPolicies } from '../read-inputs.ts';
import { withReplayedInput } from '../replayed-input.ts';
import { runComparison } from '../run-comparison.ts';
import { seedOption } from '../seed-option.ts';
import { writeJsonFile } from '../write-json-file.ts';

interface CompareOptions extends OutcomesOptions {
  readonly scenario: string;
  readonly policies: string;
  readonly seed: number;
  readonly out?: string;
  readonly json?: boolean;
}

/** `compare TRACE`: several policies over one trace in one scenario, paired, with intervals. */
export function compareCommand(): Command {
  const command = new Command('compare')
    .description(
      'replay a trace through several policies and say which is cheaper, faster and steadier, and how sure that is',
    )
    .argument('<trace>', 'canonical trace (Parquet), or a decision log')
    .requiredOption('--scenario <name>', `${BUILT_IN_SCENARIOS.join(', ')}, or a scenario file`)
    .option('--policies <list>', 'built-in names or policy files, separated by commas', 'ranked,weighted')
    .addOption(seedOption())
    .option('--out <file>', 'write the whole result as JSON, for `report`')
    .option('--json', 'print the result as JSON, without the series for charts');
  return withOutcomesOptions(command).action(compareAction);
}

async function compareAction(path: string, options: CompareOptions): Promise<void> {
  const { seed } = options;
  const policies = readPolicies(options.policies);
  const scenario = loadScenario(options.scenario);
  if (options.out !== undefined) checkOutputPath(options.out, 'result');
  const command = `tokenpool compare ${path} --scenario ${options.scenario} --policies ${options.policies} --seed ${seed}${outcomesText(options)}`;
  await withReplayedInput(path, options, scenario.scenario, async ({ trace, outcomes }) => {
    const comparison = await runComparison({ trace, scenario, policies, seed, outcomes, command });
    if (options.out !== undefined) await writeJsonFile(options.out, comparison);
    if (options.json === true) printJson(withoutSeries(comparison));
    else process.stdout.write(`${comparisonText(comparison)}\n`);
  });
}
