import { BadInput } from '../../src/config/bad-input.ts';

/** A row that could not be read. */
export interface RejectedRow {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly reason: string;
}

/** Where importers report rows they cannot read; nothing is dropped without it. */
export interface Rejects {
  /** @throws BadInput `file:line: reason` unless bad rows are to be skipped */
  reject(file: string, line: number, reason: string): void;
  readonly count: number;
  /** The first ones, for people. */
  readonly first: readonly RejectedRow[];
}

/** How many rejected rows a report names. */
const REPORTED_MAX = 20;

/** The first bad row ends the import. */
export function refuseBadRows(): Rejects {
  return {
    count: 0,
    first: [],
    reject(file, line, reason) {
      throw new BadInput(`${file}:${line}: ${reason} (nothing was written; --skip-bad-rows leaves such rows out)`);
    },
  };
}

/**
 * Bad rows are counted and left out.
 *
 * @param onReject receives each of them, however many there are
 */
export function skipBadRows(onReject: (row: RejectedRow) => void): Rejects {
  const first: RejectedRow[] = [];
  let count = 0;
  return {
    get count() {
      return count;
    },
    first,
    reject(file, line, reason) {
      const row = { file, line, reason };
      count++;
      if (first.length < REPORTED_MAX) first.push(row);
      onReject(row);
    },
  };
}
