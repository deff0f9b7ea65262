import type { AttemptTable, RowSubset } from './attempt-table.ts';

/** Parts of a log by time, so that what is judged lies behind what was learnt from. */
export interface RowSplit {
  /** Parameters come from here, */
  readonly fit: RowSubset;
  /** choices between ways to fit are made here, */
  readonly validate: RowSubset;
  /** and this is looked at once, at the end. */
  readonly holdout: RowSubset;
}

const FIT_SHARE = 0.6;
const VALIDATE_SHARE = 0.2;

/** Cuts the rows, which are in the order of sending, by their number: 60 %, 20 %, 20 %. */
export function splitRows(table: AttemptTable): RowSplit {
  const toFit = Math.floor(table.rows * FIT_SHARE);
  const toValidate = Math.floor(table.rows * (FIT_SHARE + VALIDATE_SHARE));
  return {
    fit: rowsBetween(0, toFit),
    validate: rowsBetween(toFit, toValidate),
    holdout: rowsBetween(toValidate, table.rows),
  };
}

/** The rows from one to just before another. */
export function rowsBetween(from: number, to: number): RowSubset {
  return Uint32Array.from({ length: to - from }, (_, index) => from + index);
}
