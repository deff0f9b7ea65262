/** What one arm of a canary came to since its stage began: figures to show, and the sums that guards are judged by. */
import type { ArmFigures } from './promotion.ts';
import { RunningHistogram, type SavedHistogram } from './running-histogram.ts';
import { ClusteredRatio, type RatioSums } from './sequential/clustered-ratio.ts';

/** Of a record, for a restart. */
export interface SavedArm {
  readonly requests: number;
  readonly completed: number;
  readonly costMicroUsd: number;
  readonly firstTokens: SavedHistogram;
  readonly durations: SavedHistogram;
  readonly success: RatioSums;
  readonly late: RatioSums;
  readonly cost: RatioSums;
}

/** One request that has ended. */
export interface EndedRequest {
  /** Session, or the request itself. */
  readonly cluster: string;
  readonly isCompleted: boolean;
  /** Whether its end says anything of the policy: a mistake of the client does not. */
  readonly isJudged: boolean;
  readonly costMicroUsd: number;
  /** What a request of that size costs on average, > 0; micro-USD, or any other unit that is the same for all. */
  readonly expectedCost: number;
  /** From its arrival, ms; null when there was none, or the answer was not streamed. */
  readonly firstTokenMs: number | null;
  /** Whether its first token was late; null when that cannot be said. */
  readonly isLate: boolean | null;
  readonly durationMs: number;
}

export class ArmRecord {
  readonly success: ClusteredRatio;
  readonly late: ClusteredRatio;
  /** Micro-USD to expected cost. */
  readonly cost: ClusteredRatio;
  private readonly firstTokens: RunningHistogram;
  private readonly durations: RunningHistogram;
  private requests: number;
  private completed: number;
  private costMicroUsd: number;

  constructor(saved: SavedArm | null = null) {
    this.success = new ClusteredRatio(1, saved?.success);
    this.late = new ClusteredRatio(1, saved?.late);
    this.cost = new ClusteredRatio(0, saved?.cost);
    this.firstTokens = new RunningHistogram(saved?.firstTokens);
    this.durations = new RunningHistogram(saved?.durations);
    this.requests = saved?.requests ?? 0;
    this.completed = saved?.completed ?? 0;
    this.costMicroUsd = saved?.costMicroUsd ?? 0;
  }

  get count(): number {
    return this.requests;
  }

  add(ended: EndedRequest): void {
    const { cluster } = ended;
    this.requests++;
    this.costMicroUsd += ended.costMicroUsd;
    this.cost.add(cluster, ended.costMicroUsd, ended.expectedCost);
    if (ended.isCompleted) {
      this.completed++;
      this.durations.add(ended.durationMs);
    }
    if (ended.isJudged) this.success.add(cluster, ended.isCompleted ? 1 : 0, 1);
    if (ended.firstTokenMs !== null) this.firstTokens.add(ended.firstTokenMs);
    if (ended.isLate !== null) this.late.add(cluster, ended.isLate ? 1 : 0, 1);
  }

  figures(): ArmFigures {
    const { requests, completed } = this;
    const costUsd = this.costMicroUsd / 1e6;
    return {
      requests,
      completed,
      costUsd,
      metrics: {
        cost: requests === 0 ? null : (1_000 * costUsd) / requests,
        success: requests === 0 ? null : completed / requests,
        p50_first_token_ms: this.firstTokens.quantile(0.5),
        p95_first_token_ms: this.firstTokens.quantile(0.95),
        p99_first_token_ms: this.firstTokens.quantile(0.99),
        p95_duration_ms: this.durations.quantile(0.95),
      },
    };
  }

  save(): SavedArm {
    return {
      requests: this.requests,
      completed: this.completed,
      costMicroUsd: this.costMicroUsd,
      firstTokens: this.firstTokens.save(),
      durations: this.durations.save(),
      success: this.success.save(),
      late: this.late.save(),
      cost: this.cost.save(),
    };
  }
}
