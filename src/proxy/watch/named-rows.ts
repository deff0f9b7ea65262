/**
 * Counters in one typed array, a row for each name. Names are those of the configuration, so there are few; a counter
 * of a name that stays keeps its value when the names change.
 */
export class NamedRows {
  readonly width: number;
  private index = new Map<string, number>();
  /** `width` numbers a name. */
  cells: Float64Array;

  constructor(width: number, names: readonly string[]) {
    this.width = width;
    this.cells = new Float64Array(0);
    this.rename(names);
  }

  /** Where the row of a name begins in `cells`; -1 when there is none of that name. */
  rowOf(name: string): number {
    const index = this.index.get(name);
    return index === undefined ? -1 : index * this.width;
  }

  add(row: number, column: number, amount: number): void {
    const cell = row + column;
    this.cells[cell] = this.cells[cell]! + amount;
  }

  /** Other names from now on; the rows of those that are gone are given up. */
  rename(names: readonly string[]): void {
    const index = new Map<string, number>();
    for (const name of names) if (!index.has(name)) index.set(name, index.size);
    const cells = new Float64Array(index.size * this.width);
    for (const [name, position] of index) {
      const old = this.rowOf(name);
      if (old >= 0) cells.set(this.cells.subarray(old, old + this.width), position * this.width);
    }
    this.index = index;
    this.cells = cells;
  }

  /** Every name with the beginning of its row. */
  *[Symbol.iterator](): Generator<readonly [name: string, row: number]> {
    for (const [name, position] of this.index) yield [name, position * this.width];
  }
}
