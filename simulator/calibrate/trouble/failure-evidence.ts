import { FATE, fateReader } from '../attempt-fate.ts';
import type { AttemptTable, RowSubset } from '../attempt-table.ts';
import { rowsSentTo } from '../rows-sent-to.ts';

/** What the attempts at a provider say of its state, in the order of sending. */
export interface FailureEvidence {
  readonly rows: RowSubset;
  readonly atMs: Float64Array;
  /** Position in the table's `twins`. */
  readonly twin: Uint16Array;
  /** 0 for an answer, 1 for a failure that is the provider's, {@link SLOW} for a first token that did not come. */
  readonly failed: Float64Array;
}

/**
 * A first token that did not come in the router's time is half a failure: a provider that is down looks like that, and
 * so does one that is merely slow.
 */
const SLOW = 0.5;

/** NaN: says nothing of the provider's state. 429s do not: busy is not ill. */
const FAILED_BY_FATE: Readonly<Record<number, number>> = {
  [FATE.unconnected]: 1,
  [FATE.unavailable]: 1,
  [FATE.serverError]: 1,
  [FATE.aborted]: 1,
  [FATE.slow]: SLOW,
  [FATE.cut]: 0,
  [FATE.answered]: 0,
};

/** @param rows attempts of any providers */
export function failureEvidence(table: AttemptTable, rows: RowSubset, provider: string): FailureEvidence {
  const fate = fateReader(table);
  const own = rowsSentTo(table, rows, (target) => target.provider === provider).filter(
    (row) => FAILED_BY_FATE[fate(row)] !== undefined,
  );
  const twinOfTarget = table.targets.map(({ twin }) => twin);
  return {
    rows: own,
    atMs: Float64Array.from(own, (row) => table.sentAtMs[row]!),
    twin: Uint16Array.from(own, (row) => twinOfTarget[table.target[row]!]!),
    failed: Float64Array.from(own, (row) => FAILED_BY_FATE[fate(row)]!),
  };
}
