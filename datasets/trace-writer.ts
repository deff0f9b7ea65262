import type { DuckDBConnection } from '@duckdb/node-api';
import { rm } from 'node:fs/promises';
import { BadInput } from '../src/config/bad-input.ts';
import { sqlText, withDatabase } from './database.ts';
import { partialPathOf, writeWhole } from './partial-file.ts';
import { CHUNK_ROWS, chunkFiller } from './trace-cells.ts';
import { TRACE_COLUMNS, type TraceColumnName } from './trace-columns.ts';
import type { TraceRow } from './trace.ts';

/** What a writer may hold in memory before it spills to a folder beside the output. */
const MEMORY_LIMIT = '512MB';

export interface WriteTraceOptions {
  /** Subtract the earliest arrival from all, so that the trace starts at 0. */
  readonly rebase?: boolean;
  /** Called after each batch with the number of rows so far. */
  readonly onProgress?: (rows: number) => void;
}

export interface WrittenTrace {
  readonly path: string;
  readonly requests: number;
  /** Arrival of the last row, ms. */
  readonly spanMs: number;
}

/**
 * Writes a canonical trace as Parquet, sorted by (arrival_ms, request_id) whatever the order of the batches.
 * Memory does not grow with the length: beyond a limit, rows are kept on disk beside the output until the end.
 *
 * @throws BadInput when there is not a single row
 */
export async function writeTrace(
  path: string,
  batches: AsyncIterable<readonly TraceRow[]>,
  options: WriteTraceOptions = {},
): Promise<WrittenTrace> {
  return writeWhole(path, 'trace', async (partialPath) => {
    const spillFolder = partialPathOf(`${path}.spill`);
    try {
      const settings = { memory_limit: MEMORY_LIMIT, temp_directory: spillFolder };
      return await withDatabase(async (connection) => {
        const order = await collect(connection, batches, options);
        if (order.rows === 0) throw new BadInput(`${path}: not written, because the trace would have no rows`);
        await copyOut(connection, partialPath, order, options.rebase ?? false);
        const startMs = options.rebase === true ? order.firstMs : 0;
        return { path, requests: order.rows, spanMs: order.lastMs - startMs };
      }, settings);
    } finally {
      await rm(spillFolder, { recursive: true, force: true });
    }
  });
}

interface CollectedRows {
  readonly rows: number;
  /** Whether the rows came in canonical order. */
  readonly sorted: boolean;
  /** Whether any row says where it wants to go. */
  readonly steered: boolean;
  readonly firstMs: number;
  readonly lastMs: number;
}

async function collect(
  connection: DuckDBConnection,
  batches: AsyncIterable<readonly TraceRow[]>,
  options: WriteTraceOptions,
): Promise<CollectedRows> {
  const definitions = TRACE_COLUMNS.map((column) => `"${column.name}" ${column.type.toString()}`);
  await connection.run(`CREATE TABLE trace (${definitions.join(', ')})`);
  const appender = await connection.createAppender('trace');
  let rows = 0;
  let sorted = true;
  let steered = false;
  let firstMs = Infinity;
  let lastMs = -Infinity;
  let previous: TraceRow | undefined;
  let pending: TraceRow[] = [];
  const fill = chunkFiller();
  for await (const batch of batches) {
    for (const row of batch) {
      sorted &&= previous === undefined || inOrder(previous, row);
      steered ||= row.steering !== null;
      firstMs = Math.min(firstMs, row.arrivalMs);
      lastMs = Math.max(lastMs, row.arrivalMs);
      previous = row;
      pending.push(row);
      if (pending.length < CHUNK_ROWS) continue;
      appender.appendDataChunk(fill(pending));
      pending = [];
    }
    rows += batch.length;
    options.onProgress?.(rows);
  }
  if (pending.length > 0) appender.appendDataChunk(fill(pending));
  appender.closeSync();
  return { rows, sorted, steered, firstMs, lastMs };
}

/** DuckDB compares texts by their UTF-8 bytes, JavaScript by UTF-16 units; the file follows DuckDB. */
function inOrder(previous: TraceRow, row: TraceRow): boolean {
  if (previous.arrivalMs !== row.arrivalMs) return previous.arrivalMs < row.arrivalMs;
  return Buffer.compare(Buffer.from(previous.requestId), Buffer.from(row.requestId)) < 0;
}

/** Left out where no row has a value: traces without it stay the same, byte for byte, as before there was one. */
const SELDOM: TraceColumnName = 'steering';

async function copyOut(
  connection: DuckDBConnection,
  path: string,
  { sorted, steered }: CollectedRows,
  rebase: boolean,
): Promise<void> {
  const columns = steered ? '*' : `* EXCLUDE (${SELDOM})`;
  const arrival = rebase ? 'REPLACE (arrival_ms - (SELECT min(arrival_ms) FROM trace) AS arrival_ms)' : '';
  const order = sorted ? '' : 'ORDER BY arrival_ms, request_id';
  await connection.run(
    `COPY (SELECT ${columns} ${arrival} FROM trace ${order}) TO ${sqlText(path)} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)`,
  );
}
