import { Command } from 'commander';
import type { Promotion } from '../../policies/promotion.ts';
import { createAdminClient, readAdminToken } from '../admin-client.ts';
import { operatorName } from '../operator-name.ts';
import { printJson } from '../print-json.ts';

interface RollbackOptions {
  readonly to: string;
  readonly why?: string;
  readonly who?: string;
  readonly tokenFile?: string;
  readonly json?: boolean;
}

/** `rollback`: ends the promotion on its way, or goes back from the policy in force to the one before it. */
export function rollbackCommand(): Command {
  return new Command('rollback')
    .description('end the promotion on its way; without one, go back to the policy before the one in force')
    .requiredOption('--to <url>', 'the proxy, for example http://127.0.0.1:3301')
    .option('--why <text>', 'stays in the history')
    .option('--who <name>', 'whom the history names (default: your account)')
    .option('--token-file <file>', 'file with the admin token (default: the variable TOKEN_POOL_ADMIN)')
    .option('--json', 'print the promotion that was ended as JSON')
    .action(rollback);
}

async function rollback({ to, why, who, tokenFile, json }: RollbackOptions): Promise<void> {
  const client = createAdminClient(to, readAdminToken(tokenFile));
  const order = { who: operatorName(who), ...(why === undefined ? {} : { why }) };
  const { promotion } = await client.post<{ promotion: Promotion }>('/admin/policies/rollback', order);
  if (json === true) printJson(promotion);
  else process.stdout.write(`${promotion.policyName} was rolled back from ${promotion.transitions.at(-1)?.from}\n`);
}
