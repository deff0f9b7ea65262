import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { BadInput } from '../../src/config/bad-input.ts';
import { fileTrouble } from '../../src/config/file-trouble.ts';

/** Some consecutive lines of a file, without their ends. */
export interface TextLines {
  /** Number of the first of these lines in the file, from 1. */
  readonly firstLine: number;
  readonly lines: readonly string[];
}

/** A longer line is taken for a sign that the file is not text. */
const LINE_LENGTH_MAX = 16 * 1024 * 1024;

/**
 * Reads a text file line by line as a stream; gzip is recognised by its first bytes and unpacked on the way. An
 * empty last line is not a line; a byte order mark is skipped.
 *
 * @throws BadInput when the file is missing, damaged or not UTF-8 text
 */
export async function* readLines(path: string): AsyncGenerator<TextLines> {
  const gzip = await startsAsGzip(path);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let firstLine = 1;
  let rest = '';
  try {
    for await (const bytes of openBytes(path, gzip)) {
      const lines = (rest + decoder.decode(bytes as Uint8Array, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > LINE_LENGTH_MAX) throw new BadInput(`${path}:${firstLine + lines.length}: line without end`);
      if (lines.length === 0) continue;
      yield { firstLine, lines: lines.map(withoutReturn) };
      firstLine += lines.length;
    }
    rest += decoder.decode();
  } catch (error) {
    throw readableError(path, firstLine, error);
  }
  if (rest !== '') yield { firstLine, lines: [withoutReturn(rest)] };
}

async function* openBytes(path: string, gzip: boolean): AsyncGenerator<unknown> {
  const file = createReadStream(path, { highWaterMark: 1 << 18 });
  if (!gzip) {
    yield* file;
    return;
  }
  const unpacked = createGunzip();
  file.on('error', (error) => unpacked.destroy(error));
  try {
    yield* file.pipe(unpacked);
  } finally {
    file.destroy();
  }
}

async function startsAsGzip(path: string): Promise<boolean> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw new BadInput(`${path}: cannot be opened: ${fileTrouble(error)}`);
  });
  try {
    if ((await file.stat()).isDirectory()) throw new BadInput(`${path}: is a folder; name the files in it`);
    const head = Buffer.alloc(2);
    await file.read(head, 0, 2, 0);
    return head[0] === 0x1f && head[1] === 0x8b;
  } finally {
    await file.close();
  }
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

function readableError(path: string, line: number, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof BadInput) return error;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
    return new BadInput(`${path}: is not UTF-8 text after line ${line}`);
  if (code?.startsWith('Z_')) return new BadInput(`${path}: damaged gzip data after line ${line}: ${error.message}`);
  return error;
}
