/** The attempts of a log, each with how it ended: decisions and outcomes side by side, in the order of sending. */
import type { DuckDBDataChunk, DuckDBListVector } from '@duckdb/node-api';
import { BadInput } from '../config/bad-input.ts';
import type { OutcomeKind } from '../router/index.ts';
import { sortWithin } from './log-file.ts';
import { allRows } from './log-source.ts';
import { openLogSources } from './open-log-sources.ts';
import type { ConfigurePayload } from './payload.ts';
import { asReadingTrouble } from './reading-trouble.ts';

/** One attempt that has ended. Times in ms. */
export interface LoggedAttempt {
  readonly requestId: string;
  /** From 1. */
  readonly attempt: number;
  readonly target: string;
  readonly sentAtMs: number;
  /** When the request came, as the decision on this attempt tells it; of first attempts to be relied on. */
  readonly arrivedAtMs: number;
  /** When its end was heard of. */
  readonly endedAtMs: number;
  readonly sessionHash: string | null;
  readonly stream: boolean;
  /** As estimated when it was decided on. */
  readonly askedInputTokens: number;
  readonly prefixBlocks: readonly number[] | null;
  readonly kind: OutcomeKind;
  readonly status: number | null;
  readonly errorCode: string | null;
  readonly firstTokenMs: number | null;
  readonly durationMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly costUsd: number;
  readonly retryAfterMs: number | null;
}

/** A log that is open for reading its attempts. */
export interface AttemptLog {
  readonly path: string;
  readonly coreVersion: string;
  /** As in `LogReader`. */
  readonly notes: readonly string[];
  /** Attempts that have ended, and requests that they were made for. */
  readonly attempts: number;
  readonly requests: number;
  /** Decisions to send of which no outcome is known: they were in flight when the log ended. */
  readonly unended: number;
  /** Each way in which the core was configured, in order; the last one holds at the end. */
  readonly configurations: readonly ConfigurePayload[];
  /** In the order of sending. Can be read once at a time. */
  batches(): AsyncIterable<readonly LoggedAttempt[]>;
  close(): void;
}

const CHUNK_COLUMNS = `d.request_id, d.attempt, d.chosen_target, d.at_ms, o.at_ms, d.session_hash, d.stream,
  d.input_tokens_est::DOUBLE, coalesce(b.blocks, [-1]), o.kind, o.status, o.error_code, o.first_token_ms, o.duration_ms,
  o.input_tokens::DOUBLE, o.output_tokens::DOUBLE, o.cache_read_tokens::DOUBLE, o.cache_write_tokens::DOUBLE, o.cost_usd,
  o.retry_after_ms, d.at_ms - d.queued_ms`;

const BLOCKS_COLUMN = 8;

/**
 * An id may be used again once its request has ended, so a decision belongs to the next outcome of its attempt, and to
 * the last begin before it.
 */
const ATTEMPTS = `
  FROM (SELECT * FROM decisions WHERE chosen_target IS NOT NULL) d
  ASOF JOIN outcomes o ON d.request_id = o.request_id AND d.attempt = o.attempt AND d.sequence <= o.sequence`;
const BEGUN = `
  ASOF LEFT JOIN (
    SELECT payload->>'requestId' AS request_id, sequence, (payload->>'prefixBlocks')::JSON::DOUBLE[] AS blocks
    FROM inputs WHERE kind = 'begin' AND (payload->>'prefixBlocks') IS NOT NULL
  ) b ON d.request_id = b.request_id AND d.sequence >= b.sequence`;

/**
 * Opens a log, the file of a run or the folder of a live log, to read its attempts.
 *
 * @throws BadInput as `openLog` does
 */
