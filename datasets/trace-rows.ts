import { DuckDBListVector, type DuckDBDataChunk } from '@duckdb/node-api';
import { BadInput } from '../src/config/bad-input.ts';
import type { OutcomeKind } from '../src/router/contract.ts';
import type { Steering } from '../src/router/index.ts';
import { steeringReader } from './steering-text.ts';
import { TRACE_DEFAULTS, type TraceColumnName } from './trace-columns.ts';
import type { RecordedOutcome, TraceRow } from './trace.ts';

/** Turns chunks of a query into rows. */
export type ChunkDecoder = (chunk: DuckDBDataChunk) => readonly TraceRow[];

/** A list of this one block stands for "no list": to ask a vector of lists for a null costs a copy of the list. */
export const NO_BLOCKS_MARK = -1;

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
 * A decoder for chunks that hold the named columns in this order: numbers as DOUBLE, blocks as DOUBLE[] without nulls
 * (see `NO_BLOCKS_MARK`). Columns that are missing take their defaults. The rows must have passed the checks of `trace-checks.ts`.
 */
export function chunkDecoder(columns: readonly TraceColumnName[]): ChunkDecoder {
  const readSteering = steeringReader();
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

  return (chunk) => {
    const arrivalMs = values<number>(chunk, 'arrival_ms', 0);
    const requestId = values<string>(chunk, 'request_id', '');
    const sessionId = values<string | null>(chunk, 'session_id', null);
    const clientKey = values<string>(chunk, 'client_key', TRACE_DEFAULTS.clientKey);
    const protocol = values<string>(chunk, 'protocol', TRACE_DEFAULTS.protocol);
    const model = values<string>(chunk, 'model', TRACE_DEFAULTS.model);
    const declaredClass = values<string | null>(chunk, 'class', null);
    const declaredPriority = values<string | null>(chunk, 'priority', null);
    const inputTokens = values<number>(chunk, 'input_tokens', 0);
    const outputTokens = values<number>(chunk, 'output_tokens', 0);
    const maxOutputTokens = values<number | null>(chunk, 'max_output_tokens', null);
    const stream = values<boolean>(chunk, 'stream', false);
    const hasTools = values<boolean>(chunk, 'has_tools', false);
    const hasImage = values<boolean>(chunk, 'has_image', false);
    const prefixBlocks = blockLists(chunk, columns.indexOf('prefix_blocks'));
    const steering = columns.includes('steering') ? steerings(chunk) : null;
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
        steering: steering === null ? null : (steering[row] as Steering | null),
        recorded: recorded === null ? null : (recorded[row] as RecordedOutcome | null),
      };
    }
    return rows;
  };

  function steerings(chunk: DuckDBDataChunk): readonly (Steering | null)[] {
    return Array.from(values<string | null>(chunk, 'steering', null), (text) => {
      const read = text === null ? null : readSteering(text);
      if (read === null) return null;
      // The checks have seen every row; a file that was changed since then gets here.
      if (!read.ok) throw new BadInput(`column steering: ${read.reason}`);
      return read.value;
    });
  }

  function recordedOutcomes(chunk: DuckDBDataChunk): readonly (RecordedOutcome | null)[] {
    const target = values<string | null>(chunk, 'target', null);
    const propensity = values<number | null>(chunk, 'propensity', null);
    const kind = values<string | null>(chunk, 'kind', null) as ArrayLike<OutcomeKind | null>;
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

function blockLists(chunk: DuckDBDataChunk, index: number): readonly (readonly number[] | null)[] | null {
  if (index < 0) return null;
  const lists = chunk.getColumnVector(index);
  if (!(lists instanceof DuckDBListVector)) throw new Error('prefix_blocks was not read as a list');
  const blocks = lists.childVector;
  return Array.from({ length: chunk.rowCount }, (_, row) => {
    const offset = lists.getEntryOffset(row);
    const result = new Array<number>(lists.getEntryLength(row));
    for (let block = 0; block < result.length; block++) result[block] = blocks.getItem(offset + block) as number;
    return result.length === 1 && result[0] === NO_BLOCKS_MARK ? null : result;
  });
}
