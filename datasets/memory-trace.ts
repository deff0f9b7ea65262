import { createHash } from 'node:crypto';
import type { TraceRow, TraceSource } from './trace.ts';

const BATCH_ROWS = 8_192;

/**
 * A trace over rows in memory.
 *
 * @param rows in canonical order; an empty trace spans 0 ms
 * @param name for people
 * @throws Error when the rows are not in the order of (arrivalMs, requestId)
 */
export function memoryTrace(rows: readonly TraceRow[], name: string): TraceSource {
  checkOrder(rows, name);
  return traceOverRows(rows, name, hashRows(rows));
}

/**
 * Reads a trace into memory once, so that several policies replay it without reading it again. A trace with more than
 * `rowsMax` rows is returned as it is, to be streamed each time.
 */
export async function loadTrace(source: TraceSource, rowsMax: number): Promise<TraceSource> {
  if (source.requests > rowsMax) return source;
  const rows: TraceRow[] = [];
  for await (const batch of source.batches()) for (const row of batch) rows.push(row);
  return traceOverRows(rows, source.name, source.sha256);
}

function traceOverRows(rows: readonly TraceRow[], name: string, sha256: string): TraceSource {
  return {
    name,
    sha256,
    requests: rows.length,
    spanMs: rows.at(-1)?.arrivalMs ?? 0,
    batches: async function* () {
      for (let start = 0; start < rows.length; start += BATCH_ROWS) yield rows.slice(start, start + BATCH_ROWS);
    },
  };
}

function checkOrder(rows: readonly TraceRow[], name: string): void {
  for (let index = 1; index < rows.length; index++) {
    const before = rows[index - 1] as TraceRow;
    const row = rows[index] as TraceRow;
    const inOrder =
      before.arrivalMs < row.arrivalMs || (before.arrivalMs === row.arrivalMs && before.requestId < row.requestId);
    if (!inOrder) throw new Error(`${name}: row ${index + 1} is out of the order of (arrivalMs, requestId)`);
  }
}

/** SHA-256 over the rows as JSON, one a line, with their fields in alphabetical order. */
function hashRows(rows: readonly TraceRow[]): string {
  const hash = createHash('sha256');
  for (const row of rows) hash.update(`${JSON.stringify(row, sortedFields)}\n`);
  return hash.digest('hex');
}

function sortedFields(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
