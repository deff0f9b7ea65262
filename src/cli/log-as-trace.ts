/** A decision log where a trace is asked for: imported on the fly, and no file is left behind. */
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { importTokenPool, importTrace, type Rejects } from '../../datasets/importers/index.ts';
import { isDuckDbFile } from '../../datasets/import-suggestion.ts';
import type { TraceRow, TraceSource } from '../../datasets/trace.ts';
import { BadInput } from '../config/bad-input.ts';
import { readTrace } from './read-inputs.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

/** Whether a path is a log rather than a trace: a folder, or a DuckDB file. */
export async function isLogPath(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  return found?.isDirectory() === true || (found?.isFile() === true && (await isDuckDbFile(path)));
}

/**
 * Runs something on the trace of a log's requests, as `import tokenpool` would make it: the first comes at 0.
 *
 * @throws BadInput when it is no log, or has requests that cannot be replayed, or none
 */
export async function withLogAsTrace<T>(
  path: string,
  onNote: (note: string) => void,
  run: (trace: TraceSource) => Promise<T>,
): Promise<T> {
  const folder = makeTemporaryFolder('tokenpool-replay-');
  try {
    const out = join(folder, 'trace.parquet');
    await importTrace(() => someRows(path, importTokenPool([path], { onNote }, REFUSE)), {
      out,
      skipBadRows: false,
      rebase: true,
    });
    return await run({ ...(await readTrace(out)), name: path });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const REFUSE: Rejects = {
  count: 0,
  first: [],
  reject(file, _line, reason) {
    throw new BadInput(
      `${file}: ${reason}; to replay the others, run: tokenpool import tokenpool ${file} --skip-bad-rows --out trace.parquet, and name that trace`,
    );
  },
};

async function* someRows(
  path: string,
  batches: AsyncIterable<readonly TraceRow[]>,
): AsyncGenerator<readonly TraceRow[]> {
  let rows = 0;
  for await (const batch of batches) {
    rows += batch.length;
    yield batch;
  }
  if (rows === 0) throw new BadInput(`${path}: the log has no requests; there is nothing to replay`);
}
