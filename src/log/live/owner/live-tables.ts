/**
 * The tables of `current.duckdb`. Four are those of every log. Decisions stand in a form that can be appended at a
 * quarter of the cost: the candidates' numbers as one list, their words as indices into the table `words`. The view
 * `decisions` shows them as every log does, so whoever reads sees one schema.
 */
import { LOG_COLUMNS, LOG_TABLES, type DecisionRow } from '../../schema.ts';
import { CANDIDATE_CODES, CANDIDATE_NUMBERS, FIXED_WORDS } from '../spool-format.ts';

/** Tables that rows are appended to, `decisions` aside. */
export const PLAIN_TABLES = ['outcomes', 'inputs', 'policies', 'snapshots'] as const;
export const STAGED_DECISIONS = 'staged_decisions';

/** Columns of `decisions` but the last, which are staged as they are. */
export const DECISION_COLUMNS = Object.keys(LOG_COLUMNS.decisions).filter(
  (name) => name !== 'candidates',
) as readonly Exclude<keyof DecisionRow, 'candidates'>[];

const COLUMN_TEXT = (columns: Readonly<Record<string, string>>): string =>
  Object.entries(columns)
    .map(([name, type]) => `"${name}" ${type}`)
    .join(', ');

/** Empty tables for the rows since the last rotation. `policies` stays: there are few, and all are of interest. */
export function rowTableStatements(): readonly string[] {
  const staged = DECISION_COLUMNS.map((name) => `"${name}" ${LOG_COLUMNS.decisions[name]}`).join(', ');
  return [
    `CREATE TABLE ${STAGED_DECISIONS} (${staged}, codes UINTEGER[] NOT NULL, numbers DOUBLE[] NOT NULL)`,
    'CREATE TABLE words (word_index UINTEGER NOT NULL, word VARCHAR NOT NULL)',
    ...LOG_TABLES.filter((table) => table !== 'decisions' && table !== 'policies').map(
      (table) => `CREATE TABLE ${table} (${COLUMN_TEXT(LOG_COLUMNS[table])})`,
    ),
  ];
}

/** Everything a rotation drops. */
export function dropRowTableStatements(): readonly string[] {
  return [STAGED_DECISIONS, 'words', 'outcomes', 'inputs', 'snapshots'].map((table) => `DROP TABLE ${table}`);
}

export function lastingTableStatements(): readonly string[] {
  return [
    `CREATE TABLE policies (${COLUMN_TEXT(LOG_COLUMNS.policies)})`,
    ...rowTableStatements(),
    // One row; changed in the transaction that adds the rows which it speaks of.
    `CREATE TABLE live_log_state (generation BIGINT NOT NULL, spool_file BIGINT NOT NULL, spool_offset BIGINT NOT NULL,
       next_sequence BIGINT NOT NULL, staged_bytes BIGINT NOT NULL, staged_since_ms DOUBLE)`,
    'INSERT INTO live_log_state VALUES (0, 0, 0, 0, 0, NULL)',
    decisionsView(),
  ];
}

function decisionsView(): string {
  const columns = DECISION_COLUMNS.map((name) => `"${name}"`).join(', ');
  const list = (words: readonly string[]): string => `[${words.map((word) => `'${word}'`).join(', ')}]`;
  const code = (place: number): string => `codes[${CANDIDATE_CODES} * i + ${place}]`;
  const number = (place: number): string => `numbers[${CANDIDATE_NUMBERS} * i + ${place}]`;
  return `CREATE VIEW decisions AS SELECT ${columns},
    list_transform(range(len(codes) // ${CANDIDATE_CODES}), lambda i: struct_pack(
      target := known[${code(1)} + 1], state := ${list(FIXED_WORDS.state)}[${code(2)} + 1],
      rejection := ${list(FIXED_WORDS.rejection)}[${code(3)}],
      score := ${number(1)}, weight := ${number(2)}, propensity := ${number(3)},
      terms := struct_pack(success := ${number(4)}, first_token := ${number(5)}, speed := ${number(6)},
        cache := ${number(7)}, cost := ${number(8)}, load := ${number(9)}))) AS candidates
    FROM ${STAGED_DECISIONS}, (SELECT list(word ORDER BY word_index) AS known FROM words)`;
}
