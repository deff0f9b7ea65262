/**
 * Gathers what a replay shows, in space that does not depend on the length of the trace: blocks of consecutive
 * arrivals (for intervals), slices of time (for charts), and totals.
 */
import type { AttemptOutcome, RejectCode, RejectCommand, SendCommand, TargetState } from '../../src/router/contract.ts';
import { REQUEST_CLASSES } from '../../src/router/policy.ts';
import type { Router } from '../../src/router/router.ts';
import { TierTally, type Tier } from '../counterfactual/tier-tally.ts';
import type { ClientCall } from '../replay/client-call.ts';
import type { ReplayObserver } from '../replay/replay.ts';
import { HistogramTable } from '../statistics/histogram-table.ts';
import { addValue, binOf, createLogHistogram, type LogHistogram } from '../statistics/log-histogram.ts';
import { CountTable } from './count-table.ts';
import { RouteTally } from './route-tally.ts';

/** Columns of a count table, one row a block, class or slice. */
export const COUNTED = { ARRIVALS: 0, COMPLETED: 1, REJECTED: 2, CANCELLED: 3, RETRIES: 4, COST_MICRO_USD: 5 } as const;
/** Columns of a target's row, in total and in each slice. */
export const TARGET_COUNTED = { ATTEMPTS: 0, ENDED: 1, FAILED: 2, LIMITED: 3, COST_MICRO_USD: 4 } as const;

// The engine folds a module's own constants into its code; what is exported or imported it loads each time.
const { ARRIVALS, COMPLETED, REJECTED, CANCELLED, RETRIES, COST_MICRO_USD } = COUNTED;
const COUNT_COLUMNS = 6;
const { ATTEMPTS, ENDED, FAILED, LIMITED, COST_MICRO_USD: TARGET_COST_MICRO_USD } = TARGET_COUNTED;
const TARGET_COLUMNS = 5;

/** How often the use of budgets is looked at for its highest; windows are a minute or longer. */
const LOOKS_PER_SLICE = 60;

export interface CollectorShape {
  /** Rows of the trace. */
  readonly requests: number;
  readonly spanMs: number;
  /** Blocks of consecutive arrivals, 1 to `requests`. */
  readonly blocks: number;
  readonly slices: number;
  readonly targets: number;
  readonly budgets: number;
}

/** What the state looked like when a slice ended. */
export interface SliceEnd {
  readonly states: readonly TargetState[];
  readonly budgetUse: readonly number[];
}

export class RunCollector implements ReplayObserver {
  readonly shape: CollectorShape;
  readonly sliceMs: number;
  readonly blockCounts: CountTable;
  readonly blockFirstToken: HistogramTable;
  readonly blockDuration: HistogramTable;
  /** Cost of completed requests, micro-USD. */
  readonly cost: LogHistogram = createLogHistogram();
  readonly sliceCounts: CountTable;
  readonly sliceFirstToken: HistogramTable;
  /** Row `slice x targets + target`. */
  readonly sliceTargets: CountTable;
  readonly sliceEnds: SliceEnd[] = [];
  readonly classCounts: CountTable;
  readonly classFirstToken: HistogramTable;
  readonly targets: CountTable;
  readonly routes: RouteTally;
  readonly tiers = new TierTally();
  readonly rejectedByCode: Partial<Record<RejectCode, number>> = {};
  readonly requestsByAttempts: number[] = [0];
  readonly budgetUseMax: Float64Array;
  attempts = 0;
  explored = 0;
  queued = 0;
  inputTokens = 0;
  cacheReadTokens = 0;
  private slice = 0;
  private sliceEndsAtMs: number;
  private looksAtMs = 0;

  constructor(shape: CollectorShape) {
    this.shape = shape;
    // A hair longer than an even share, so that the last arrival falls into the last slice.
    this.sliceMs = Math.max(1, Math.ceil((shape.spanMs + 1) / shape.slices));
    this.sliceEndsAtMs = this.sliceMs;
    this.blockCounts = new CountTable(shape.blocks, COUNT_COLUMNS);
    this.blockFirstToken = new HistogramTable(shape.blocks);
    this.blockDuration = new HistogramTable(shape.blocks);
    this.sliceCounts = new CountTable(shape.slices, COUNT_COLUMNS);
    this.sliceFirstToken = new HistogramTable(shape.slices);
    this.sliceTargets = new CountTable(shape.slices * shape.targets, TARGET_COLUMNS);
    this.classCounts = new CountTable(REQUEST_CLASSES.length, COUNT_COLUMNS);
    this.classFirstToken = new HistogramTable(REQUEST_CLASSES.length);
    this.targets = new CountTable(shape.targets, TARGET_COLUMNS);
    this.routes = new RouteTally(shape.blocks, shape.targets);
    this.budgetUseMax = new Float64Array(shape.budgets);
  }

  timeMoves(router: Router, nowMs: number): void {
    if (nowMs >= this.looksAtMs && this.shape.budgets > 0) {
      this.lookAtBudgets(router);
      this.looksAtMs = nowMs + this.sliceMs / LOOKS_PER_SLICE;
    }
    while (nowMs >= this.sliceEndsAtMs && this.slice < this.shape.slices - 1) this.closeSlice(router);
  }

