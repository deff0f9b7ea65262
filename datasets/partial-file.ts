import { randomBytes } from 'node:crypto';
import { accessSync, closeSync, constants, existsSync, openSync, readSync, statSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { BadInput } from '../src/config/bad-input.ts';
import { noteUnfinished } from '../src/config/unfinished-files.ts';

/** What a command writes, known by how it begins; the writer of logs knows its own. */
export type OutputKind = 'trace' | 'result' | 'log' | 'scenario' | 'policy' | 'summary';
const BEGINNINGS: Readonly<Record<OutputKind, RegExp | null>> = {
  trace: /^PAR1/,
  result: /^\{\s*"kind":\s*"(comparison|calibration|estimate|tuning|promotion)"/,
  log: null,
  scenario: /^# Written by tokenpool calibrate/,
  policy: /^# Written by tokenpool tune/,
  summary: /^### Token Pool check/,
};
/** Long enough for each of them, bytes. */
const BEGINNING_LENGTH = 64;
const KIND_NAMES: Readonly<Record<OutputKind, string>> = {
  trace: 'a Parquet trace',
  result: 'a result that tokenpool wrote',
  log: 'a log',
  scenario: 'a fitted scenario',
  policy: 'a candidate that tune has written',
  summary: 'the summary of a check',
};

/**
 * Writes a file under a temporary name in the same folder and gives it its own name only when it is complete,
 * so that nobody ever meets half a file. The temporary is removed on failure.
 *
 * @throws BadInput as `checkOutputPath` does
 */
export async function writeWhole<T>(
  path: string,
  kind: OutputKind,
  write: (partialPath: string) => Promise<T>,
): Promise<T> {
  checkOutputPath(path, kind);
  const partialPath = partialPathOf(path);
  try {
    const result = await write(partialPath);
    await rename(partialPath, path);
    return result;
  } finally {
    await rm(partialPath, { force: true });
  }
}

/** A name beside a file that no other process picks, for what is not complete yet. */
export function partialPathOf(path: string): string {
  return noteUnfinished(join(dirname(path), `.${basename(path)}.${randomBytes(4).toString('hex')}.tmp`));
}

/**
 * Finds out before long work, rather than after it, that its result has no place to go. A file of the same kind is
 * replaced; one of another kind may be somebody's only copy of something, and is not.
 *
 * @throws BadInput when the folder is missing or closed, or the path is a folder or a file of another kind
 */
export function checkOutputPath(path: string, kind: OutputKind): void {
  if (path.trim() === '') throw new BadInput('the output has an empty name; name a file to write to');
  const folder = dirname(path);
  if (!existsSync(folder)) throw new BadInput(`${path}: the folder ${folder} does not exist; create it first`);
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    throw new BadInput(`${path}: the folder ${folder} cannot be written to; name another one`);
  }
  if (!existsSync(path)) return;
  if (statSync(path).isDirectory()) throw new BadInput(`${path}: is a folder; name a file to write to`);
  const beginning = BEGINNINGS[kind];
  if (beginning !== null && statSync(path).size > 0 && !beginning.test(firstBytes(path, BEGINNING_LENGTH))) {
    throw new BadInput(`${path}: exists and is not ${KIND_NAMES[kind]}; name another file, or remove this one first`);
  }
}

function firstBytes(path: string, count: number): string {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(count);
    return buffer.toString('latin1', 0, readSync(file, buffer, 0, count, 0));
  } finally {
    closeSync(file);
  }
}
