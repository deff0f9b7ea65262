import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { BadInput } from '../../src/config/bad-input.ts';
import { checkOutputPath, partialPathOf } from '../partial-file.ts';
import { openTrace } from '../trace-file.ts';
import { writeTrace } from '../trace-writer.ts';
import type { TraceRow } from '../trace.ts';
import { refuseBadRows, skipBadRows, type RejectedRow, type Rejects } from './rejects.ts';

export interface ImportSettings {
  /** Where the trace goes. */
  readonly out: string;
  /** Leave bad rows out, count them and write them to `OUT.rejects.jsonl`; otherwise the first one ends the import. */
  readonly skipBadRows: boolean;
  /** Shift the arrivals so that the first is at 0. */
  readonly rebase: boolean;
  readonly onProgress?: (rows: number) => void;
}

export interface ImportSummary {
  readonly out: string;
  readonly sha256: string;
  readonly requests: number;
  readonly spanMs: number;
  /** Rows that could not be read. */
  readonly rejected: number;
  readonly firstRejects: readonly RejectedRow[];
  /** File with all rejected rows, or `null` when there is none. */
  readonly rejectsPath: string | null;
}

/**
 * Runs an importer into a trace file. Either everything that was asked for is written or nothing is.
 *
 * @param read the importer with its files and options filled in
 * @throws BadInput from the importer, or when no row could be read
 */
export async function importTrace(
  read: (rejects: Rejects) => AsyncIterable<readonly TraceRow[]>,
  settings: ImportSettings,
): Promise<ImportSummary> {
  checkOutputPath(settings.out, 'trace');
  const rejectsPath = `${settings.out}.rejects.jsonl`;
  const partialRejectsPath = partialPathOf(rejectsPath);
  const file = settings.skipBadRows ? openSync(partialRejectsPath, 'w') : null;
  try {
    const rejects = file === null ? refuseBadRows() : skipBadRows((row) => writeSync(file, `${JSON.stringify(row)}\n`));
    await writeTrace(settings.out, refuseEmpty(read(rejects), settings.out, rejects), {
      rebase: settings.rebase,
      ...(settings.onProgress === undefined ? {} : { onProgress: settings.onProgress }),
    });
    const trace = await openTrace(settings.out);
    // A list of rejects that an earlier import left would be taken for this one's.
    rmSync(rejectsPath, { force: true });
    if (rejects.count > 0) renameSync(partialRejectsPath, rejectsPath);
    return {
      out: settings.out,
      sha256: trace.sha256,
      requests: trace.requests,
      spanMs: trace.spanMs,
      rejected: rejects.count,
      firstRejects: rejects.first,
      rejectsPath: rejects.count > 0 ? rejectsPath : null,
    };
  } finally {
    if (file !== null) closeSync(file);
    rmSync(partialRejectsPath, { force: true });
  }
}

async function* refuseEmpty(
  batches: AsyncIterable<readonly TraceRow[]>,
  out: string,
  rejects: Rejects,
): AsyncGenerator<readonly TraceRow[]> {
  let rows = 0;
  for await (const batch of batches) {
    rows += batch.length;
    yield batch;
  }
  if (rows > 0) return;
  const first = rejects.first[0];
  const why =
    first === undefined
      ? 'the files hold no rows'
      : `all ${rejects.count} rows are bad, the first: ${first.file}:${first.line}: ${first.reason}`;
  throw new BadInput(`${out}: not written: ${why}`);
}
