/**
 * The ratio of two sums (failures to requests, micro-USD to expected micro-USD) with its standard error, counted by clusters: a
 * session's requests resemble each other, and sessions, not requests, are drawn for the canary. To take requests for
 * independent would make the error look smaller than it is.
 */

/** Sums over clusters, from which ratio and error follow; small and JSON-safe. */
export interface RatioSums {
  clusters: number;
  y: number;
  w: number;
  yy: number;
  yw: number;
  ww: number;
}

/** A ratio and what is known of its error. */
export interface RatioEstimate {
  readonly clusters: number;
  readonly ratio: number;
  /** Of the ratio. */
  readonly variance: number;
}

/** Clusters whose own sums are kept; the oldest goes, and counts as a new one should it come again. */
const OPEN_CLUSTERS_MAX = 20_000;

export class ClusteredRatio {
  private readonly open = new Map<string, { y: number; w: number }>();
  private readonly unit: number;
  private readonly sums: RatioSums;

  /**
   * @param unit the least that the numerator moves by, 0 when that has no meaning: the error is never taken to be smaller than if
   *   one such step had gone the other way, or none of a hundred failures would mean that none is possible
   */
  constructor(unit: number, sums: RatioSums = { clusters: 0, y: 0, w: 0, yy: 0, yw: 0, ww: 0 }) {
    this.unit = unit;
    this.sums = { ...sums };
  }

  /** Sums of so many clusters are kept. */
  get size(): number {
    return this.open.size;
  }

  /** @param w > 0 */
  add(cluster: string, y: number, w: number): void {
    const { sums } = this;
    let own = this.open.get(cluster);
    if (own === undefined) {
      own = { y: 0, w: 0 };
      this.open.set(cluster, own);
      this.letGo();
      sums.clusters++;
    }
    sums.yy += (2 * own.y + y) * y;
    sums.ww += (2 * own.w + w) * w;
    sums.yw += own.y * w + own.w * y + y * w;
    sums.y += y;
    sums.w += w;
    own.y += y;
    own.w += w;
  }

  /** Linearised ("delta method"): residuals `y - ratio w` of clusters. Null until there are two. */
  estimate(): RatioEstimate | null {
    const { clusters, y, w, yy, yw, ww } = this.sums;
    if (clusters < 2) return null;
    const ratio = y / w;
    const squares = Math.max(yy - 2 * ratio * yw + ratio * ratio * ww, this.unit * this.unit);
    return { clusters, ratio, variance: (squares / (w * w)) * (clusters / (clusters - 1)) };
  }

  /** For a restart. Clusters that are open count as closed then. */
  save(): RatioSums {
    return { ...this.sums };
  }

  private letGo(): void {
    if (this.open.size <= OPEN_CLUSTERS_MAX) return;
    for (const oldest of this.open.keys()) {
      this.open.delete(oldest);
      return;
    }
  }
}
