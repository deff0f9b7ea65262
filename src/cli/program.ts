import { Command } from 'commander';
import { COMMANDS } from './commands/index.ts';
import { readVersion } from './version.ts';

/**
 * The command line as a Commander program; nothing runs until it parses arguments.
 *
 * @param args what follows the program's name: with a command in first place it is the only one that the program has;
 *   else it has all of them
 */
export async function buildProgram(args: readonly string[]): Promise<Command> {
  const program = new Command('tokenpool')
    .description('Routes LLM requests over a pool of provider keys and models, and is its own wind tunnel.')
    .version(readVersion())
    .option('--debug', 'print the stack of an error')
    .showHelpAfterError(false);
  const [name = ''] = args;
  const own = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  const isVersion = name === '--version' || name === '-V';
  const loaded = own !== undefined ? [own] : isVersion ? [] : Object.values(COMMANDS);
  for (const make of await Promise.all(loaded.map((load) => load()))) program.addCommand(make());
  return program;
}
