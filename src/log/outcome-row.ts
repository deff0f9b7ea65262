import type { AttemptOutcome } from '../router/index.ts';
import type { OutcomeRow } from './schema.ts';

export const MICRO_USD_PER_USD = 1_000_000;

/**
 * The row of one attempt's end.
 *
 * @param sequence position of the `observe` input
 * @param target where the attempt went; null when none was sent
 */
export function outcomeRow(sequence: number, atMs: number, outcome: AttemptOutcome, target: string | null): OutcomeRow {
  return {
    sequence,
    at_ms: atMs,
    request_id: outcome.requestId,
    attempt: outcome.attempt,
    target,
    kind: outcome.kind,
    status: outcome.status,
    error_code: outcome.errorCode,
    first_token_ms: outcome.firstTokenMs,
    duration_ms: outcome.durationMs,
    input_tokens: outcome.inputTokens,
    output_tokens: outcome.outputTokens,
    cache_read_tokens: outcome.cacheReadTokens,
    cache_write_tokens: outcome.cacheWriteTokens,
    cost_usd: outcome.costMicroUsd / MICRO_USD_PER_USD,
    retry_after_ms: outcome.retryAfterMs,
  };
}
