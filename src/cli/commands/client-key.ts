import { createHash, randomBytes } from 'node:crypto';
import { Command } from 'commander';
import { stringify } from 'yaml';
import { BadInput } from '../../config/bad-input.ts';
import { printJson } from '../print-json.ts';

const EXAMPLES = `
Example:
  tokenpool client-key team-search

The secret is printed once and kept nowhere: hand it to the client, and put the lines below it into token-pool.yaml.`;

/** `client-key NAME`: a new secret for a client, and what the configuration keeps of it. */
export function clientKeyCommand(): Command {
  return new Command('client-key')
    .description('make a secret for a client of the proxy')
    .argument('<name>', 'of the client key, as logs and budgets call it')
    .option('--json', 'print {name, secret, secretSha256} as JSON')
    .addHelpText('after', EXAMPLES)
    .action(clientKey);
}

/** Longer ones would be no names any more in logs and tables. */
const NAME_LENGTH_MAX = 200;

function clientKey(name: string, options: { readonly json?: boolean }): void {
  if (name.trim() !== name || name === '' || name.length > NAME_LENGTH_MAX || /\p{Cc}/u.test(name)) {
    throw new BadInput(
      `client-key: the name has to be 1 to ${NAME_LENGTH_MAX} characters on one line, without blanks around it; try team-search`,
    );
  }
  const secret = `tp-${randomBytes(24).toString('base64url')}`;
  const secretSha256 = createHash('sha256').update(secret).digest('hex');
  if (options.json === true) {
    printJson({ name, secret, secretSha256 });
    return;
  }
  process.stdout.write(`secret: ${secret}\n\n${stringify({ clientKeys: [{ name, secretSha256 }] })}`);
}
