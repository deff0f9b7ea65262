import type { DuckDBConnection } from '@duckdb/node-api';
import { BadInput } from '../src/config/bad-input.ts';
import { OUTCOME_KINDS } from '../src/router/contract.ts';
import { sqlPath, sqlText } from './database.ts';
import {
  TOKENS_MAX,
  TRACE_COLUMNS,
  type TraceColumn,
  type TraceColumnKind,
  type TraceColumnName,
} from './trace-columns.ts';

/** What a trace file turned out to hold. */
export interface TraceFileSummary {
  readonly requests: number;
  /** Arrival of the last row, ms; 0 for a trace without rows. */
  readonly spanMs: number;
  /** Canonical columns with at least one value. */
  readonly columns: readonly TraceColumnName[];
  /** All values of those text columns that have few. */
  readonly words: ReadonlyMap<TraceColumnName, readonly string[]>;
}

const TYPES_OF_KIND: Readonly<Record<TraceColumnKind, RegExp>> = {
  number: /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DECIMAL\(.*\))$/,
  text: /^(VARCHAR|ENUM\(.*\))$/s,
  flag: /^BOOLEAN$/,
  blocks: /^U?(TINYINT|SMALLINT|INTEGER|BIGINT)\[\]$/,
  json: /^(VARCHAR|JSON|ENUM\(.*\))$/s,
};

const WORDS_OF_KIND: Readonly<Record<TraceColumnKind, string>> = {
  number: 'a number',
  text: 'text',
  flag: 'true or false',
  blocks: 'a list of integers',
  json: 'JSON text',
};

/** A text column with more distinct values than this is read value by value. */
const WORDS_MAX = 1_000;

/** A condition under which a row cannot be used. */
interface RowRule {
  readonly column: TraceColumnName;
  /** SQL; true for a bad row. */
  readonly isBad: string;
  readonly reason: string;
}

const COLUMNS: readonly TraceColumn[] = TRACE_COLUMNS;
const INTEGER_COLUMNS = ['input_tokens', 'output_tokens', 'max_output_tokens'] as const;
const DURATION_COLUMNS = ['first_token_ms', 'duration_ms', 'cost_usd'] as const;

const ROW_RULES: readonly RowRule[] = [
  ...COLUMNS.filter((column) => column.required).map(({ name }) => ({
    column: name as TraceColumnName,
    isBad: `"${name}" IS NULL`,
    reason: 'is null; every row needs a value',
  })),
  { column: 'arrival_ms', isBad: 'NOT isfinite(arrival_ms::DOUBLE)', reason: 'is not a finite number' },
  { column: 'arrival_ms', isBad: 'arrival_ms < 0', reason: 'is negative' },
  {
    column: 'arrival_ms',
    isBad: 'arrival_ms < previous_arrival_ms',
    reason: 'is earlier than in the row before; sort the rows by arrival_ms, then request_id',
  },
  {
    column: 'request_id',
    isBad: 'arrival_ms = previous_arrival_ms AND request_id = previous_request_id',
    reason: 'is the same as in the row before; each request needs its own',
  },
  {
    column: 'request_id',
    isBad: 'arrival_ms = previous_arrival_ms AND request_id < previous_request_id',
    reason: 'is out of order; sort the rows by arrival_ms, then request_id',
  },
  ...INTEGER_COLUMNS.map((column) => ({
    column,
    isBad: `NOT ("${column}" BETWEEN 0 AND ${TOKENS_MAX} AND "${column}" = floor("${column}"))`,
    reason: `is not a whole number from 0 to ${TOKENS_MAX}`,
  })),
  {
    column: 'prefix_blocks',
    isBad: `list_min(prefix_blocks) < 0 OR list_max(prefix_blocks) > ${Number.MAX_SAFE_INTEGER} OR list_count(prefix_blocks) < len(prefix_blocks)`,
    reason: `holds something else than whole numbers from 0 to ${Number.MAX_SAFE_INTEGER}`,
  },
  {
    column: 'propensity',
    isBad: 'NOT (propensity > 0 AND propensity <= 1)',
    reason: 'is not a probability above 0 and up to 1',
  },
  {
    column: 'kind',
    isBad: `kind NOT IN (${OUTCOME_KINDS.map(sqlText).join(', ')})`,
    reason: `is none of ${OUTCOME_KINDS.join(', ')}`,
  },
  { column: 'status', isBad: 'NOT (status BETWEEN 100 AND 599)', reason: 'is not an HTTP status from 100 to 599' },
  ...DURATION_COLUMNS.map((column) => ({
    column,
    isBad: `NOT ("${column}" >= 0 AND isfinite("${column}"::DOUBLE))`,
    reason: 'is not a finite number from 0 on',
  })),
];

