/** Gathers the figures of a replay while it runs: those of the requests that count, not of the warm-up before them. */
import type { AttemptOutcome, RejectCommand } from '../../src/router/contract.ts';
import { REQUEST_CLASSES } from '../../src/router/policy.ts';
import type { Router } from '../../src/router/router.ts';
import { CountTable } from '../compare/count-table.ts';
import type { Tier } from '../counterfactual/tier-tally.ts';
import type { ClientCall } from '../replay/client-call.ts';
import type { ReplayObserver } from '../replay/replay.ts';
import { HistogramTable } from '../statistics/histogram-table.ts';
import { binOf } from '../statistics/log-histogram.ts';
import type { BlockFigures, ReplayFigures } from './block-figures.ts';
import { sparseHistogram } from './sparse-histogram.ts';

const ARRIVALS = 0;
const COMPLETED = 1;
const ENDED = 2;
const COST_MICRO_USD = 3;
const COLUMNS = 4;
/** Windows of budgets are a minute or longer, so their highest use is seen by looking this often, ms. */
const LOOK_MS = 2_000;

export interface CountedRows {
  /** Rows before the first one that counts. */
  readonly warmUp: number;
  /** Rows that count. */
  readonly counted: number;
  /** Blocks of equally many counted rows, at least 1. */
  readonly blocks: number;
}

export class FigureCollector implements ReplayObserver {
  private readonly rows: CountedRows;
  private readonly rules: number;
  /** One row a block, then one a class. */
  private readonly counts: CountTable;
  private readonly firstToken: HistogramTable;
  private readonly duration: HistogramTable;
  private readonly budgetUseMax: Float64Array;
  private readonly tiers: [number, number, number] = [0, 0, 0];
  private currentBlock = -1;
  private looksAtMs = -Infinity;

  /** @param rules budget rules of the pool */
  constructor(rows: CountedRows, rules: number) {
    this.rows = rows;
    this.rules = rules;
    const all = rows.blocks + REQUEST_CLASSES.length;
    this.counts = new CountTable(all, COLUMNS);
    this.firstToken = new HistogramTable(all);
    this.duration = new HistogramTable(all);
    this.budgetUseMax = new Float64Array(rows.blocks);
  }

  timeMoves(router: Router, nowMs: number): void {
    if (this.rules === 0 || nowMs < this.looksAtMs || this.currentBlock < 0) return;
    this.looksAtMs = nowMs + LOOK_MS;
    let most = this.budgetUseMax[this.currentBlock]!;
    for (let rule = 0; rule < this.rules; rule++) most = Math.max(most, router.budgetUse(rule));
    this.budgetUseMax[this.currentBlock] = most;
  }

  arrived(call: ClientCall): void {
    const block = this.blockOf(call);
    if (block < 0) return;
    this.currentBlock = block;
    this.counts.add(block, ARRIVALS, 1);
  }

  sent(): void {
    // Nothing that an objective asks for is known yet.
  }

  attemptEnded(call: ClientCall, outcome: AttemptOutcome): void {
    const block = this.blockOf(call);
    if (block >= 0) this.counts.add(block, COST_MICRO_USD, outcome.costMicroUsd);
  }

  completed(call: ClientCall, outcome: AttemptOutcome, nowMs: number): void {
    const block = this.blockOf(call);
    if (block < 0) return;
    const ofClass = this.rowOfClass(call);
    const durationMs = nowMs - call.arrivedAtMs;
    const firstTokenMs =
      outcome.firstTokenMs === null ? durationMs : call.sentAtMs - call.arrivedAtMs + outcome.firstTokenMs;
    const firstTokenBin = binOf(firstTokenMs);
    const durationBin = binOf(durationMs);
    this.firstToken.add(block, firstTokenMs, firstTokenBin);
    this.firstToken.add(ofClass, firstTokenMs, firstTokenBin);
    this.duration.add(block, durationMs, durationBin);
    this.duration.add(ofClass, durationMs, durationBin);
    this.counts.add(block, COMPLETED, 1);
    this.counts.add(ofClass, COMPLETED, 1);
    this.end(call, block, ofClass);
  }

  rejected(call: ClientCall, command: RejectCommand): void {
    if (command.decision !== null) call.requestClass = command.decision.requestClass;
    const block = this.blockOf(call);
    if (block >= 0) this.end(call, block, this.rowOfClass(call));
  }

  cancelled(call: ClientCall): void {
    const block = this.blockOf(call);
    if (block >= 0) this.end(call, block, this.rowOfClass(call));
  }

  /** To be called once, after the replay. */
  figures(): ReplayFigures {
    const { blocks, counted, warmUp } = this.rows;
    const figuresOf = (row: number): BlockFigures => ({
      arrivals: this.counts.get(row, ARRIVALS),
      completed: this.counts.get(row, COMPLETED),
      ended: this.counts.get(row, ENDED),
      costMicroUsd: this.counts.get(row, COST_MICRO_USD),
      budgetUseMax: row < blocks ? this.budgetUseMax[row]! : 0,
      firstTokenMs: sparseHistogram(this.firstToken.rows[row]!),
      durationMs: sparseHistogram(this.duration.rows[row]!),
    });
    return {
      blocks: Array.from({ length: blocks }, (_, block) => figuresOf(block)),
      classes: REQUEST_CLASSES.map((_, index) => figuresOf(blocks + index)),
      tiers: this.tiers,
      replayed: warmUp + counted,
    };
  }

  private end(call: ClientCall, block: number, ofClass: number): void {
    this.counts.add(block, ENDED, 1);
    this.counts.add(ofClass, ENDED, 1);
    this.counts.add(ofClass, ARRIVALS, 1);
    this.counts.add(ofClass, COST_MICRO_USD, call.costMicroUsd);
    this.countTier(call.tier);
  }

  private countTier(tier: Tier): void {
    if (tier > 0) this.tiers[tier - 1]! += 1;
  }

  private rowOfClass({ requestClass }: ClientCall): number {
    return this.rows.blocks + REQUEST_CLASSES.indexOf(requestClass);
  }

  /** -1 in the warm-up. */
  private blockOf({ sequence }: ClientCall): number {
    const place = sequence - this.rows.warmUp;
    return place < 0 ? -1 : Math.floor((place * this.rows.blocks) / this.rows.counted);
  }
}
