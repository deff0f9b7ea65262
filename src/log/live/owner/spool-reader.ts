/** Reads one spool file, frame by frame, in blocks. */
import { open, type FileHandle } from 'node:fs/promises';
import { findFrame } from '../frame.ts';
import { SPOOL_MAGIC } from '../spool-format.ts';

const BLOCK_BYTES = 1 << 20;

export interface SpoolEnd {
  /** Up to where the file could be read. */
  readonly offset: number;
  /** Null when everything up to the limit was read; `torn`: it breaks off; `damaged`: bytes are not what was written. */
  readonly problem: 'torn' | 'damaged' | null;
  /** Bytes behind `offset`, up to the limit. */
  readonly bytesLeft: number;
  /** Records that the torn frame was to have, as far as one can tell. */
  readonly recordsLeft: number;
}

/** What is done with a frame; `end` is the offset in the file at which it ends. */
export type OnFrame = (bytes: Buffer, bodyStart: number, bodyEnd: number, end: number) => void | Promise<void>;

/**
 * Reads the frames between two offsets.
 *
 * @param from 0 or the end of a frame
 * @param to Infinity for all there is
 */
export async function readSpool(path: string, from: number, to: number, onFrame: OnFrame): Promise<SpoolEnd> {
  const file = await open(path, 'r');
  try {
    const limit = Math.min(to, (await file.stat()).size);
    const start = from === 0 ? await readMagic(file, limit) : from;
    if (start === null) return { offset: 0, problem: 'damaged', bytesLeft: limit, recordsLeft: 1 };
    if (start < 0) return { offset: 0, problem: limit === 0 ? null : 'torn', bytesLeft: limit, recordsLeft: 0 };
    return await readFrames(file, start, limit, onFrame);
  } finally {
    await file.close();
  }
}

/** Where the frames begin; -1 when not even the magic is whole, null when it is another one. */
async function readMagic(file: FileHandle, limit: number): Promise<number | null> {
  const { length } = SPOOL_MAGIC;
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await file.read(bytes, 0, Math.min(length, limit), 0);
  if (!bytes.subarray(0, bytesRead).equals(SPOOL_MAGIC.subarray(0, bytesRead))) return null;
  return bytesRead < length ? -1 : length;
}

async function readFrames(file: FileHandle, start: number, limit: number, onFrame: OnFrame): Promise<SpoolEnd> {
  let block = Buffer.allocUnsafe(Math.min(BLOCK_BYTES, limit - start));
  /** Where in the file the block begins, and how much of it is filled. */
  let base = start;
  let filled = 0;
  let at = 0;
  for (;;) {
    const found = findFrame(block.subarray(0, filled), at);
    if (found.kind === 'frame') {
      await onFrame(block, found.bodyStart, found.bodyEnd, base + found.bodyEnd);
      at = found.bodyEnd;
      continue;
    }
    const offset = base + at;
    const bytesLeft = limit - offset;
    if (found.kind === 'damaged') return { offset, problem: 'damaged', bytesLeft, recordsLeft: 1 };
    if (found.needed > bytesLeft) {
      const problem = bytesLeft === 0 ? null : 'torn';
      return { offset, problem, bytesLeft, recordsLeft: bytesLeft === 0 ? 0 : found.records };
    }
    // The frame goes on behind the block: move its beginning to the front and read more.
    const next = found.needed > block.length ? Buffer.allocUnsafe(2 * found.needed) : block;
    block.copy(next, 0, at, filled);
    filled -= at;
    base = offset;
    at = 0;
    block = next;
    const room = Math.min(block.length, limit - base) - filled;
    const { bytesRead } = await file.read(block, filled, room, base + filled);
    if (bytesRead === 0) return { offset, problem: 'torn', bytesLeft, recordsLeft: found.records };
    filled += bytesRead;
  }
}
