import { DuckDBDataChunk, DuckDBListValue, type DuckDBValue } from '@duckdb/node-api';
import { steeringText } from './steering-text.ts';
import { TRACE_COLUMNS, type TraceColumnName } from './trace-columns.ts';
import type { TraceRow } from './trace.ts';

const COLUMN_TYPES = TRACE_COLUMNS.map((column) => column.type);

/** How each column is read off a row. */
const CELLS: { readonly [C in TraceColumnName]: (row: TraceRow) => DuckDBValue } = {
  arrival_ms: (row) => row.arrivalMs,
  request_id: (row) => row.requestId,
  session_id: (row) => row.sessionId,
  client_key: (row) => row.clientKey,
  protocol: (row) => row.protocol,
  model: (row) => row.model,
  class: (row) => row.declaredClass,
  priority: (row) => row.declaredPriority,
  input_tokens: (row) => row.inputTokens,
  output_tokens: (row) => row.outputTokens,
  max_output_tokens: (row) => row.maxOutputTokens,
  stream: (row) => row.stream,
  has_tools: (row) => row.hasTools,
  has_image: (row) => row.hasImage,
  prefix_blocks: (row) => (row.prefixBlocks === null ? null : new DuckDBListValue(row.prefixBlocks.map(BigInt))),
  steering: (row) => steeringText(row.steering),
  target: (row) => row.recorded?.target ?? null,
  propensity: (row) => row.recorded?.propensity ?? null,
  kind: (row) => row.recorded?.kind ?? null,
  status: (row) => row.recorded?.status ?? null,
  first_token_ms: (row) => row.recorded?.firstTokenMs ?? null,
  duration_ms: (row) => row.recorded?.durationMs ?? null,
  cost_usd: (row) => row.recorded?.costUsd ?? null,
};

/** The rows of a full chunk of DuckDB. */
export const CHUNK_ROWS = 2_048;

/** Texts of a chunk's earlier uses stay allocated until it is given up. */
const CHUNK_USES_MAX = 64;

/**
 * Makes chunks of rows. A chunk is valid until the next call: it is used again, because columns without any value then
 * need not be written again, and marking nulls one by one costs more than all values together.
 */
export function chunkFiller(): (rows: readonly TraceRow[]) => DuckDBDataChunk {
  let chunk: DuckDBDataChunk | undefined;
  let uses = 0;
  let empty = new Set<TraceColumnName>();
  return (rows) => {
    if (chunk === undefined || chunk.rowCount !== rows.length || uses >= CHUNK_USES_MAX) {
      chunk = DuckDBDataChunk.create(COLUMN_TYPES, rows.length);
      uses = 0;
      empty = new Set();
    }
    uses++;
    for (const [index, { name }] of TRACE_COLUMNS.entries()) {
      const values = rows.map(CELLS[name]);
      const isEmpty = values.every((value) => value === null);
      if (isEmpty && empty.has(name)) continue;
      if (isEmpty) empty.add(name);
      else empty.delete(name);
      chunk.setColumnValues(index, values);
    }
    return chunk;
  };
}
