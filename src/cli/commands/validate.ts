import { Command } from 'commander';
import { analyticChecks } from '../../../simulator/validate/analytic-checks.ts';
import { CHECK_GROUPS, type Check, type CheckGroup } from '../../../simulator/validate/check.ts';
import { BadInput } from '../../config/bad-input.ts';
import { CheckFailed } from '../check-failed.ts';
import { numberOption } from '../number-option.ts';
import { printJson } from '../print-json.ts';
import { progressBar } from '../progress-bar.ts';
import { validateEstimators } from '../validate/validate-estimators.ts';
import { LIVE_VALIDATION, validateLive } from '../validate/validate-live.ts';
import { QUICK_RECOVERY_RUNS, RECOVERY_RUNS, validateRecovery } from '../validate/validate-recovery.ts';
import { validationText } from '../validation-text.ts';

interface ValidateOptions {
  readonly only?: string;
  readonly quick?: boolean;
  readonly seed: number;
  readonly json?: boolean;
}

/** Runs count up from multiples of the seed, and must not run into each other. */
const SEED_MAX = 1_000_000_000;

/** `validate`: whether the simulator is to be believed. */
export function validateCommand(): Command {
  return new Command('validate')
    .description(
      'is the simulator to be believed? against textbook queues, the live proxy, estimates from logs and known twins; exit 1 when a check fails',
    )
    .option('--only <group>', `one of ${CHECK_GROUPS.join(', ')}; live needs a quiet machine`)
    .option(
      '--quick',
      'fewer and shorter runs, and nothing live: about half a minute in place of many, with wider limits',
    )
    .addOption(numberOption('--seed <n>', 'base of all draws', { integer: true, min: 0, max: SEED_MAX }).default(1))
    .option('--json', 'print {checks: [{name, group, value, limit, pass, detail}]} as JSON')
    .action(validate);
}

async function validate(options: ValidateOptions): Promise<void> {
  const isQuick = options.quick === true;
  const groups = groupsOf(options.only, isQuick);
  const checks: Check[] = [];
  for (const [index, group] of groups.entries()) {
    process.stderr.write(`validate: ${group} (${index + 1} of ${groups.length})\n`);
    checks.push(...(await RUN[group](options.seed, isQuick)));
  }
  if (options.json === true) printJson({ checks });
  else process.stdout.write(`${validationText(checks)}\n`);
  const failed = checks.filter(({ pass }) => !pass).length;
  if (failed > 0) throw new CheckFailed(`${failed} of ${checks.length} checks failed`);
}

function groupsOf(only: string | undefined, isQuick: boolean): readonly CheckGroup[] {
  const known = CHECK_GROUPS.filter((group) => !isQuick || group !== 'live');
  if (only === undefined) return known;
  const group = CHECK_GROUPS.find((one) => one === only);
  if (group === undefined) {
    throw new BadInput(`--only: "${only}" is no group of checks; there are ${CHECK_GROUPS.join(', ')}`);
  }
  if (!known.includes(group)) throw new BadInput('--only live: there is no quick form of it; leave out --quick');
  return [group];
}

const RUN: Readonly<Record<CheckGroup, (seed: number, isQuick: boolean) => Promise<readonly Check[]>>> = {
  analytic: async (seed, isQuick) => {
    const checks: Check[] = [];
    await analyticChecks(seed, isQuick, (check) => checks.push(check));
    return checks;
  },
  live: (seed) => validateLive({ ...LIVE_VALIDATION, seed, samples: null }),
  estimators: validateEstimators,
  recovery: async (seed, isQuick) => {
    const runs = isQuick ? QUICK_RECOVERY_RUNS : RECOVERY_RUNS;
    const bar = progressBar('recovery', runs);
    try {
      return await validateRecovery(runs, seed, (done) => bar.update(done));
    } finally {
      bar.stop();
    }
  },
};
