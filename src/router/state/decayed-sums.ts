/**
 * Sums whose terms lose half their weight every half-life, by forward decay (Cormode, Shkapenyuk, Srivastava,
 * Xu: Forward Decay, ICDE 2009): an observation at time t is stored with weight 2^((t - landmark) / halfLife),
 * so nothing has to be touched when time passes; one factor for `now` turns all stored sums into decayed ones.
 */
export interface SavedDecayedSums {
  readonly landmarkMs: number;
  readonly columns: readonly (readonly number[])[];
}

/** Beyond this exponent the landmark moves; exp(40) leaves all 53 bits of the sums in use. */
const EXPONENT_MAX = 40;
/** Beyond this exponent nothing is left of any sum, and `exp` still gives a number. */
const PEEK_EXPONENT_MAX = 600;

/** What the sums have decayed to at `atMs`, written as observations that were all made at `landmarkMs`. */
export function decayedTo(
  { landmarkMs: beforeMs, columns }: SavedDecayedSums,
  halfLifeMs: number,
  atMs: number,
  landmarkMs: number,
): SavedDecayedSums {
  const weight = Math.exp(((beforeMs - atMs) * Math.LN2) / halfLifeMs);
  return { landmarkMs, columns: columns.map((column) => column.map((sum) => sum * weight)) };
}

export class DecayedSums {
  private landmarkMs = 0;
  private readonly ratePerMs: number;
  private readonly columns: readonly Float64Array[];
  private scaleAtMs = 0;
  private scaleValue = 1;

  /**
   * @param halfLifeMs > 0
   * @param columns arrays owned by the caller, which adds `value * scaleAt(now)` and reads `sum / scaleAt(now)`
   */
  constructor(halfLifeMs: number, columns: readonly Float64Array[]) {
    this.ratePerMs = Math.LN2 / halfLifeMs;
    this.columns = columns;
  }

  /** Weight that an observation made now is stored with; times never run backwards. */
  scaleAt(nowMs: number): number {
    if (nowMs === this.scaleAtMs) return this.scaleValue;
    let exponent = (nowMs - this.landmarkMs) * this.ratePerMs;
    if (exponent > EXPONENT_MAX) {
      const shrink = Math.exp(-exponent);
      for (const column of this.columns) {
        for (let index = 0; index < column.length; index++) column[index] = column[index]! * shrink;
      }
      this.landmarkMs = nowMs;
      exponent = 0;
    }
    this.scaleAtMs = nowMs;
    this.scaleValue = Math.exp(exponent);
    return this.scaleValue;
  }

  /** As {@link scaleAt}, but for those who only look: nothing is changed. */
  peekScale(nowMs: number): number {
    return Math.exp(Math.min(PEEK_EXPONENT_MAX, (nowMs - this.landmarkMs) * this.ratePerMs));
  }

  save(): SavedDecayedSums {
    return { landmarkMs: this.landmarkMs, columns: this.columns.map((column) => [...column]) };
  }

  load(saved: SavedDecayedSums): void {
    this.landmarkMs = saved.landmarkMs;
    this.columns.forEach((column, index) => column.set(saved.columns[index]!));
    this.scaleAtMs = this.landmarkMs;
    this.scaleValue = 1;
  }
}
