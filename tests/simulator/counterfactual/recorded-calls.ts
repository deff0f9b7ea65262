/** A recording of what a witnessed replay showed, as its log would give it. */
import type { TraceRow } from '../../../datasets/trace.ts';
import { RecordingBuilder, type Recording } from '../../../simulator/counterfactual/recording.ts';
import type { RecordedFacts } from '../../../simulator/counterfactual/recording.ts';
import type { SeenCall } from '../replay/witness.ts';

export function recordingOf(attempts: readonly RecordedFacts[]): Recording {
  const builder = new RecordingBuilder(attempts.length);
  for (const attempt of attempts) builder.add(attempt);
  return builder.build('test.duckdb');
}

/** @param rows of the trace that was replayed */
export function recordedCalls(calls: readonly SeenCall[], rows: readonly TraceRow[]): Recording {
  const attempts = calls.flatMap((call) => call.attempts.map((attempt, index) => ({ call, attempt, index })));
  const inOrder = attempts.toSorted((a, b) => a.attempt.order - b.attempt.order);
  return recordingOf(
    inOrder.map(({ call, attempt, index }) => {
      const row = rows[call.sequence]!;
      const outcome = attempt.outcome!;
      return {
        requestId: row.requestId,
        attempt: index + 1,
        target: attempt.target,
        sentAtMs: attempt.sentAtMs,
        arrivedAtMs: call.arrivedAtMs,
        askedInputTokens: row.inputTokens,
        stream: row.stream,
        kind: outcome.kind,
        status: outcome.status,
        errorCode: outcome.errorCode,
        firstTokenMs: outcome.firstTokenMs,
        durationMs: outcome.durationMs,
        inputTokens: outcome.inputTokens,
        outputTokens: outcome.outputTokens,
        cacheReadTokens: outcome.cacheReadTokens,
        cacheWriteTokens: outcome.cacheWriteTokens,
        costUsd: outcome.costMicroUsd / 1e6,
        retryAfterMs: outcome.retryAfterMs,
      };
    }),
  );
}

/** An attempt that went well: 100 ms to the first token, then 10 ms each to the 101st. */
export function loggedAttempt(changes: Partial<RecordedFacts> = {}): RecordedFacts {
  return {
    requestId: 'r1',
    attempt: 1,
    target: 'aurora.a.large',
    sentAtMs: 0,
    arrivedAtMs: 0,
    askedInputTokens: 1_000,
    stream: true,
    kind: 'success',
    status: 200,
    errorCode: null,
    firstTokenMs: 100,
    durationMs: 1_100,
    inputTokens: 1_000,
    outputTokens: 101,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    costUsd: 0.002,
    retryAfterMs: null,
    ...changes,
  };
}
