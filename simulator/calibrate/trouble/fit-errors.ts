import { FATE, fateReader } from '../attempt-fate.ts';
import type { AttemptTable, RowSubset } from '../attempt-table.ts';
import type { ErrorFit } from '../fitted-twin.ts';
import { rowsSentTo } from '../rows-sent-to.ts';
import { scaledEstimate, shareInterval } from '../share-interval.ts';

/** Of an answer that was cut, at a place that nobody knows on its way to the end: the part that was at risk. */
const CUT_EXPOSURE = 0.5;
/** From here on it is worth a line that outcomes are unknown. */
const UNKNOWN_NOTE_SHARE = 0.02;
/** Fewer attempts than this cannot tell an error of one in a hundred from none. */
const FEW_ATTEMPTS = 300;

/**
 * How single attempts at a twin fail while its provider is up.
 *
 * A twin settles one draw in order: below `connectTimeout` no connection, then, for those that the limits let through,
 * below `connectTimeout + serverError` an error, then below the sum of all three an answer that breaks off. So each
 * probability is that of one step among the attempts that came to it, times the share that could come so far: limits
 * take attempts out of the later steps without regard to the draw, and are no step themselves.
 *
 * @param rows attempts in the order of sending, of any twins
 * @param isFair over all rows of the table, 1 where the provider was up: see `isFairRows`
 */
export function fitErrors(table: AttemptTable, rows: RowSubset, twin: number, isFair: Uint8Array): ErrorFit {
  const counts = countFates(
    table,
    rowsSentTo(table, rows, (target) => target.twin === twin),
    isFair,
  );
  const unconnected = counts[FATE.unconnected]!;
  const failed = counts[FATE.serverError]! + counts[FATE.unavailable]!;
  const aborted = counts[FATE.aborted]!;
  const answered = counts[FATE.answered]!;
  const cut = counts[FATE.cut]!;
  const connected =
    counts[FATE.refused]! + counts[FATE.limited]! + failed + counts[FATE.slow]! + cut + aborted + answered;
  const served = counts[FATE.slow]! + cut + aborted + answered;

  const connectTimeout = shareInterval(unconnected, unconnected + connected);
  const serverError = scaledEstimate(shareInterval(failed, failed + served), 1 - connectTimeout.value);
  const midStreamAbort = scaledEstimate(
    shareInterval(aborted, aborted + answered + CUT_EXPOSURE * cut),
    1 - connectTimeout.value - serverError.value,
  );
  return {
    errors: {
      serverError: serverError.value,
      connectTimeout: connectTimeout.value,
      midStreamAbort: midStreamAbort.value,
    },
    intervals: { serverError, connectTimeout, midStreamAbort },
    notes: notesOf(table, twin, unconnected + connected, counts[FATE.unknown]!),
  };
}

function countFates(table: AttemptTable, rows: RowSubset, isFair: Uint8Array): Float64Array {
  const fate = fateReader(table);
  const counts = new Float64Array(FATE.answered + 1);
  for (const row of rows) {
    if (isFair[row] === 1) counts[fate(row)]! += 1;
  }
  return counts;
}

function notesOf(table: AttemptTable, twin: number, known: number, unknown: number): readonly string[] {
  const { provider = '', model = '' } = table.twins[twin] ?? {};
  const notes: string[] = [];
  if (known === 0) {
    notes.push(`${provider} ${model}: no attempts while its provider was up, so its errors are taken to be 0`);
  } else if (known < FEW_ATTEMPTS) {
    notes.push(`${provider} ${model}: only ${known} attempts while its provider was up; its errors are known roughly`);
  }
  if (unknown > UNKNOWN_NOTE_SHARE * (known + unknown)) {
    const percent = Math.round((100 * unknown) / (known + unknown));
    notes.push(
      `${provider} ${model}: ${percent} % of its attempts were given up before anything came; they are left out`,
    );
  }
  return notes;
}