/**
 * Reads a Parquet file once, in constant memory, to see that it is a canonical trace.
 *
 * @throws BadInput `file: row N: column X: reason` for the first row that breaks a rule, and for missing or
 * mistyped columns
 */
export async function checkTraceFile(connection: DuckDBConnection, path: string): Promise<TraceFileSummary> {
  const present = await checkColumnTypes(connection, path);
  const rules = ROW_RULES.filter((rule) => present.includes(rule.column));
  const verdict = rules.map((rule, index) => `WHEN ${rule.isBad} THEN ${index}`).join(' ');
  const texts = COLUMNS.filter(
    ({ name, kind }) =>
      (kind === 'text' || kind === 'json') && name !== 'request_id' && present.includes(name as TraceColumnName),
  );
  const counts = [
    ...present.map((name) => `count("${name}") AS "${name}"`),
    ...texts.map(({ name }) => `approx_count_distinct("${name}") AS "${name}_values"`),
  ].join(', ');
  const result = await connection.runAndReadAll(`
    SELECT count(*)::DOUBLE AS requests, coalesce(max(arrival_ms), 0)::DOUBLE AS span_ms,
      min(CASE WHEN broken IS NOT NULL THEN row_number END)::DOUBLE AS bad_row,
      arg_min(broken, CASE WHEN broken IS NOT NULL THEN row_number END) AS bad_rule, ${counts}
    FROM (SELECT *, CASE ${verdict} END AS broken FROM (
      SELECT *, row_number() OVER () AS row_number, lag(arrival_ms) OVER () AS previous_arrival_ms,
        lag(request_id) OVER () AS previous_request_id
      FROM read_parquet(${sqlPath(path)})))`);
  const found = result.getRowObjectsJS()[0] as Readonly<Record<string, number | bigint | null>>;
  const broken = rules[Number(found['bad_rule'])];
  if (found['bad_row'] !== null && broken !== undefined) {
    throw new BadInput(`${path}: row ${found['bad_row']}: column ${broken.column}: ${broken.reason}`);
  }
  const columns = present.filter((name) => Number(found[name]) > 0);
  const wordColumns = columns.filter((name) => Number(found[`${name}_values`] ?? Infinity) <= WORDS_MAX);
  return {
    requests: Number(found['requests']),
    spanMs: Number(found['span_ms']),
    columns,
    words: await distinctWords(connection, path, wordColumns),
  };
}

async function distinctWords(
  connection: DuckDBConnection,
  path: string,
  columns: readonly TraceColumnName[],
): Promise<ReadonlyMap<TraceColumnName, readonly string[]>> {
  if (columns.length === 0) return new Map();
  const lists = columns.map((name) => `list(DISTINCT "${name}"::VARCHAR ORDER BY "${name}"::VARCHAR)`).join(', ');
  const result = await connection.runAndReadAll(`SELECT ${lists} FROM read_parquet(${sqlPath(path)})`);
  const found = result.getRowsJS()[0] as readonly (readonly (string | null)[])[];
  return new Map(columns.map((name, index) => [name, (found[index] ?? []).filter((word) => word !== null)]));
}

async function checkColumnTypes(connection: DuckDBConnection, path: string): Promise<readonly TraceColumnName[]> {
  const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM read_parquet(${sqlPath(path)})`);
  const types = new Map(
    described.getRowObjectsJS().map((row) => [String(row['column_name']), String(row['column_type'])]),
  );
  for (const column of COLUMNS) {
    const type = types.get(column.name);
    if (type === undefined && column.required) {
      throw new BadInput(`${path}: column ${column.name} is missing; a trace needs it (see datasets/README.md)`);
    }
    // A column without any value may have been written with any type.
    if (type !== undefined && type !== '"NULL"' && !TYPES_OF_KIND[column.kind].test(type)) {
      throw new BadInput(
        `${path}: column ${column.name} has type ${type}, but holds ${WORDS_OF_KIND[column.kind]} in a trace`,
      );
    }
  }
  return TRACE_COLUMNS.filter((column) => types.has(column.name)).map((column) => column.name);
}
