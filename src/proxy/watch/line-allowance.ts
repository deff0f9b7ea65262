/** So many lines a second, with a reserve for a burst; counts those that were not allowed. */
export class LineAllowance {
  private readonly linesPerSecond: number;
  private readonly burst: number;
  private left: number;
  private filledAtMs = 0;
  /** Not allowed since {@link takeLeftOut}. */
  private leftOut = 0;

  /** @param burst lines that may come at once, >= 1 */
  constructor(linesPerSecond: number, burst: number) {
    this.linesPerSecond = linesPerSecond;
    this.burst = burst;
    this.left = burst;
  }

  /** May a line be written now? */
  take(nowMs: number): boolean {
    if (nowMs > this.filledAtMs) {
      this.left = Math.min(this.burst, this.left + ((nowMs - this.filledAtMs) / 1_000) * this.linesPerSecond);
      this.filledAtMs = nowMs;
    }
    if (this.left < 1) {
      this.leftOut++;
      return false;
    }
    this.left -= 1;
    return true;
  }

  /** How many lines were left out since the last call. */
  takeLeftOut(): number {
    const { leftOut } = this;
    this.leftOut = 0;
    return leftOut;
  }
}
