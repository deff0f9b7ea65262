/** Takes what stands in the spool into the database, each record exactly once. */
import { rename, rm } from 'node:fs/promises';
import { spoolNumbers, spoolPath } from '../spool-files.ts';
import type { LiveDatabase, LiveState } from './live-database.ts';
import { RecordDecoder } from './record-decoder.ts';
import { packColumns } from './row-columns.ts';
import { readSpool, type SpoolEnd } from './spool-reader.ts';

/** Spool bytes whose rows are one commit at most. */
const BATCH_BYTES = 8 * 1024 * 1024;

/** What was found wrong with a spool file. */
export interface SpoolDamage {
  readonly file: number;
  readonly offset: number;
  readonly problem: 'torn' | 'damaged';
  readonly bytes: number;
  readonly records: number;
}

export interface Ingestion {
  /** Records taken in by this object. */
  readonly records: number;
  /** Bytes of spool read by it, file heads included. */
  readonly bytes: number;
  /**
   * Takes in everything up to a place that was written.
   *
   * @param to Infinity for all there is: what the last run left behind
   */
  advance(toFile: number, toOffset: number): Promise<readonly SpoolDamage[]>;
  /** Everything is taken in and nobody writes any more: the last file goes too. */
  finish(): Promise<void>;
  /** After a rotation, which forgets the words of the database. */
  forgetDatabaseWords(): void;
}

/** Removes spool files that the database has; one that was damaged is put aside for whoever wants to look at it. */
export const SPOOL_CLEANER = async (path: string, isDamaged: boolean): Promise<void> => {
  if (isDamaged) await rename(path, `${path}.damaged`);
  else await rm(path, { force: true });
};

/**
 * @param clean what is done with spool files that are in the database whole; null leaves them
 */
export function createIngestion(folder: string, database: LiveDatabase, clean: typeof SPOOL_CLEANER | null): Ingestion {
  let decoder = new RecordDecoder(database.rows, database.words);
  let decodedFile = -1;
  let records = 0;
  let bytes = 0;

  /** Words that are named behind the place where we begin may have been given before it. */
  const learnWords = async (file: number, offset: number): Promise<void> => {
    if (decodedFile === file) return;
    decodedFile = file;
    decoder = new RecordDecoder(database.rows, database.words);
    if (offset === 0) return;
    await readSpool(spoolPath(folder, file), 0, offset, (block, start, end) => decoder.decodeWords(block, start, end));
  };

  const takeFile = async (file: number, toOffset: number): Promise<SpoolEnd> => {
    let state = placedAt(database.state, file);
    await learnWords(file, state.spoolOffset);
    let committedOffset = state.spoolOffset;
    const end = await readSpool(spoolPath(folder, file), state.spoolOffset, toOffset, async (block, from, to, at) => {
      const decoded = decoder.decode(block, from, to);
      records += block.readUInt32LE(from - 4);
      state = {
        ...state,
        spoolOffset: at,
        nextSequence: Math.max(state.nextSequence, decoded.nextSequence),
        stagedBytes: state.stagedBytes + to - from,
        stagedSinceMs: state.stagedSinceMs ?? Date.now(),
      };
      packColumns(database.rows);
      if (at - committedOffset < BATCH_BYTES) return;
      await database.commit(state);
      bytes += at - committedOffset;
      committedOffset = at;
    });
    if (end.offset > committedOffset) {
      await database.commit({ ...state, spoolOffset: end.offset });
      bytes += end.offset - committedOffset;
    }
    return end;
  };

  return {
    get records() {
      return records;
    },
    get bytes() {
      return bytes;
    },
    async advance(toFile, toOffset) {
      const damages: SpoolDamage[] = [];
      for (const file of await spoolNumbers(folder)) {
        if (file < database.state.spoolFile) {
          await clean?.(spoolPath(folder, file), false);
          continue;
        }
        if (file > toFile) break;
        const end = await takeFile(file, file === toFile ? toOffset : Infinity);
        if (end.problem !== null) {
          const { offset, problem, bytesLeft, recordsLeft } = end;
          damages.push({ file, offset, problem, bytes: bytesLeft, records: recordsLeft });
        }
        if (file === toFile) break;
        // Done with this one: it goes once the database says so.
        await database.commit(placedAt(database.state, file + 1));
        await clean?.(spoolPath(folder, file), end.problem === 'damaged');
      }
      return damages;
    },
    async finish() {
      const { spoolFile, spoolOffset } = database.state;
      if (spoolOffset === 0) return;
      await database.commit(placedAt(database.state, spoolFile + 1));
      await clean?.(spoolPath(folder, spoolFile), false);
    },
    forgetDatabaseWords: () => decoder.forgetDatabaseWords(),
  };
}

function placedAt(state: LiveState, file: number): LiveState {
  return state.spoolFile === file ? state : { ...state, spoolFile: file, spoolOffset: 0 };
}
