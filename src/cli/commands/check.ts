import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { checkOutputPath, writeWhole } from '../../../datasets/partial-file.ts';
import { BadInput } from '../../config/bad-input.ts';
import { loadPolicy, type NamedPolicy } from '../../config/load-policy.ts';
import { BUILT_IN_SCENARIOS, loadScenario } from '../../config/load-scenario.ts';
import { openLog } from '../../log/log-reader.ts';
import { CheckFailed } from '../check-failed.ts';
import { checkMarkdown, headline } from '../check/check-markdown.ts';
import { checkPolicy } from '../check/check-policy.ts';
import type { CheckLimits } from '../check/judge-limits.ts';
import { withOutcomesOptions, type OutcomesOptions } from '../outcomes-option.ts';
import { percentOption } from '../percent-option.ts';
import { printJson } from '../print-json.ts';
import { seedOption } from '../seed-option.ts';

interface CheckOptions extends OutcomesOptions, CheckLimits {
  readonly log: string;
  readonly scenario?: string;
  readonly allowNotShown?: boolean;
  readonly seed: number;
  readonly markdown?: string;
  readonly json?: boolean;
}

/** `check POLICY`: what a change of the policy would change, as a gate for pull requests. */
export function checkCommand(): Command {
  const command = new Command('check')
    .description(
      'how many decisions of a log another policy would make otherwise, and what that would come to; exit 1 unless all limits are shown to be kept',
    )
    .argument('<policy>', 'built-in name or policy file')
    .requiredOption('--log <log>', 'decision log: the file of a run, or the folder of a live log')
    .addOption(percentOption('--max-changed <share>', 'decisions that may change, such as 20%', [0, 1]))
    .addOption(percentOption('--max-cost-increase <share>', 'of the cost per request, such as 2%', [-1, 100]))
    .addOption(percentOption('--max-first-token-increase <share>', 'of the time to the first token', [-1, 100]))
    .addOption(percentOption('--min-success-change <share>', 'of the share answered, such as -0.2%', [-1, 1]))
    .option('--allow-not-shown', 'let pass limits that the data show neither to be kept nor to be broken')
    .option('--scenario <name>', `replay both policies in it: ${BUILT_IN_SCENARIOS.join(', ')}, or a scenario file`)
    .addOption(seedOption())
    .option('--markdown <file>', 'write the summary there, for a comment')
    .option('--json', 'print the result as JSON');
  return withOutcomesOptions(command).action(check);
}

async function check(policyPath: string, options: CheckOptions): Promise<void> {
  const { seed, markdown } = options;
  const policy = loadPolicy(policyPath);
  requireOwnEvidence(policyPath, policy);
  const scenario = options.scenario === undefined ? null : loadScenario(options.scenario);
  if (scenario === null && (options.outcomes !== undefined || options.recorded !== undefined)) {
    throw new BadInput('--outcomes, --recorded: are for a replay; name the scenario with --scenario');
  }
  if (markdown !== undefined) checkOutputPath(markdown, 'summary');
  const reader = await openLog(options.log);
  try {
    const allowNotShown = options.allowNotShown === true;
    const result = await checkPolicy({
      policy,
      reader,
      limits: options,
      allowNotShown,
      scenario,
      outcomes: options,
      seed,
    });
    const text = checkMarkdown(result);
    if (markdown !== undefined) await writeWhole(markdown, 'summary', (partial) => writeFile(partial, text));
    if (options.json === true) printJson(result);
    else process.stdout.write(markdown === undefined ? text : `${headline(result)}\n`);
    if (!result.pass) throw new CheckFailed(headline(result));
  } finally {
    reader.close();
  }
}

/** Evidence of a policy that was edited since speaks for another one. @throws BadInput */
function requireOwnEvidence(path: string, { hash, evidence }: NamedPolicy): void {
  if (evidence === undefined || evidence.policyHash === hash) return;
  throw new BadInput(
    `${path}: evidence.policyHash: is ${evidence.policyHash.slice(0, 12)}, but the policy in the file is ${hash.slice(0, 12)}: it was edited after it was tuned; tune it again, or take the evidence out`,
  );
}
