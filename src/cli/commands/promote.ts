import { Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../../config/duration.ts';
import { loadPolicy } from '../../config/load-policy.ts';
import type { Promotion, PromotionPlan } from '../../policies/promotion.ts';
import { createAdminClient, readAdminToken } from '../admin-client.ts';
import { CheckFailed } from '../check-failed.ts';
import { DEFAULT_GUARDS_TEXT, parseGuards } from '../guards-option.ts';
import { numberOption } from '../number-option.ts';
import { operatorName } from '../operator-name.ts';
import { printJson } from '../print-json.ts';
import { shareOption } from '../share-option.ts';
import { takeStopSignal } from '../stop-signal.ts';
import { watchPromotion } from '../watch-promotion.ts';

interface PromoteOptions {
  readonly to: string;
  readonly shadow: number;
  readonly canary: number;
  readonly for: number;
  readonly guard: string;
  readonly minRequests: number;
  readonly who?: string;
  readonly force?: string;
  readonly watch: boolean;
  readonly tokenFile?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  tokenpool promote candidate.yaml --to http://127.0.0.1:3301
  tokenpool promote candidate.yaml --to http://127.0.0.1:3301 --shadow 30m --canary 10% --for 2h --guard 'success>=-0.005,cost<=1.05'

The policy is heard in the shadow of the one in force, then goes to a share of the sessions, then to all. A broken guard
brings the old policy back at once. Quote the guards: a shell takes < and > for its own. Ctrl-C ends the watching, not
the promotion. Exit code 0: active; 1: refused, rolled back, or no longer watched; 2: bad input.`;

/** `promote FILE`: a tuned policy onto a running proxy, step by step. */
export function promoteCommand(): Command {
  return new Command('promote')
    .description('take a policy into service on a running proxy: shadow, canary, active; a broken guard rolls it back')
    .argument('<policy>', 'policy file with its evidence, as tune writes it')
    .requiredOption('--to <url>', 'the proxy, for example http://127.0.0.1:3301')
    .addOption(
      durationOption('--shadow <time>', 'how long its decisions are only heard; 0: not at all').default(120_000, '2m'),
    )
    .addOption(shareOption('--canary <share>', 'of the sessions that try it; 0: none', 0.5).default(0.05, '5%'))
    .addOption(durationOption('--for <time>', 'how long they do').default(600_000, '10m'))
    .option('--guard <guards>', 'how far it may be worse than the rest', DEFAULT_GUARDS_TEXT)
    .addOption(
      numberOption('--min-requests <n>', 'a stage waits for so many, up to three times its length', {
        min: 1,
        max: 10_000_000,
        integer: true,
      }).default(100),
    )
    .option('--who <name>', 'whom the history names (default: your account)')
    .option('--force <reason>', 'promote it whatever speaks against it; the reason stays in the history')
    .option('--no-watch', 'end once it is taken in')
    .option('--token-file <file>', 'file with the admin token (default: the variable TOKEN_POOL_ADMIN)')
    .option('--json', 'print the promotion as JSON')
    .addHelpText('after', EXAMPLES)
    .action(promote);
}

async function promote(file: string, options: PromoteOptions): Promise<void> {
  const { name, policy, evidence = null } = loadPolicy(file);
  const plan: PromotionPlan = {
    shadowForMs: options.shadow,
    canaryShare: options.canary,
    canaryForMs: options.for,
    requestsMin: options.minRequests,
    guards: parseGuards(options.guard),
  };
  const client = createAdminClient(options.to, readAdminToken(options.tokenFile));
  const who = operatorName(options.who);
  const order = { name, policy, evidence, plan, who, force: options.force ?? null };
  const stop = takeStopSignal();
  try {
    const { promotion, warnings } = await client.post<{ promotion: Promotion; warnings: readonly string[] }>(
      '/admin/policies/promote',
      order,
    );
    for (const warning of warnings) say(`note: ${warning}`);
    const ended = options.watch ? await watchPromotion(client, promotion.id, stop.signal, say) : promotion;
    if (options.json === true) printJson(ended);
    if (options.watch) conclude(ended, options);
    else if (options.json !== true) process.stdout.write(`${name}: taken in; tokenpool policies shows how it fares\n`);
  } finally {
    stop.release();
  }
}

/** Says how it ended. @throws CheckFailed unless it is active */
function conclude({ policyName, stage, transitions }: Promotion, { json }: PromoteOptions): void {
  const why = transitions.at(-1)?.why ?? '';
  if (stage === 'rolled_back') throw new CheckFailed(`${policyName} was rolled back: ${why}`);
  if (stage !== 'active' && stage !== 'retired') {
    throw new CheckFailed(
      `${policyName} is still in ${stage}, and goes on without you: tokenpool policies shows it, tokenpool rollback ends it`,
    );
  }
  if (json !== true) process.stdout.write(`${policyName} is active: ${why}\n`);
}

/** Progress goes where it does not mix with the result. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function durationOption(flags: string, description: string): Option {
  return new Option(flags, `${description} (of the proxy's time)`).argParser((text) => {
    try {
      return parseDuration(text);
    } catch (error) {
      throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
    }
  });
}
