/**
 * Counts what came of requests by arm while a promotion is on its way. Told on the hot path: it notes a few numbers and
 * returns. It fits `ProxyWatcher`, whose words it shares.
 */
import {
  SlotMap,
  type AttemptOutcome,
  type RejectCode,
  type RejectCommand,
  type RouterRequest,
} from '../router/index.ts';
import type { PoolDefinition } from '../router/pool.ts';
import { ArmRecord, type EndedRequest, type SavedArm } from './arm-record.ts';
import type { ArmFigures } from './promotion.ts';
import { RunningHistogram, type SavedHistogram } from './running-histogram.ts';

export type Arm = 'main' | 'canary';

/** Of a watch, for a restart. */
export interface SavedWatch {
  readonly main: SavedArm;
  readonly canary: SavedArm;
  /** First tokens of the main arm since the promotion began. */
  readonly usual: SavedHistogram;
}

/** A request that has not ended. */
interface OpenRequest {
  readonly arm: Arm;
  readonly arrivedAtMs: number;
  readonly expectedCost: number;
  costMicroUsd: number;
  firstTokenMs: number | null;
}

/** More cannot be open in earnest; the oldest is then not counted. */
const OPEN_MAX = 100_000;
/** Before the main arm has shown so many first tokens nobody knows what is late. */
const USUAL_MIN = 50;
const LATE_FROM = 0.95;
/** The client had left. */
const CLIENT_LEFT_STATUS = 499;
/** Ends that no policy has a part in: what was asked for cannot be had, or the provider refused the request itself. */
const OF_THE_CLIENT: readonly RejectCode[] = [
  'UNKNOWN_MODEL',
  'UNSUPPORTED_REQUEST',
  'ROUTE_NOT_FOUND',
  'UPSTREAM_REJECTED',
  'CLIENT_BUDGET_EXHAUSTED',
];

export class GuardWatch {
  private readonly open = new SlotMap<OpenRequest>();
  private arms: Record<Arm, ArmRecord> = { main: new ArmRecord(), canary: new ArmRecord() };
  private usual = new RunningHistogram();
  private isOn = false;
  private prices: MeanPrices = { input: 0, output: 0, assumedOutputTokens: 0 };

  get main(): ArmRecord {
    return this.arms.main;
  }

  get canary(): ArmRecord {
    return this.arms.canary;
  }

  /** Begins to count, from nothing or from where an earlier run stopped; requests that are open already do not count. */
  begin(pool: PoolDefinition, assumedOutputTokens: number, saved: SavedWatch | null = null): void {
    this.isOn = true;
    this.prices = meanPrices(pool, assumedOutputTokens);
    this.arms = { main: new ArmRecord(saved?.main), canary: new ArmRecord(saved?.canary) };
    this.usual = new RunningHistogram(saved?.usual);
    this.open.clear();
  }

  /** Counts both arms from nothing; what is usual for a first token stays known. */
  beginStage(): void {
    this.arms = { main: new ArmRecord(), canary: new ArmRecord() };
    this.open.clear();
  }

  /** What was counted stays to be looked at. */
  stop(): void {
    this.isOn = false;
    this.open.clear();
  }

  arrived(request: RouterRequest, nowMs: number, arm: Arm): void {
    if (!this.isOn) return;
    if (this.open.size >= OPEN_MAX) this.forgetOldest();
    const expectedCost = this.expectedCostOf(request);
    this.open.set(request.requestId, { arm, arrivedAtMs: nowMs, expectedCost, costMicroUsd: 0, firstTokenMs: null });
  }

  attemptEnded(request: RouterRequest, outcome: AttemptOutcome, _target: string, nowMs: number): void {
    const open = this.open.get(request.requestId);
    if (open === undefined) return;
    open.costMicroUsd += outcome.costMicroUsd;
    // That of an attempt whose tokens the client got; others are repeated.
    if (outcome.firstTokenMs === null || !(outcome.kind === 'success' || outcome.reachedClient)) return;
    open.firstTokenMs = Math.max(0, nowMs - outcome.durationMs + outcome.firstTokenMs - open.arrivedAtMs);
  }

  ended(
    request: RouterRequest,
    ending: 'completed' | 'rejected' | 'cancelled',
    command: RejectCommand | null,
    status: number,
    nowMs: number,
  ): void {
    const open = this.open.get(request.requestId);
    if (open === undefined) return;
    this.open.delete(request.requestId);
    // Given up by the proxy as it shuts down.
    if (ending === 'cancelled' && status !== CLIENT_LEFT_STATUS) return;
    const durationMs = nowMs - open.arrivedAtMs;
    const isJudged = command === null || !OF_THE_CLIENT.includes(command.code);
    const ended: EndedRequest = {
      cluster: request.sessionId ?? request.requestId,
      isCompleted: ending === 'completed',
      isJudged,
      costMicroUsd: open.costMicroUsd,
      expectedCost: open.expectedCost,
      firstTokenMs: open.firstTokenMs,
      isLate: request.stream && isJudged ? this.isLate(open.firstTokenMs, durationMs, ending) : null,
      durationMs,
    };
    this.arms[open.arm].add(ended);
    if (open.arm === 'main' && open.firstTokenMs !== null) this.usual.add(open.firstTokenMs);
  }

  figures(): { readonly main: ArmFigures; readonly canary: ArmFigures } {
    return { main: this.arms.main.figures(), canary: this.arms.canary.figures() };
  }

  save(): SavedWatch {
    return { main: this.arms.main.save(), canary: this.arms.canary.save(), usual: this.usual.save() };
  }

  /**
   * Later than the main arm's 95th percentile so far. Both arms are held to the same mark at the same time, so it need
   * not be exact, and a bad hour of the providers makes both late. A stream that failed is later than any; of a client
   * who left before the first token only a wait beyond the mark is known.
   */
  private isLate(firstTokenMs: number | null, durationMs: number, ending: string): boolean | null {
    if (this.usual.count < USUAL_MIN) return null;
    const markMs = this.usual.quantile(LATE_FROM)!;
    if (firstTokenMs !== null) return firstTokenMs > markMs;
    if (ending === 'rejected') return true;
    return ending === 'cancelled' && durationMs > markMs ? true : null;
  }

  /** By size alone, which is known on arrival and owes nothing to a policy. */
  private expectedCostOf({ inputTokens, maxOutputTokens }: RouterRequest): number {
    const { input, output, assumedOutputTokens } = this.prices;
    const outputTokens = Math.min(maxOutputTokens ?? assumedOutputTokens, assumedOutputTokens);
    const expected = inputTokens * input + outputTokens * output;
    return expected > 0 ? expected : 1;
  }

  private forgetOldest(): void {
    for (const oldest of this.open.keys()) {
      this.open.delete(oldest);
      return;
    }
  }
}

/** Micro-USD per token. */
interface MeanPrices {
  readonly input: number;
  readonly output: number;
  readonly assumedOutputTokens: number;
}

function meanPrices({ targets }: PoolDefinition, assumedOutputTokens: number): MeanPrices {
  const mean = (priceOf: (target: PoolDefinition['targets'][number]) => number): number =>
    targets.reduce((sum, target) => sum + priceOf(target), 0) / Math.max(1, targets.length);
  return {
    input: mean(({ prices }) => prices.inputMicroUsdPerToken),
    output: mean(({ prices }) => prices.outputMicroUsdPerToken),
    assumedOutputTokens,
  };
}
