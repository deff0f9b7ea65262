/** Outcomes of played attempts put into the columns of a table. */
import type { AttemptOutcome } from '../../src/router/contract.ts';
import { KIND_CODE, type AttemptTable, type RowSubset } from './attempt-table.ts';
import { blankColumns, codeIn } from './blank-attempt-table.ts';

/** A table of these rows: what was sent is copied, what came of it is blank. */
export function emptyOutcomes(table: AttemptTable, rows: RowSubset): AttemptTable {
  const size = rows.length;
  return {
    name: table.name,
    rows: size,
    targets: table.targets,
    twins: table.twins,
    errorCodes: [''],
    startedAtMs: table.startedAtMs,
    ...blankColumns(size),
    target: Uint16Array.from(rows, (row) => table.target[row]!),
    sentAtMs: Float64Array.from(rows, (row) => table.sentAtMs[row]!),
    stream: Uint8Array.from(rows, (row) => table.stream[row]!),
    askedInputTokens: Float64Array.from(rows, (row) => table.askedInputTokens[row]!),
    session: Uint32Array.from(rows, (row) => table.session[row]!),
    prefixBlocks: table.prefixBlocks === null ? null : Array.from(rows, (row) => table.prefixBlocks![row]!),
  };
}

const OTHERS_MAX = 0xffff;

/** Writes outcomes into a table of {@link emptyOutcomes}. */
export class OutcomeWriter {
  readonly table: AttemptTable;
  private readonly errorCodes: string[] = [''];

  constructor(blank: AttemptTable) {
    this.table = { ...blank, errorCodes: this.errorCodes };
  }

  write(row: number, outcome: AttemptOutcome, othersInFlight: number): void {
    const { table } = this;
    table.kind[row] = KIND_CODE[outcome.kind];
    table.status[row] = outcome.status ?? 0;
    table.errorCode[row] = codeIn(this.errorCodes, outcome.errorCode ?? '');
    table.firstTokenMs[row] = outcome.firstTokenMs ?? NaN;
    table.durationMs[row] = outcome.durationMs;
    table.inputTokens[row] = outcome.inputTokens;
    table.outputTokens[row] = outcome.outputTokens;
    table.cacheReadTokens[row] = outcome.cacheReadTokens;
    table.cacheWriteTokens[row] = outcome.cacheWriteTokens;
    table.costMicroUsd[row] = outcome.costMicroUsd;
    table.retryAfterMs[row] = outcome.retryAfterMs ?? NaN;
    table.othersInFlight[row] = Math.min(othersInFlight, OTHERS_MAX);
  }
}
