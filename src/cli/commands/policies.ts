import { Command } from 'commander';
import type { PoliciesPage } from '../../proxy/admin/index.ts';
import { createAdminClient, readAdminToken } from '../admin-client.ts';
import { printJson } from '../print-json.ts';
import { policiesText } from '../promotion-text.ts';

interface PoliciesOptions {
  readonly to: string;
  readonly tokenFile?: string;
  readonly json?: boolean;
}

/** `policies`: which policy a running proxy goes by, what is on its way, and what was. */
export function policiesCommand(): Command {
  return new Command('policies')
    .description('the policy in force on a running proxy and why, the promotion on its way, and the history')
    .requiredOption('--to <url>', 'the proxy, for example http://127.0.0.1:3301')
    .option('--token-file <file>', 'file with the admin token (default: the variable TOKEN_POOL_ADMIN)')
    .option('--json', 'print the answer of GET /admin/policies as JSON')
    .action(policies);
}

async function policies({ to, tokenFile, json }: PoliciesOptions): Promise<void> {
  const page = await createAdminClient(to, readAdminToken(tokenFile)).get<PoliciesPage>('/admin/policies');
  if (json === true) printJson(page);
  else process.stdout.write(`${policiesText(page)}\n`);
}
