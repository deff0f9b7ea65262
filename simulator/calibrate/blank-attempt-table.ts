/** Tables of attempts before anything is written into them. */
import type { AttemptTable } from './attempt-table.ts';
import { partsOfId, TargetNumbers } from './target-numbers.ts';

/** Columns of so many rows that say nothing: 0, and NaN where 0 would say something. */
export function blankColumns(rows: number) {
  return {
    target: new Uint16Array(rows),
    sentAtMs: new Float64Array(rows),
    kind: new Uint8Array(rows),
    status: new Uint16Array(rows),
    errorCode: new Uint16Array(rows),
    stream: new Uint8Array(rows),
    firstTokenMs: new Float64Array(rows).fill(NaN),
    durationMs: new Float64Array(rows),
    inputTokens: new Float64Array(rows),
    outputTokens: new Float64Array(rows),
    cacheReadTokens: new Float64Array(rows),
    cacheWriteTokens: new Float64Array(rows),
    askedInputTokens: new Float64Array(rows),
    costMicroUsd: new Float64Array(rows),
    retryAfterMs: new Float64Array(rows).fill(NaN),
    session: new Uint32Array(rows),
    othersInFlight: new Uint16Array(rows),
  };
}
export type AttemptColumns = ReturnType<typeof blankColumns>;

/** A table into which more error codes can be put, by {@link codeIn}. */
export type WritableAttemptTable = AttemptTable & { readonly errorCodes: string[] };

/** A table of so many rows that say nothing yet; targets are `provider.key.model`. */
export function blankAttemptTable(name: string, targetIds: readonly string[], rows: number): WritableAttemptTable {
  const numbers = new TargetNumbers(partsOfId);
  for (const id of targetIds) numbers.of(id);
  const { targets, twins } = numbers;
  return { name, rows, targets, twins, errorCodes: [''], startedAtMs: null, ...blankColumns(rows), prefixBlocks: null };
}

/** Position of a code among the codes of a table, at whose end it is put when it is new; there are few. */
export function codeIn(errorCodes: string[], code: string): number {
  const known = errorCodes.indexOf(code);
  return known >= 0 ? known : errorCodes.push(code) - 1;
}
