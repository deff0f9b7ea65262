/**
 * The requests of a log, each with how it ended and what it took, by the definitions of a replay: times count from the
 * request's arrival, waits and retries included, and its cost is that of all its attempts.
 */
import type { DuckDBDataChunk } from '@duckdb/node-api';
import { BadInput } from '../config/bad-input.ts';
import type { OutcomeKind, RequestClass } from '../router/index.ts';
import { allRows } from './log-source.ts';
import { openLogSources } from './open-log-sources.ts';
import { asReadingTrouble } from './reading-trouble.ts';

/** `open`: the log does not have its end. */
export type RequestEnding = 'completed' | 'rejected' | 'cancelled' | 'open';

/** One request. Times in ms. */
export interface LoggedRequest {
  readonly requestId: string;
  readonly arrivedAtMs: number;
  /** As estimated when it came. */
  readonly inputTokens: number;
  /** Of its first decision; null when none was made. */
  readonly policyHash: string | null;
  readonly requestClass: RequestClass | null;
  readonly ending: RequestEnding;
  /**
   * From arrival to the first token, as the router heard of it; to the end, where the answer was not streamed. Null
   * unless completed.
   */
  readonly firstTokenMs: number | null;
  /** From arrival to the end; null unless completed. */
  readonly durationMs: number | null;
  /** Of all its attempts so far. */
  readonly costMicroUsd: number;
}

/** A log that is open for reading its requests. */
export interface RequestLog {
  readonly path: string;
  readonly coreVersion: string;
  /** As in `LogReader`. */
  readonly notes: readonly string[];
  /** Requests that began. */
  readonly requests: number;
  /** Of the first and of the last input; 0 when there is none. */
  readonly fromMs: number;
  readonly toMs: number;
  /**
   * In order of arrival. Can be read once at a time.
   *
   * @param waitMaxMs the longest that a request waits without a row: one that was heard of last longer ago than this
   *   when the log ends, and has nothing in flight, was rejected
   */
  batches(waitMaxMs: number): AsyncIterable<readonly LoggedRequest[]>;
  close(): void;
}

/** An id may be used again once its request has ended, so a row belongs to the last begin before it. */
const REQUESTS = `
  , begun AS (
    SELECT payload->>'requestId' AS request_id, sequence, at_ms, (payload->>'inputTokens')::DOUBLE AS input_tokens
    FROM all_inputs WHERE kind = 'begin'
  ), decided AS (
    SELECT b.sequence AS begin, arg_min(d.policy_hash, d.sequence) AS policy_hash, arg_min(d.class, d.sequence) AS class,
      count(d.chosen_target) AS sent, max(d.at_ms) FILTER (d.chosen_target IS NOT NULL) AS sent_at_ms,
      max(d.at_ms) AS at_ms, bool_or(d.reject_code IS NOT NULL) AS is_rejected
    FROM all_decisions d ASOF JOIN begun b ON d.request_id = b.request_id AND d.sequence >= b.sequence GROUP BY b.sequence
  ), ended AS (
    SELECT b.sequence AS begin, count(*) FILTER (o.target IS NOT NULL) AS ends, arg_max(o.kind, o.sequence) AS kind,
      max(o.at_ms) AS at_ms, arg_max(struct_pack(ms := o.first_token_ms), o.sequence).ms AS first_token_ms,
      sum(round(o.cost_usd * 1e6)) AS cost
    FROM all_outcomes o ASOF JOIN begun b ON o.request_id = b.request_id AND o.sequence >= b.sequence GROUP BY b.sequence
  )
  SELECT b.request_id, b.at_ms, b.input_tokens, d.policy_hash, d.class, coalesce(d.is_rejected, false),
    coalesce(d.sent, 0)::INTEGER, coalesce(e.ends, 0)::INTEGER, d.sent_at_ms, d.at_ms, e.kind, e.at_ms, e.first_token_ms,
    coalesce(e.cost, 0)::DOUBLE
  FROM begun b LEFT JOIN decided d ON d.begin = b.sequence LEFT JOIN ended e ON e.begin = b.sequence
  ORDER BY b.sequence`;

