/**
 * The columns of a canonical trace as they stand in a file. `datasets/README.md` explains them to people; the
 * words here are the ones of that table.
 */
import type { DuckDBType } from '@duckdb/node-api';
import { BIGINT, BOOLEAN, DOUBLE, INTEGER, LIST, VARCHAR } from '@duckdb/node-api';

export type TraceColumnKind = 'number' | 'text' | 'flag' | 'blocks' | 'json';

export interface TraceColumn {
  readonly name: string;
  readonly kind: TraceColumnKind;
  /** The type in which we write it; other types of the same kind are read as well. */
  readonly type: DuckDBType;
  /** A trace without this column cannot be read; no value of it may be null. */
  readonly required: boolean;
}

/** Every column, in the order in which they are written. */
export const TRACE_COLUMNS = [
  { name: 'arrival_ms', kind: 'number', type: DOUBLE, required: true },
  { name: 'request_id', kind: 'text', type: VARCHAR, required: true },
  { name: 'session_id', kind: 'text', type: VARCHAR, required: false },
  { name: 'client_key', kind: 'text', type: VARCHAR, required: false },
  { name: 'protocol', kind: 'text', type: VARCHAR, required: false },
  { name: 'model', kind: 'text', type: VARCHAR, required: false },
  { name: 'class', kind: 'text', type: VARCHAR, required: false },
  { name: 'priority', kind: 'text', type: VARCHAR, required: false },
  { name: 'input_tokens', kind: 'number', type: INTEGER, required: true },
  { name: 'output_tokens', kind: 'number', type: INTEGER, required: true },
  { name: 'max_output_tokens', kind: 'number', type: INTEGER, required: false },
  { name: 'stream', kind: 'flag', type: BOOLEAN, required: false },
  { name: 'has_tools', kind: 'flag', type: BOOLEAN, required: false },
  { name: 'has_image', kind: 'flag', type: BOOLEAN, required: false },
  { name: 'prefix_blocks', kind: 'blocks', type: LIST(BIGINT), required: false },
  { name: 'steering', kind: 'json', type: VARCHAR, required: false },
  { name: 'target', kind: 'text', type: VARCHAR, required: false },
  { name: 'propensity', kind: 'number', type: DOUBLE, required: false },
  { name: 'kind', kind: 'text', type: VARCHAR, required: false },
  { name: 'status', kind: 'number', type: INTEGER, required: false },
  { name: 'first_token_ms', kind: 'number', type: DOUBLE, required: false },
  { name: 'duration_ms', kind: 'number', type: DOUBLE, required: false },
  { name: 'cost_usd', kind: 'number', type: DOUBLE, required: false },
] as const satisfies readonly TraceColumn[];

export type TraceColumnName = (typeof TRACE_COLUMNS)[number]['name'];

/** What a row has where its trace says nothing. */
export const TRACE_DEFAULTS = { clientKey: 'default', protocol: 'openai', model: 'auto' } as const;

/** Largest number of tokens a row may carry: the columns are 32-bit integers. */
export const TOKENS_MAX = 2_147_483_647;

/** Whether a word is the name of a canonical column. */
export function isTraceColumn(name: string): name is TraceColumnName {
  return TRACE_COLUMNS.some((column) => column.name === name);
}
