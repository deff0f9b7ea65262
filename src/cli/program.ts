import { Command } from 'commander';
import { COMMANDS } from './commands/index.ts';
import { readVersion } from './version.ts';

/** The whole command line as a Commander program; nothing runs until it parses arguments. */
export function buildProgram(): Command {
  const program = new Command('tokenpool')
    .description('Routes LLM requests over a pool of provider keys and models, and is its own wind tunnel.')
    .version(readVersion())
    .option('--debug', 'print the stack of an error')
    .showHelpAfterError(false);
  for (const command of COMMANDS) program.addCommand(command());
  return program;
}
