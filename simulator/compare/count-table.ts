/** A table of counts with named columns. */
export class CountTable {
  readonly columns: number;
  readonly values: Float64Array;

  constructor(rows: number, columns: number) {
    this.columns = columns;
    this.values = new Float64Array(rows * columns);
  }

  add(row: number, column: number, amount: number): void {
    const cell = row * this.columns + column;
    this.values[cell] = this.values[cell]! + amount;
  }

  /** Adds the cells of another table of the same shape. */
  addAll(other: CountTable): void {
    for (let cell = 0; cell < this.values.length; cell++) this.values[cell]! += other.values[cell]!;
  }

  get(row: number, column: number): number {
    return this.values[row * this.columns + column]!;
  }

  /** One column over all rows. */
  column(column: number): Float64Array {
    return Float64Array.from({ length: this.values.length / this.columns }, (_, row) => this.get(row, column));
  }

  total(column: number): number {
    let total = 0;
    for (let cell = column; cell < this.values.length; cell += this.columns) total += this.values[cell]!;
    return total;
  }
}
