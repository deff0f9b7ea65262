/** A fitted number with its 95 % interval; the limits are null where the data do not give any. */
export interface Estimate {
  readonly value: number;
  readonly low95: number | null;
  readonly high95: number | null;
}
