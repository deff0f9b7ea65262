/**
 * The tables of `current.duckdb`. Most stand as in every log. Decisions and outcomes stand in
 * a form that can be appended at a fraction of the cost: words as indices into the table `words` or into a fixed list,
 * 0 for none; numbers as doubles, NaN for none; the candidates' numbers as one list. The views `decisions` and
 * `outcomes` show them as every log does, so whoever reads sees one schema.
 */
import type { RoutingDecision } from '../../../router/index.ts';
import { LATER_TABLES, LOG_COLUMNS, type DecisionRow, type LogTable, type OutcomeRow } from '../../schema.ts';
import { CANDIDATE_CODES, CANDIDATE_NUMBERS, FIXED_WORDS } from '../spool-format.ts';

/** Tables that hold their rows as the schema has them. */
export const PLAIN_TABLES = ['inputs', 'policies', 'snapshots', ...LATER_TABLES] as const;

interface StagedColumn {
  /** Null: not staged, shown from what another column holds. */
  readonly type: string | null;
  /** The column of the view. */
  readonly shown: string;
}

const list = (words: readonly string[]): string => `[${words.map((word) => `'${word}'`).join(', ')}]`;
const same = (name: string, type: string): StagedColumn => ({ type, shown: `"${name}"` });
const word = (name: string): StagedColumn => ({ type: 'UINTEGER', shown: `known["${name}"]` });
const fixed = (name: string, words: readonly string[]): StagedColumn => ({
  type: 'UTINYINT',
  shown: `${list(words)}["${name}"]`,
});
const whole = (name: string, type = 'BIGINT'): StagedColumn => ({
  type: 'DOUBLE',
  shown: `CAST("${name}" AS ${type})`,
});
const optional = (name: string, type: string): StagedColumn => ({
  type: 'DOUBLE',
  shown: `CAST(CASE WHEN isnan("${name}") THEN NULL ELSE "${name}" END AS ${type})`,
});

const shownOnly = (shown: string): StagedColumn => ({ type: null, shown });
/** A routing decision is one word, of which there are few: its JSON text, whose index stands in the column `route`. */
const routingWord = (field: keyof RoutingDecision): string => `json_extract_string(known["route"], '$.${field}')`;

/** How each column of `decisions` is staged; `codes` and `numbers` follow, in place of the candidates. */
const DECISION_STAGING: Readonly<Record<Exclude<keyof DecisionRow, 'candidates'>, StagedColumn>> = {
  sequence: whole('sequence'),
  ordinal: same('ordinal', 'INTEGER'),
  at_ms: same('at_ms', 'DOUBLE'),
  request_id: same('request_id', 'VARCHAR'),
  attempt: same('attempt', 'INTEGER'),
  client_key: word('client_key'),
  session_hash: { type: 'VARCHAR', shown: `nullif(session_hash, '')` },
  protocol: word('protocol'),
  requested_model: word('requested_model'),
  class: fixed('class', FIXED_WORDS.requestClass),
  priority: fixed('priority', FIXED_WORDS.priority),
  input_tokens_est: whole('input_tokens_est'),
  max_output_tokens: optional('max_output_tokens', 'BIGINT'),
  stream: same('stream', 'BOOLEAN'),
  mode: word('mode'),
  policy_hash: word('policy_hash'),
  core_version: word('core_version'),
  cause: fixed('cause', FIXED_WORDS.cause),
  explored: same('explored', 'BOOLEAN'),
  draw: same('draw', 'DOUBLE'),
  chosen_target: word('chosen_target'),
  propensity: same('propensity', 'DOUBLE'),
  eligible: same('eligible', 'INTEGER'),
  budget_pressure: same('budget_pressure', 'DOUBLE'),
  queued_ms: same('queued_ms', 'DOUBLE'),
  reject_code: fixed('reject_code', FIXED_WORDS.rejectCode),
  route: { type: 'UINTEGER', shown: routingWord('route') },
  requested_route: shownOnly(routingWord('requestedRoute')),
  route_pool: shownOnly(routingWord('pool')),
  route_reason: shownOnly(routingWord('reason')),
  steering: shownOnly(routingWord('mode')),
  session_scope: shownOnly(routingWord('scope')),
};

const OUTCOME_STAGING: Readonly<Record<keyof OutcomeRow, StagedColumn>> = {
  sequence: whole('sequence'),
  at_ms: same('at_ms', 'DOUBLE'),
  request_id: same('request_id', 'VARCHAR'),
  attempt: same('attempt', 'INTEGER'),
  target: word('target'),
  kind: fixed('kind', FIXED_WORDS.outcomeKind),
  status: optional('status', 'INTEGER'),
  error_code: word('error_code'),
  first_token_ms: optional('first_token_ms', 'DOUBLE'),
  duration_ms: same('duration_ms', 'DOUBLE'),
  input_tokens: whole('input_tokens'),
  output_tokens: whole('output_tokens'),
  cache_read_tokens: whole('cache_read_tokens'),
  cache_write_tokens: whole('cache_write_tokens'),
  cost_usd: same('cost_usd', 'DOUBLE'),
  retry_after_ms: optional('retry_after_ms', 'DOUBLE'),
};

