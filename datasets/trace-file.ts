import { DuckDBInstance } from '@duckdb/node-api';
import { open } from 'node:fs/promises';
import { BadInput } from '../src/config/bad-input.ts';
import { fileTrouble } from '../src/config/file-trouble.ts';
import { sqlPath, sqlText, withDatabase } from './database.ts';
import { hashFile } from './file-hash.ts';
import { suggestImport } from './import-suggestion.ts';
import { checkSteering } from './steering-check.ts';
import { checkTraceFile, type TraceFileSummary } from './trace-checks.ts';
import { TRACE_COLUMNS, type TraceColumnName } from './trace-columns.ts';
import { chunkDecoder, NO_BLOCKS_MARK } from './trace-rows.ts';
import type { TraceRow, TraceSource } from './trace.ts';

/**
 * Opens a canonical trace stored as Parquet. The whole file is checked here; `batches` then reads it as a stream,
 * so that neither opening nor reading needs memory that grows with its length.
 *
 * @throws BadInput when the file is missing, is not Parquet (the message names the `import` command to run), lacks a
 * column or holds a row that cannot be used (`file: row N: column X: reason`)
 */
export async function openTrace(path: string): Promise<TraceSource> {
  if (!(await isParquet(path))) throw new BadInput(await suggestImport(path));
  try {
    const summary = await withDatabase(async (connection) => {
      const found = await checkTraceFile(connection, path);
      if (found.columns.includes('steering')) await checkSteering(connection, path);
      return found;
    });
    return {
      name: path,
      sha256: await hashFile(path),
      requests: summary.requests,
      spanMs: summary.spanMs,
      batches: () => readBatches(path, summary),
    };
  } catch (error) {
    throw readFailure(path, error);
  }
}

async function* readBatches(path: string, summary: TraceFileSummary): AsyncGenerator<readonly TraceRow[]> {
  const decode = chunkDecoder(summary.columns);
  const selection = summary.columns.map((name) => selectExpression(name, summary.words.get(name))).join(', ');
  const database = await DuckDBInstance.create(':memory:');
  const connection = await database.connect();
  try {
    const result = await connection.stream(`SELECT ${selection} FROM read_parquet(${sqlPath(path)})`);
    for await (const chunk of result) yield decode(chunk);
  } catch (error) {
    throw readFailure(path, error);
  } finally {
    connection.closeSync();
    database.closeSync();
  }
}

/**
 * Numbers of every width become doubles, which is what JavaScript wants. A text column with few values comes as codes of
 * an enumeration, so that no text is decoded twice.
 */
function selectExpression(name: TraceColumnName, words: readonly string[] | undefined): string {
  const column = TRACE_COLUMNS.find((candidate) => candidate.name === name);
  switch (column?.kind) {
    case 'number':
      return `"${name}"::DOUBLE`;
    case 'blocks':
      return `coalesce("${name}"::DOUBLE[], [${NO_BLOCKS_MARK}])`;
    case 'text':
    case 'json':
      return words === undefined ? `"${name}"::VARCHAR` : `"${name}"::ENUM(${words.map(sqlText).join(', ')})`;
    case 'flag':
    case undefined:
      return `"${name}"`;
  }
}

async function isParquet(path: string): Promise<boolean> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw new BadInput(`${path === '' ? '""' : path}: cannot open the trace: ${fileTrouble(error)}`);
  });
  try {
    if ((await file.stat()).isDirectory()) throw new BadInput(`${path}: is a folder; name a trace file (Parquet)`);
    const head = Buffer.alloc(4);
    await file.read(head, 0, 4, 0);
    return head.toString('latin1') === 'PAR1';
  } finally {
    await file.close();
  }
}

/** DuckDB's complaint about a damaged file, as one line with the file's name. */
function readFailure(path: string, error: unknown): unknown {
  if (
    !(error instanceof Error) ||
    error instanceof BadInput ||
    !/^(IO|Invalid|Conversion|Parquet|Not implemented)\b.*Error:/i.test(error.message)
  )
    return error;
  return new BadInput(`${path}: cannot be read as Parquet: ${error.message.split('\n')[0]}`);
}