/**
 * Opens a log, the file of a run or the folder of a live log, to read its requests.
 *
 * @throws BadInput as `openLog` does
 */
export async function openRequestLog(path: string): Promise<RequestLog> {
  const { coreVersion, notes, file, sources } = await openLogSources(path);
  const { connection } = file;
  try {
    const withTables = `WITH ${(['inputs', 'decisions', 'outcomes'] as const)
      .map((table) => `all_${table} AS (${allRows(table, sources)})`)
      .join(', ')}`;
    const [row] = (
      await connection.runAndReadAll(
        `${withTables} SELECT count(*) FILTER (kind = 'begin'), min(at_ms), max(at_ms) FROM all_inputs`,
      )
    ).getRowsJS();
    const [requests = 0, fromMs = 0, toMs = 0] = row ?? [];
    const endMs = Number(toMs ?? 0);
    return {
      path,
      coreVersion,
      notes,
      requests: Number(requests),
      fromMs: Number(fromMs ?? 0),
      toMs: endMs,
      async *batches(waitMaxMs) {
        try {
          const result = await connection.stream(`${withTables} ${REQUESTS}`);
          for await (const chunk of result) yield decodeChunk(path, chunk, endMs - waitMaxMs);
        } catch (error) {
          throw error instanceof BadInput ? error : asReadingTrouble(path, error);
        }
      },
      close: () => file.close(),
    };
  } catch (error) {
    file.close();
    throw asReadingTrouble(path, error);
  }
}

/** @param silentSinceMs who was heard of last before this moment, and waits for nothing, has gone */
function decodeChunk(path: string, chunk: DuckDBDataChunk, silentSinceMs: number): LoggedRequest[] {
  const columns = Array.from({ length: chunk.columnCount }, (_, index) => chunk.getColumnVector(index));
  return Array.from({ length: chunk.rowCount }, (_, row): LoggedRequest => {
    const at = (column: number): unknown => columns[column]!.getItem(row);
    const [requestId, arrivedAtMs, inputTokens] = [at(0) as string, at(1) as number, at(2) as number];
    const [sentAtMs, decidedAtMs] = [at(8) as number | null, at(9) as number | null];
    const [kind, endedAtMs, firstTokenMs] = [
      at(10) as OutcomeKind | null,
      at(11) as number | null,
      at(12) as number | null,
    ];
    const ending = endingOf({
      kind,
      isRejected: at(5) === true,
      isInFlight: (at(6) as number) > (at(7) as number),
      isSilent: Math.max(arrivedAtMs, decidedAtMs ?? 0, endedAtMs ?? 0) < silentSinceMs,
    });
    const durationMs = ending === 'completed' && endedAtMs !== null ? endedAtMs - arrivedAtMs : null;
    if (durationMs !== null && !(durationMs >= 0)) {
      throw new BadInput(
        `${path}: request ${requestId} ended ${-durationMs} ms before it came; no server wrote that, so use a log that was not edited`,
      );
    }
    return {
      requestId,
      arrivedAtMs,
      inputTokens,
      policyHash: at(3) as string | null,
      requestClass: at(4) as RequestClass | null,
      ending,
      firstTokenMs:
        durationMs === null || firstTokenMs === null || sentAtMs === null
          ? durationMs
          : sentAtMs - arrivedAtMs + firstTokenMs,
      durationMs,
      costMicroUsd: at(13) as number,
    };
  });
}

interface LastHeard {
  /** Of the last outcome. */
  readonly kind: OutcomeKind | null;
  readonly isRejected: boolean;
  readonly isInFlight: boolean;
  readonly isSilent: boolean;
}

function endingOf({ kind, isRejected, isInFlight, isSilent }: LastHeard): RequestEnding {
  if (kind === 'success') return 'completed';
  if (kind === 'cancelled') return 'cancelled';
  if (isRejected) return 'rejected';
  // The core lets go of who waited too long without a row; a driver that was killed leaves attempts without an end.
  return isInFlight || !isSilent ? 'open' : 'rejected';
}