export async function openAttemptLog(path: string): Promise<AttemptLog> {
  const { coreVersion, notes, file, sources } = await openLogSources(path);
  const { connection } = file;
  await sortWithin(connection);
  const rowsOf = async (sql: string): Promise<readonly (readonly unknown[])[]> => {
    try {
      return (await connection.runAndReadAll(sql)).getRowsJS();
    } catch (error) {
      throw asReadingTrouble(path, error);
    }
  };
  const withTables = `WITH decisions AS (${allRows('decisions', sources)}), outcomes AS (${allRows('outcomes', sources)}),
    inputs AS (${allRows('inputs', sources)})`;
  try {
    const [counted] = await rowsOf(`${withTables} SELECT count(*), count(DISTINCT d.request_id) ${ATTEMPTS}`);
    const [sent] = await rowsOf(`${withTables} SELECT count(*) FROM decisions WHERE chosen_target IS NOT NULL`);
    const configured = await rowsOf(
      `${withTables} SELECT payload FROM inputs WHERE kind = 'configure' ORDER BY sequence`,
    );
    const attempts = Number(counted?.[0] ?? 0);
    return {
      path,
      coreVersion,
      notes,
      attempts,
      requests: Number(counted?.[1] ?? 0),
      unended: Number(sent?.[0] ?? 0) - attempts,
      configurations: configured.map(([payload]) => parseConfiguration(path, String(payload))),
      async *batches() {
        try {
          const result = await connection.stream(
            `${withTables} SELECT ${CHUNK_COLUMNS} ${ATTEMPTS} ${BEGUN} ORDER BY d.sequence, d.ordinal`,
          );
          for await (const chunk of result) {
            const batch = decodeChunk(chunk);
            for (const attempt of batch) requireSound(path, attempt);
            yield batch;
          }
        } catch (error) {
          throw error instanceof BadInput ? error : asReadingTrouble(path, error);
        }
      },
      close: () => file.close(),
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Amounts that no server writes otherwise than finite and not negative; null is for nothing. */
const AMOUNTS = [
  ['first_token_ms', 'firstTokenMs'],
  ['duration_ms', 'durationMs'],
  ['input_tokens', 'inputTokens'],
  ['output_tokens', 'outputTokens'],
  ['cache_read_tokens', 'cacheReadTokens'],
  ['cache_write_tokens', 'cacheWriteTokens'],
  ['cost_usd', 'costUsd'],
  ['retry_after_ms', 'retryAfterMs'],
] as const satisfies readonly (readonly [column: string, field: keyof LoggedAttempt])[];

/** @throws BadInput naming the request and the column that cannot be */
function requireSound(path: string, attempt: LoggedAttempt): void {
  for (let index = 0; index < AMOUNTS.length; index++) {
    const [column, field] = AMOUNTS[index]!;
    const amount = attempt[field];
    if (amount === null || (Number.isFinite(amount) && amount >= 0)) continue;
    throw new BadInput(
      `${path}: request ${attempt.requestId}, attempt ${attempt.attempt}: ${column} is ${amount}; no server wrote that, so use a log that was not edited`,
    );
  }
}

function parseConfiguration(path: string, text: string): ConfigurePayload {
  try {
    return JSON.parse(text) as ConfigurePayload;
  } catch (cause) {
    throw new BadInput(`${path}: a configure input is not JSON; the log is damaged`, { cause });
  }
}

function decodeChunk(chunk: DuckDBDataChunk): LoggedAttempt[] {
  const columns = Array.from({ length: chunk.columnCount }, (_, index) => chunk.getColumnVector(index));
  const blocks = columns[BLOCKS_COLUMN] as DuckDBListVector;
  return Array.from({ length: chunk.rowCount }, (_, row): LoggedAttempt => {
    const text = (column: number): string => columns[column]!.getItem(row) as string;
    const textOrNull = (column: number): string | null => columns[column]!.getItem(row) as string | null;
    const number = (column: number): number => columns[column]!.getItem(row) as number;
    const numberOrNull = (column: number): number | null => columns[column]!.getItem(row) as number | null;
    return {
      requestId: text(0),
      attempt: number(1),
      target: text(2),
      sentAtMs: number(3),
      arrivedAtMs: number(20),
      endedAtMs: number(4),
      sessionHash: textOrNull(5),
      stream: columns[6]!.getItem(row) === true,
      askedInputTokens: number(7),
      prefixBlocks: blocksAt(blocks, row),
      kind: text(9) as OutcomeKind,
      status: numberOrNull(10),
      errorCode: textOrNull(11),
      firstTokenMs: numberOrNull(12),
      durationMs: number(13),
      inputTokens: number(14),
      outputTokens: number(15),
      cacheReadTokens: number(16),
      cacheWriteTokens: number(17),
      costUsd: number(18),
      retryAfterMs: numberOrNull(19),
    };
  });
}

/** A list of one -1 stands for none: to ask a vector of lists for a null costs a copy of the list. */
function blocksAt(lists: DuckDBListVector, row: number): readonly number[] | null {
  const offset = lists.getEntryOffset(row);
  const length = lists.getEntryLength(row);
  const { childVector } = lists;
  if (length === 1 && childVector.getItem(offset) === -1) return null;
  return Array.from({ length }, (_, index) => childVector.getItem(offset + index) as number);
}
