import { Command } from 'commander';
import { openLog, type LogReader } from '../../log/log-reader.ts';
import { verifyLog, type ParityResult } from '../../log/parity.ts';
import { CORE_VERSION } from '../../router/index.ts';
import { CheckFailed } from '../check-failed.ts';
import { printJson } from '../print-json.ts';
import { printNotes } from '../print-notes.ts';
import { progressBar } from '../progress-bar.ts';

/** `verify LOG`: whether the core makes every logged decision again, bit for bit. */
export function verifyCommand(): Command {
  return new Command('verify')
    .description('recompute every decision of a log from its inputs and compare them bit for bit')
    .argument('<log>', 'decision log: the file of a run, or the folder of a live log')
    .option(
      '--json',
      'print {decisions, identical, firstDifference} as JSON, and unverified inputs where there are any',
    )
    .action(verify);
}

async function verify(path: string, options: { readonly json?: boolean }): Promise<void> {
  const reader = await openLog(path);
  try {
    printNotes(reader.notes);
    if (reader.coreVersion !== CORE_VERSION) {
      process.stderr.write(
        `tokenpool: ${path} was written by core version ${reader.coreVersion}, this is ${CORE_VERSION}: differences are to be expected\n`,
      );
    }
    const result = await verifyWithProgress(reader);
    if (options.json === true) printJson(result);
    if (options.json !== true) printNotes(unverifiedNotes(path, result));
    if (!allIdentical(result)) throw new CheckFailed(`${path}: ${verdict(result)}`);
    if (options.json !== true) process.stdout.write(`${path}: ${verdict(result)}\n`);
  } finally {
    reader.close();
  }
}

async function verifyWithProgress(reader: LogReader): Promise<ParityResult> {
  const bar = progressBar('verify', Math.max(1, await reader.count('inputs')));
  try {
    return await verifyLog(reader, (done) => {
      if (done % 1000 === 0) bar.update(done);
    });
  } finally {
    bar.stop();
  }
}

function unverifiedNotes(path: string, { unverified = [] }: ParityResult): string[] {
  return unverified.map(({ from, to }) => `${path}: inputs ${from} to ${to} are not in the log and were not verified`);
}

function allIdentical({ decisions, identical, firstDifference }: ParityResult): boolean {
  return identical === decisions && firstDifference === null;
}

function verdict({ decisions, identical, firstDifference }: ParityResult): string {
  if (firstDifference === null) return `all ${decisions} decisions come out the same, bit for bit`;
  const { sequence, request, column, logged, recomputed } = firstDifference;
  const where = request === null ? `input ${sequence}` : `input ${sequence}, request ${request}`;
  return `${identical} of ${decisions} decisions come out the same; the first difference is at ${where}: ${column} is logged as ${logged}, recomputed as ${recomputed}`;
}
