/** Reads rows one at a time, with one row of foresight. */
export interface RowCursor<T> {
  /** The next row, without taking it; null at the end. */
  peek(): Promise<T | null>;
  /** The next row; null at the end. */
  take(): Promise<T | null>;
  /** Ends the reading early. */
  close(): Promise<void>;
}

/** A cursor over `rows`; nothing is read before the first call. */
export function rowCursor<T>(rows: AsyncIterable<T>): RowCursor<T> {
  const iterator = rows[Symbol.asyncIterator]();
  let held: { readonly row: T | null } | null = null;
  const peek = async (): Promise<T | null> => {
    if (held === null) {
      const next = await iterator.next();
      held = { row: next.done === true ? null : next.value };
    }
    return held.row;
  };
  return {
    peek,
    async take() {
      const row = await peek();
      if (row !== null) held = null;
      return row;
    },
    async close() {
      await iterator.return?.();
    },
  };
}
