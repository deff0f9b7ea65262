/** Gathers attempts, in the order of sending, into an {@link AttemptTable}. */
import type { OutcomeKind } from '../../src/router/contract.ts';
import { hashText } from '../../src/router/keyed-draw.ts';
import { KIND_CODE, type AttemptTable, type LoggedTarget } from './attempt-table.ts';
import { blankColumns, codeIn, type AttemptColumns } from './blank-attempt-table.ts';
import { TargetNumbers, type TargetParts } from './target-numbers.ts';

/** An attempt as logs and traces tell of it; null for what they do not say. */
export interface AttemptFacts {
  readonly target: string;
  /** ms, on whatever clock the source has. */
  readonly sentAtMs: number;
  readonly kind: OutcomeKind;
  readonly status: number | null;
  readonly errorCode: string | null;
  readonly stream: boolean;
  readonly firstTokenMs: number | null;
  readonly durationMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly askedInputTokens: number;
  readonly costUsd: number;
  readonly retryAfterMs: number | null;
  /** Any text that is the same for all requests of a session. */
  readonly session: string | null;
  readonly prefixBlocks: readonly number[] | null;
}

const MICRO_USD_PER_USD = 1_000_000;
/** A clock that counts from 1970 shows more than this, ms: the year 2001. */
const UNIX_MS_MIN = 1e12;
const ROWS_AT_START = 1_024;

export class AttemptTableBuilder {
  private columns = blankColumns(ROWS_AT_START);
  private rows = 0;
  private blocks: (readonly number[] | null)[] | null = null;
  private readonly targets: TargetNumbers;
  private readonly errorCodes = [''];
  /** Attempts that were sent before the one before them: their clock went back. */
  backward = 0;

  constructor(partsOf: TargetParts) {
    this.targets = new TargetNumbers(partsOf);
  }

  add(facts: AttemptFacts): void {
    const row = this.rows++;
    if (row === this.columns.target.length) this.grow();
    const { columns } = this;
    let { sentAtMs } = facts;
    if (row > 0 && sentAtMs < columns.sentAtMs[row - 1]!) {
      this.backward += 1;
      sentAtMs = columns.sentAtMs[row - 1]!;
    }
    columns.target[row] = this.targets.of(facts.target);
    columns.sentAtMs[row] = sentAtMs;
    columns.kind[row] = KIND_CODE[facts.kind];
    columns.status[row] = facts.status ?? 0;
    columns.errorCode[row] = codeIn(this.errorCodes, facts.errorCode ?? '');
    columns.stream[row] = facts.stream ? 1 : 0;
    columns.firstTokenMs[row] = facts.firstTokenMs ?? NaN;
    columns.durationMs[row] = facts.durationMs;
    columns.inputTokens[row] = facts.inputTokens;
    columns.outputTokens[row] = facts.outputTokens;
    columns.cacheReadTokens[row] = facts.cacheReadTokens;
    columns.cacheWriteTokens[row] = facts.cacheWriteTokens;
    columns.askedInputTokens[row] = facts.askedInputTokens;
    columns.costMicroUsd[row] = Math.round(facts.costUsd * MICRO_USD_PER_USD);
    columns.retryAfterMs[row] = facts.retryAfterMs ?? NaN;
    columns.session[row] = facts.session === null ? 0 : hashText(facts.session) || 1;
    if (facts.prefixBlocks !== null) {
      this.blocks ??= [];
      this.blocks[row] = facts.prefixBlocks;
    }
  }

  /** The table; the builder is used up. */
  finish(name: string): AttemptTable {
    const { rows, errorCodes, blocks } = this;
    const { targets, twins } = this.targets;
    const columns = resized(this.columns, rows);
    const firstMs = columns.sentAtMs[0] ?? 0;
    for (let row = 0; row < rows; row++) columns.sentAtMs[row]! -= firstMs;
    countOthersInFlight(columns, rows, targets);
    return {
      name,
      rows,
      targets,
      twins,
      errorCodes,
      startedAtMs: firstMs >= UNIX_MS_MIN ? firstMs : null,
      ...columns,
      prefixBlocks: blocks === null ? null : Array.from({ length: rows }, (_, row) => blocks[row] ?? null),
    };
  }

  private grow(): void {
    this.columns = resized(this.columns, 2 * this.columns.target.length);
  }
}

function resized(columns: AttemptColumns, rows: number): AttemptColumns {
  const result = blankColumns(rows);
  for (const name of Object.keys(result) as (keyof AttemptColumns)[]) {
    const from = columns[name];
    (result[name] as Float64Array).set((rows < from.length ? from.subarray(0, rows) : from) as Float64Array);
  }
  return result;
}

/** Sweeps over sending and ending times; an attempt that ends when another is sent is not in its way. */
function countOthersInFlight(columns: AttemptColumns, rows: number, targets: readonly LoggedTarget[]): void {
  const { sentAtMs, durationMs, target, othersInFlight } = columns;
  const byEnd = Uint32Array.from({ length: rows }, (_, row) => row);
  const endMs = Float64Array.from({ length: rows }, (_, row) => sentAtMs[row]! + durationMs[row]!);
  byEnd.sort((a, b) => endMs[a]! - endMs[b]! || a - b);
  const inFlight = new Int32Array(targets.reduce((most, { twin }) => Math.max(most, twin + 1), 0));
  let ended = 0;
  for (let row = 0; row < rows; row++) {
    for (; ended < rows && endMs[byEnd[ended]!]! <= sentAtMs[row]! && byEnd[ended]! < row; ended++) {
      inFlight[targets[target[byEnd[ended]!]!]!.twin]! -= 1;
    }
    const { twin } = targets[target[row]!]!;
    othersInFlight[row] = inFlight[twin]!;
    inFlight[twin]! += 1;
  }
}
