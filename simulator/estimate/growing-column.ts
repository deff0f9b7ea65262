/** A column of numbers whose length is not known before its end. */
export class GrowingColumn<T extends Float64Array | Uint32Array | Uint16Array | Uint8Array> {
  private values: T;
  private readonly create: (length: number) => T;
  length = 0;

  constructor(create: (length: number) => T, capacity = 1_024) {
    this.create = create;
    this.values = create(capacity);
  }

  push(value: number): void {
    if (this.length === this.values.length) {
      const wider = this.create(Math.ceil(this.length * 1.5));
      wider.set(this.values);
      this.values = wider;
    }
    this.values[this.length++] = value;
  }

  /** What was pushed so far; a view, which the next `push` may leave behind. */
  get filled(): T {
    return this.values.subarray(0, this.length) as T;
  }
}
