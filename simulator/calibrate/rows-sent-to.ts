import type { AttemptTable, LoggedTarget, RowSubset } from './attempt-table.ts';

/** Those of the rows whose target the test accepts, in their order. */
export function rowsSentTo(
  table: AttemptTable,
  rows: RowSubset,
  isWanted: (target: LoggedTarget, index: number) => boolean,
): RowSubset {
  const wanted = Uint8Array.from(table.targets, (target, index) => (isWanted(target, index) ? 1 : 0));
  const { target } = table;
  const found = new Uint32Array(rows.length);
  let count = 0;
  for (const row of rows) {
    if (wanted[target[row]!] === 1) found[count++] = row;
  }
  return found.subarray(0, count);
}
