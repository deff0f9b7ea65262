/** Attempts that tests write down by hand, as columns. */
import type { AttemptTable } from '../../../../simulator/calibrate/attempt-table.ts';
import { KIND_CODE } from '../../../../simulator/calibrate/attempt-table.ts';
import type { OutcomeKind } from '../../../../src/router/contract.ts';

/** Steps of a table's columns that tests write by hand. */
export interface LoggedAttempt {
  readonly sentAtMs: number;
  readonly kind?: OutcomeKind;
  readonly errorCode?: string;
  readonly stream?: boolean;
  readonly firstTokenMs?: number | null;
  readonly durationMs: number;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly cacheReadTokens?: number;
  readonly askedInputTokens?: number;
  readonly othersInFlight?: number;
}

/** One target and one twin; rows in the order given. */
export function tableOf(attempts: readonly LoggedAttempt[], startedAtMs: number | null = null): AttemptTable {
  const errorCodes = ['', ...new Set(attempts.flatMap(({ errorCode }) => errorCode ?? []))];
  const column = (of: (attempt: LoggedAttempt) => number): Float64Array => Float64Array.from(attempts, of);
  return {
    name: 'test',
    rows: attempts.length,
    targets: [{ id: 'aurora.first.large', provider: 'aurora', key: 'aurora.first', model: 'large', twin: 0 }],
    twins: [{ provider: 'aurora', model: 'large' }],
    errorCodes,
    startedAtMs,
    target: new Uint16Array(attempts.length),
    sentAtMs: column((one) => one.sentAtMs),
    kind: Uint8Array.from(attempts, (one) => KIND_CODE[one.kind ?? 'success']),
    status: new Uint16Array(attempts.length),
    errorCode: Uint16Array.from(attempts, (one) => errorCodes.indexOf(one.errorCode ?? '')),
    stream: Uint8Array.from(attempts, (one) => (one.stream === false ? 0 : 1)),
    firstTokenMs: column((one) => one.firstTokenMs ?? NaN),
    durationMs: column((one) => one.durationMs),
    inputTokens: column((one) => one.inputTokens ?? 0),
    outputTokens: column((one) => one.outputTokens ?? 0),
    cacheReadTokens: column((one) => one.cacheReadTokens ?? 0),
    cacheWriteTokens: column(() => 0),
    askedInputTokens: column((one) => one.askedInputTokens ?? one.inputTokens ?? 0),
    costMicroUsd: column(() => 0),
    retryAfterMs: column(() => NaN),
    session: new Uint32Array(attempts.length),
    othersInFlight: Uint16Array.from(attempts, (one) => one.othersInFlight ?? 0),
    prefixBlocks: null,
  };
}
