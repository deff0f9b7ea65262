/** Every attempt of a log with its request and how it ended, in the order of sending: what a replay can take outcomes from. */
import type { DuckDBDataChunk } from '@duckdb/node-api';
import type { OutcomeKind } from '../router/index.ts';
import { allRows } from './log-source.ts';
import { openLogSources } from './open-log-sources.ts';
import { asReadingTrouble } from './reading-trouble.ts';
import { decodeColumns } from './row-decoding.ts';

export interface LoggedAttempt {
  readonly requestId: string;
  /** 1, 2, ... */
  readonly attempt: number;
  readonly target: string;
  /** By the log's own clock, ms. */
  readonly sentAtMs: number;
  /** When the request came, as the decision on this attempt tells it; of first attempts to be relied on. */
  readonly arrivedAtMs: number;
  /** Input as it was estimated at the decision: known of what failed, too. */
  readonly askedInputTokens: number;
  readonly stream: boolean;
  readonly kind: OutcomeKind;
  readonly status: number | null;
  readonly errorCode: string | null;
  /** From sending, ms; as {@link LoggedAttempt.durationMs}. */
  readonly firstTokenMs: number | null;
  readonly durationMs: number;
  /** What the provider counted; 0 where it counted nothing. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly costUsd: number;
  readonly retryAfterMs: number | null;
}

/** The attempts of an open log. */
export interface LoggedAttempts {
  /** As in `LogReader`. */
  readonly notes: readonly string[];
  /** There are no more than this; a few may be left out, see {@link openLoggedAttempts}. */
  readonly rowsMax: number;
  /** In the order of sending. To be read once. */
  batches(this: void): AsyncIterable<readonly LoggedAttempt[]>;
  close(this: void): void;
}

const COLUMNS = {
  requestId: 'request_id',
  attempt: 'attempt',
  target: 'target',
  sentAtMs: 'sent_at_ms',
  arrivedAtMs: 'arrived_at_ms',
  askedInputTokens: 'input_tokens_est',
  stream: 'stream',
  kind: 'kind',
  status: 'status',
  errorCode: 'error_code',
  firstTokenMs: 'first_token_ms',
  durationMs: 'duration_ms',
  inputTokens: 'input_tokens',
  outputTokens: 'output_tokens',
  cacheReadTokens: 'cache_read_tokens',
  cacheWriteTokens: 'cache_write_tokens',
  costUsd: 'cost_usd',
  retryAfterMs: 'retry_after_ms',
} as const satisfies Readonly<Record<keyof LoggedAttempt, string>>;

/**
 * Opens the attempts of a log in a file or a folder. Attempts that have no end in it are left out, and of a request id
 * that was used twice the first use counts.
 *
 * @throws BadInput as `openLog` says
 */
export async function openLoggedAttempts(path: string): Promise<LoggedAttempts> {
  const { file, sources, notes } = await openLogSources(path);
  const { connection } = file;
  try {
    const found = await connection.runAndReadAll(`SELECT count(*) FROM (${allRows('outcomes', sources)})`);
    return {
      notes,
      rowsMax: Number(found.getRows()[0]?.[0] ?? 0),
      async *batches() {
        try {
          const query = attemptsQuery(allRows('decisions', sources), allRows('outcomes', sources));
          for await (const chunk of await connection.stream(query)) yield decode(chunk);
        } catch (error) {
          throw asReadingTrouble(path, error);
        }
      },
      close: () => file.close(),
    };
  } catch (error) {
    file.close();
    throw asReadingTrouble(path, error);
  }
}

function attemptsQuery(decisions: string, outcomes: string): string {
  const first = 'QUALIFY row_number() OVER (PARTITION BY request_id, attempt ORDER BY sequence) = 1';
  return `
  WITH sent AS (
    SELECT request_id, attempt, sequence, ordinal, at_ms AS sent_at_ms, at_ms - queued_ms AS arrived_at_ms, chosen_target, input_tokens_est, stream
    FROM (${decisions}) WHERE chosen_target IS NOT NULL ${first}
  ), ended AS (
    SELECT * EXCLUDE (sequence) FROM (${outcomes}) WHERE target IS NOT NULL AND attempt > 0 ${first}
  )
  SELECT ${Object.values(COLUMNS).join(', ')} FROM ended JOIN sent USING (request_id, attempt)
  WHERE target = chosen_target ORDER BY sent_at_ms, sequence, ordinal`;
}

function decode(chunk: DuckDBDataChunk): readonly LoggedAttempt[] {
  return decodeColumns(Object.keys(COLUMNS), chunk) as unknown as readonly LoggedAttempt[];
}
