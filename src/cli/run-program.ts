import { CommanderError, type Command } from 'commander';
import { BadInput } from '../config/bad-input.ts';
import { fileTrouble } from '../config/file-trouble.ts';
import { CheckFailed } from './check-failed.ts';
import { EXIT_CODES, type ExitCode } from './exit-codes.ts';

/** Where the complaints go; standard error outside of tests. */
export type WriteError = (text: string) => void;

/**
 * Runs a program to its end and says how it ended. Never throws and never exits the process: every error
 * becomes one line on standard error and an exit code. `--debug` adds the stack.
 *
 * @param argv as in `process.argv`: the first two entries are skipped
 */
export async function runProgram(
  program: Command,
  argv: readonly string[],
  writeError: WriteError = (text) => void process.stderr.write(text),
): Promise<ExitCode> {
  keepQuiet(program, writeError);
  try {
    await program.parseAsync([...argv]);
    return EXIT_CODES.done;
  } catch (error) {
    const { code, line } = readError(error);
    if (line !== null) writeError(`tokenpool: ${line}\n`);
    if (line !== null && program.opts()['debug'] === true && error instanceof Error) writeError(`${error.stack}\n`);
    return code;
  }
}

/** Commander would print its own errors and exit; a command added as an object does not inherit that setting. */
function keepQuiet(command: Command, writeError: WriteError): void {
  command.exitOverride();
  command.configureOutput({ writeErr: writeError, outputError: () => undefined });
  for (const child of command.commands) keepQuiet(child, writeError);
}

interface ReadError {
  readonly code: ExitCode;
  /** `null` when everything has been said already. */
  readonly line: string | null;
}

function readError(error: unknown): ReadError {
  if (error instanceof BadInput) return { code: EXIT_CODES.badInput, line: oneLine(error.message) };
  if (error instanceof CheckFailed) return { code: EXIT_CODES.no, line: oneLine(error.message) };
  if (error instanceof CommanderError) return readCommanderError(error);
  if (isFileError(error))
    return { code: EXIT_CODES.badInput, line: oneLine(`${fileOf(error)}: ${fileTrouble(error)}`) };
  const message = error instanceof Error ? error.message : String(error);
  return { code: EXIT_CODES.bug, line: oneLine(`internal error: ${message} (run again with --debug for the stack)`) };
}

function readCommanderError(error: CommanderError): ReadError {
  if (error.exitCode === 0) return { code: EXIT_CODES.done, line: null };
  // A program without a command prints its help, which says enough.
  if (error.code === 'commander.help') return { code: EXIT_CODES.badInput, line: null };
  return { code: EXIT_CODES.badInput, line: `${oneLine(error.message.replace(/^error: /, ''))} (see --help)` };
}

/** A file that is missing, unreadable or a folder is the user's to mend, wherever it was opened. */
function isFileError(error: unknown): error is NodeJS.ErrnoException & { readonly path: string } {
  return error instanceof Error && 'syscall' in error && 'path' in error && 'errno' in error;
}

/** A rename fails at the name that was asked for; the other one is a temporary name of ours. */
function fileOf(error: NodeJS.ErrnoException & { readonly path: string; readonly dest?: string }): string {
  return error.dest ?? error.path;
}

function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, ' ');
}