/** Columns of the staged tables, in the order in which rows bring them. */
export const STAGED_DECISION_COLUMNS: readonly string[] = [...stagedNames(DECISION_STAGING), 'codes', 'numbers'];
export const STAGED_OUTCOME_COLUMNS: readonly string[] = stagedNames(OUTCOME_STAGING);

/** Empty tables for the rows since the last rotation. `policies` stays: there are few, and all are of interest. */
export function rowTableStatements(): readonly string[] {
  return [
    `CREATE TABLE staged_decisions (${stagedColumns(DECISION_STAGING)}, codes UINTEGER[] NOT NULL, numbers DOUBLE[] NOT NULL)`,
    `CREATE TABLE staged_outcomes (${stagedColumns(OUTCOME_STAGING)})`,
    // `word_index` counts from 1, as DuckDB's lists do.
    'CREATE TABLE words (word_index UINTEGER NOT NULL, word VARCHAR NOT NULL)',
    plainTable('inputs'),
    plainTable('snapshots'),
    ...laterTableStatements(),
  ];
}

/** Tables that the database of an older log may lack. */
export function laterTableStatements(): readonly string[] {
  return LATER_TABLES.map((table) => plainTable(table).replace('CREATE TABLE', 'CREATE TABLE IF NOT EXISTS'));
}

/** Everything a rotation drops. */
export function dropRowTableStatements(): readonly string[] {
  const tables = ['staged_decisions', 'staged_outcomes', 'words', 'inputs', 'snapshots', ...LATER_TABLES];
  return tables.map((table) => `DROP TABLE ${table}`);
}

export function lastingTableStatements(): readonly string[] {
  return [
    plainTable('policies'),
    ...rowTableStatements(),
    // One row; changed in the transaction that adds the rows which it speaks of.
    `CREATE TABLE live_log_state (generation BIGINT NOT NULL, spool_file BIGINT NOT NULL, spool_offset BIGINT NOT NULL,
       next_sequence BIGINT NOT NULL, staged_bytes BIGINT NOT NULL, staged_since_ms DOUBLE)`,
    'INSERT INTO live_log_state VALUES (0, 0, 0, 0, 0, NULL)',
    `CREATE VIEW decisions AS SELECT ${shownColumns(DECISION_STAGING)}, ${shownCandidates()} AS candidates
       FROM staged_decisions, ${KNOWN_WORDS}`,
    `CREATE VIEW outcomes AS SELECT ${shownColumns(OUTCOME_STAGING)} FROM staged_outcomes, ${KNOWN_WORDS}`,
  ];
}

const KNOWN_WORDS = '(SELECT list(word ORDER BY word_index) AS known FROM words)';

function shownCandidates(): string {
  const code = (place: number): string => `codes[${CANDIDATE_CODES} * i + ${place}]`;
  const number = (place: number): string => `numbers[${CANDIDATE_NUMBERS} * i + ${place}]`;
  return `list_transform(range(len(codes) // ${CANDIDATE_CODES}), lambda i: struct_pack(
      target := known[${code(1)}], state := ${list(FIXED_WORDS.state)}[${code(2)} + 1],
      rejection := ${list(FIXED_WORDS.rejection)}[${code(3)}],
      score := ${number(1)}, weight := ${number(2)}, propensity := ${number(3)},
      terms := struct_pack(success := ${number(4)}, first_token := ${number(5)}, speed := ${number(6)},
        cache := ${number(7)}, cost := ${number(8)}, load := ${number(9)})))`;
}

type Staging = Readonly<Record<string, StagedColumn>>;

function stagedNames(staging: Staging): string[] {
  return Object.keys(staging).filter((name) => staging[name]!.type !== null);
}

function stagedColumns(staging: Staging): string {
  return stagedNames(staging)
    .map((name) => `"${name}" ${staging[name]!.type} NOT NULL`)
    .join(', ');
}

function shownColumns(staging: Staging): string {
  return Object.entries(staging)
    .map(([name, { shown }]) => `${shown} AS "${name}"`)
    .join(', ');
}

function plainTable(table: LogTable): string {
  const columns = Object.entries(LOG_COLUMNS[table]).map(([name, type]) => `"${name}" ${type}`);
  return `CREATE TABLE ${table} (${columns.join(', ')})`;
}