  /** Ends the last slices; to be called once after the replay. */
  finish(router: Router): void {
    while (this.sliceEnds.length < this.shape.slices) this.closeSlice(router);
  }

  arrived(call: ClientCall): void {
    this.blockCounts.add(this.blockOf(call), ARRIVALS, 1);
    this.sliceCounts.add(this.slice, ARRIVALS, 1);
  }

  sent(call: ClientCall, { decision }: SendCommand): void {
    this.attempts++;
    if (decision.explored) this.explored++;
    if (call.attempts > 1) {
      this.blockCounts.add(this.blockOf(call), RETRIES, 1);
      this.sliceCounts.add(this.slice, RETRIES, 1);
    }
    this.targets.add(call.targetIndex, ATTEMPTS, 1);
    this.sliceTargets.add(this.sliceRow(call.targetIndex), ATTEMPTS, 1);
    this.routes.sent(call, this.blockOf(call), decision);
  }

  attemptEnded(call: ClientCall, outcome: AttemptOutcome, _nowMs: number, tier: Tier): void {
    this.tiers.attemptEnded(tier);
    const { targetIndex } = call;
    const row = this.sliceRow(targetIndex);
    this.targets.add(targetIndex, ENDED, 1);
    this.targets.add(targetIndex, TARGET_COST_MICRO_USD, outcome.costMicroUsd);
    if (outcome.kind === 'failure' || outcome.kind === 'timeout') {
      this.targets.add(targetIndex, FAILED, 1);
      this.sliceTargets.add(row, FAILED, 1);
    } else if (outcome.kind === 'limited') {
      this.targets.add(targetIndex, LIMITED, 1);
      this.sliceTargets.add(row, LIMITED, 1);
    }
    this.blockCounts.add(this.blockOf(call), COST_MICRO_USD, outcome.costMicroUsd);
    this.sliceCounts.add(this.slice, COST_MICRO_USD, outcome.costMicroUsd);
    this.inputTokens += outcome.inputTokens;
    this.cacheReadTokens += outcome.cacheReadTokens;
    this.routes.attemptEnded(call, this.blockOf(call), outcome);
  }

  completed(call: ClientCall, outcome: AttemptOutcome, nowMs: number): void {
    const block = this.blockOf(call);
    const requestClass = REQUEST_CLASSES.indexOf(call.requestClass);
    const { slice } = this;
    const durationMs = nowMs - call.arrivedAtMs;
    const firstTokenMs =
      outcome.firstTokenMs === null ? durationMs : call.sentAtMs - call.arrivedAtMs + outcome.firstTokenMs;
    this.end(call, block, requestClass, COMPLETED);
    const bin = binOf(firstTokenMs);
    this.blockFirstToken.add(block, firstTokenMs, bin);
    this.sliceFirstToken.add(slice, firstTokenMs, bin);
    this.classFirstToken.add(requestClass, firstTokenMs, bin);
    this.blockDuration.add(block, durationMs, binOf(durationMs));
    addValue(this.cost, call.costMicroUsd);
    this.routes.completed(call, block, firstTokenMs, bin);
  }

  rejected(call: ClientCall, command: RejectCommand): void {
    if (command.decision !== null) call.requestClass = command.decision.requestClass;
    this.routes.rejected(call, this.blockOf(call), command);
    this.rejectedByCode[command.code] = (this.rejectedByCode[command.code] ?? 0) + 1;
    this.end(call, this.blockOf(call), REQUEST_CLASSES.indexOf(call.requestClass), REJECTED);
  }

  cancelled(call: ClientCall): void {
    this.routes.cancelled(call, this.blockOf(call));
    this.end(call, this.blockOf(call), REQUEST_CLASSES.indexOf(call.requestClass), CANCELLED);
  }

  private end(
    call: ClientCall,
    block: number,
    requestClass: number,
    how: typeof COMPLETED | typeof REJECTED | typeof CANCELLED,
  ): void {
    this.blockCounts.add(block, how, 1);
    this.sliceCounts.add(this.slice, how, 1);
    this.classCounts.add(requestClass, how, 1);
    this.classCounts.add(requestClass, COST_MICRO_USD, call.costMicroUsd);
    this.requestsByAttempts[call.attempts] = (this.requestsByAttempts[call.attempts] ?? 0) + 1;
    if (call.wasQueued) this.queued++;
    this.tiers.requestEnded(call.tier);
  }

  private closeSlice(router: Router): void {
    const atMs = this.sliceEndsAtMs;
    this.lookAtBudgets(router);
    this.sliceEnds.push({
      states: router.targetIds.map((_, target) => router.stateOf(target)),
      budgetUse: router.budgetLabels.map((_, rule) => router.budgetUse(rule)),
    });
    this.slice = Math.min(this.slice + 1, this.shape.slices - 1);
    this.sliceEndsAtMs = atMs + this.sliceMs;
  }

  private lookAtBudgets(router: Router): void {
    const { budgetUseMax } = this;
    for (let rule = 0; rule < budgetUseMax.length; rule++) {
      const use = router.budgetUse(rule);
      if (use > budgetUseMax[rule]!) budgetUseMax[rule] = use;
    }
  }

  private sliceRow(target: number): number {
    return this.slice * this.shape.targets + target;
  }

  private blockOf({ sequence }: ClientCall): number {
    return Math.floor((sequence * this.shape.blocks) / this.shape.requests);
  }
}
