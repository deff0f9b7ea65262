/** The rows of one twin from which its first tokens are fitted, side by side in columns. */
import { CUT_CODES, type AttemptTable, type RowSubset } from '../attempt-table.ts';

/** What cannot be about latency: nobody answered the call. */
const CONNECT_TIMEOUT = 'connect_timeout';

export interface FirstTokenRows {
  readonly size: number;
  /** How many of the rows are not cut. */
  readonly observed: number;
  /** ln of the first token in ms, or of the time at which patience ended. */
  readonly lnMs: Float64Array;
  /** 1: the first token came after `lnMs`, nobody knows when. */
  readonly isCut: Uint8Array;
  readonly uncachedTokens: Float64Array;
  /** Other attempts in flight at the twin. */
  readonly inFlight: Float64Array;
  readonly sentAtMs: Float64Array;
}

/**
 * First tokens and lower bounds of first tokens. What had one counts even if it broke off later; what was cut before it
 * (see `CUT_CODES`) is a lower bound. A connection that never came about says nothing. For a cut row the provider
 * counted no tokens: its uncached input is the estimate at the decision times what the other rows had of theirs.
 *
 * @param isFair by row of the table; `null` = all
 */
export function firstTokenRows(
  table: AttemptTable,
  rows: RowSubset,
  twin: number,
  isFair: Uint8Array | null,
): FirstTokenRows {
  const isOfTwin = Uint8Array.from(table.targets, (target) => (target.twin === twin ? 1 : 0));
  const cuts = Uint8Array.from(table.errorCodes, (code) => (CUT_CODES.has(code) && code !== CONNECT_TIMEOUT ? 1 : 0));
  const wanted = new Uint32Array(rows.length);
  let size = 0;
  for (const row of rows) {
    if (isOfTwin[table.target[row]!] !== 1 || table.stream[row] !== 1) continue;
    if (isFair !== null && isFair[row] !== 1) continue;
    const firstTokenMs = table.firstTokenMs[row]!;
    const isCut = Number.isNaN(firstTokenMs) && cuts[table.errorCode[row]!] === 1;
    if (firstTokenMs > 0 || (isCut && table.durationMs[row]! > 0)) wanted[size++] = row;
  }
  return columnsOf(table, wanted.subarray(0, size));
}

function columnsOf(table: AttemptTable, wanted: Uint32Array): FirstTokenRows {
  const size = wanted.length;
  const lnMs = new Float64Array(size);
  const isCut = new Uint8Array(size);
  const uncachedTokens = new Float64Array(size);
  const inFlight = new Float64Array(size);
  const sentAtMs = new Float64Array(size);
  let observed = 0;
  let uncachedSum = 0;
  let askedSum = 0;
  for (let place = 0; place < size; place++) {
    const row = wanted[place]!;
    const firstTokenMs = table.firstTokenMs[row]!;
    inFlight[place] = table.othersInFlight[row]!;
    sentAtMs[place] = table.sentAtMs[row]!;
    if (firstTokenMs > 0) {
      observed += 1;
      lnMs[place] = Math.log(firstTokenMs);
      uncachedTokens[place] = Math.max(0, table.inputTokens[row]! - table.cacheReadTokens[row]!);
      uncachedSum += uncachedTokens[place]!;
      askedSum += table.askedInputTokens[row]!;
    } else {
      isCut[place] = 1;
      lnMs[place] = Math.log(table.durationMs[row]!);
    }
  }
  const uncachedPerAsked = askedSum > 0 ? uncachedSum / askedSum : 1;
  for (let place = 0; place < size; place++) {
    if (isCut[place] === 1) uncachedTokens[place] = table.askedInputTokens[wanted[place]!]! * uncachedPerAsked;
  }
  return { size, observed, lnMs, isCut, uncachedTokens, inFlight, sentAtMs };
}

/** The rows for which `keep` is 1. */
export function someFirstTokenRows(from: FirstTokenRows, keep: Uint8Array): FirstTokenRows {
  const kept = <T extends Float64Array | Uint8Array>(column: T): T =>
    column.filter((_: number, place: number) => keep[place] === 1) as T;
  const isCut = kept(from.isCut);
  return {
    size: isCut.length,
    observed: isCut.reduce((count, cut) => count + 1 - cut, 0),
    lnMs: kept(from.lnMs),
    isCut,
    uncachedTokens: kept(from.uncachedTokens),
    inFlight: kept(from.inFlight),
    sentAtMs: kept(from.sentAtMs),
  };
}
