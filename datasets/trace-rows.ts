import { DuckDBListVector, type DuckDBDataChunk } from '@duckdb/node-api';
import type { OutcomeKind } from '../src/router/contract.ts';
import { TRACE_DEFAULTS, type TraceColumnName } from './trace-columns.ts';
import type { RecordedOutcome, TraceRow } from './trace.ts';

/** Turns chunks of a query into rows. */
export type ChunkDecoder = (chunk: DuckDBDataChunk) => readonly TraceRow[];

/** Distinct texts kept per column, so that equal texts are one string in memory. */
const TEXTS_MAX = 10_000;

const RECORDED_COLUMNS = [
  'target',
  'propensity',
  'kind',
  'status',
  'first_token_ms',
  'duration_ms',
  'cost_usd',
] as const satisfies readonly TraceColumnName[];

/**
 * A decoder for chunks that hold the named columns in this order: numbers as DOUBLE, blocks as DOUBLE[]. Columns
 * that are missing take their defaults. The rows must have passed the checks of `trace-checks.ts`.
 */
export function chunkDecoder(columns: readonly TraceColumnName[]): ChunkDecoder {
  const keepers = new Map<TraceColumnName, Map<string, string>>();
  const hasRecorded = RECORDED_COLUMNS.some((name) => columns.includes(name));

  function values<T>(chunk: DuckDBDataChunk, name: TraceColumnName, whenMissing: T): ArrayLike<T> {
    const index = columns.indexOf(name);
    const count = chunk.rowCount;
    const result = new Array<T>(count).fill(whenMissing);
    if (index < 0) return result;
    const vector = chunk.getColumnVector(index);
    for (let row = 0; row < count; row++) {
      const value = vector.getItem(row) as T | null;
      if (value !== null) result[row] = value;
    }
    return result;
  }

  function texts<T extends string | null>(chunk: DuckDBDataChunk, name: TraceColumnName, whenMissing: T) {
    const read = values<string | T>(chunk, name, whenMissing) as (string | T)[];
    if (!columns.includes(name)) return read;
    const kept = keepers.get(name) ?? new Map<string, string>();
    keepers.set(name, kept);
    for (let row = 0; row < read.length; row++) {
      const text = read[row] as string | T;
      if (text !== null) read[row] = keep(kept, text);
    }
    return read;
  }

  return (chunk) => {
    const arrivalMs = values<number>(chunk, 'arrival_ms', 0);
    const requestId = values<string>(chunk, 'request_id', '');
    const sessionId = texts<string | null>(chunk, 'session_id', null);
    const clientKey = texts<string>(chunk, 'client_key', TRACE_DEFAULTS.clientKey);
    const protocol = texts<string>(chunk, 'protocol', TRACE_DEFAULTS.protocol);
    const model = texts<string>(chunk, 'model', TRACE_DEFAULTS.model);
    const declaredClass = texts<string | null>(chunk, 'class', null);
    const declaredPriority = texts<string | null>(chunk, 'priority', null);
    const inputTokens = values<number>(chunk, 'input_tokens', 0);
    const outputTokens = values<number>(chunk, 'output_tokens', 0);
    const maxOutputTokens = values<number | null>(chunk, 'max_output_tokens', null);
    const stream = values<boolean>(chunk, 'stream', false);
    const hasTools = values<boolean>(chunk, 'has_tools', false);
    const hasImage = values<boolean>(chunk, 'has_image', false);
    const prefixBlocks = blockLists(chunk, columns.indexOf('prefix_blocks'));
    const recorded = hasRecorded ? recordedOutcomes(chunk) : null;
    const rows = new Array<TraceRow>(chunk.rowCount);
    for (let row = 0; row < rows.length; row++) {
      // One literal for every row: all rows share one hidden class, which the replay's loops depend on.
      rows[row] = {
        arrivalMs: arrivalMs[row] as number,
        requestId: requestId[row] as string,
        sessionId: sessionId[row] as string | null,
        clientKey: clientKey[row] as string,
        protocol: protocol[row] as string,
        model: model[row] as string,
        declaredClass: declaredClass[row] as string | null,
        declaredPriority: declaredPriority[row] as string | null,
        inputTokens: inputTokens[row] as number,
        outputTokens: outputTokens[row] as number,
        maxOutputTokens: maxOutputTokens[row] as number | null,
        stream: stream[row] as boolean,
        hasTools: hasTools[row] as boolean,
        hasImage: hasImage[row] as boolean,
        prefixBlocks: prefixBlocks === null ? null : (prefixBlocks[row] as readonly number[] | null),
        recorded: recorded === null ? null : (recorded[row] as RecordedOutcome | null),
      };
    }
    return rows;
  };

  function recordedOutcomes(chunk: DuckDBDataChunk): readonly (RecordedOutcome | null)[] {
    const target = texts<string | null>(chunk, 'target', null);
    const propensity = values<number | null>(chunk, 'propensity', null);
    const kind = texts<string | null>(chunk, 'kind', null) as ArrayLike<OutcomeKind | null>;
    const status = values<number | null>(chunk, 'status', null);
    const firstTokenMs = values<number | null>(chunk, 'first_token_ms', null);
    const durationMs = values<number | null>(chunk, 'duration_ms', null);
    const costUsd = values<number | null>(chunk, 'cost_usd', null);
    return Array.from({ length: chunk.rowCount }, (_, row) => {
      const outcome: RecordedOutcome = {
        target: target[row] as string | null,
        propensity: propensity[row] as number | null,
        kind: kind[row] as OutcomeKind | null,
        status: status[row] as number | null,
        firstTokenMs: firstTokenMs[row] as number | null,
        durationMs: durationMs[row] as number | null,
        costUsd: costUsd[row] as number | null,
      };
      return Object.values(outcome).every((value) => value === null) ? null : outcome;
    });
  }
}

function keep(kept: Map<string, string>, text: string): string {
  const known = kept.get(text);
  if (known !== undefined) return known;
  if (kept.size >= TEXTS_MAX) kept.clear();
  kept.set(text, text);
  return text;
}

function blockLists(chunk: DuckDBDataChunk, index: number): readonly (readonly number[] | null)[] | null {
  if (index < 0) return null;
  const lists = chunk.getColumnVector(index);
  if (!(lists instanceof DuckDBListVector)) throw new Error('prefix_blocks was not read as a list');
  const blocks = lists.childVector;
  return Array.from({ length: chunk.rowCount }, (_, row) => {
    // `getItem` would copy the list twice; it is asked only whether there is one.
    if (lists.getItemVector(row) === null) return null;
    const offset = lists.getEntryOffset(row);
    const result = new Array<number>(lists.getEntryLength(row));
    for (let block = 0; block < result.length; block++) result[block] = blocks.getItem(offset + block) as number;
    return result;
  });
}
