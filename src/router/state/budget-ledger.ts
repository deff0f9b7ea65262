/**
 * Budgets over sliding windows. An attempt is charged an estimate when it is sent (reserve) and the difference
 * to what it really used when it ends (settle), both at the time of sending; concurrent requests therefore see
 * each other's reservations and cannot overshoot together.
 */
import type { BudgetMetric, BudgetWindow } from '../pool.ts';
import type { CompiledPool } from './compiled-pool.ts';
import { SlidingWindows, type SavedWindows, type WindowShape } from './sliding-windows.ts';

const DAY_MS = 86_400_000;

/** Minutes slide in 61 steps so that no true window of the nominal length is ever undercounted; a day is a UTC day. */
const SHAPES: Readonly<Record<BudgetWindow, WindowShape>> = {
  '1m': { bucketMs: 1_000, buckets: 61 },
  '5m': { bucketMs: 5_000, buckets: 61 },
  day: { bucketMs: DAY_MS, buckets: 1 },
};

const METRIC_CODE: Readonly<Record<BudgetMetric, number>> = { tokens: 0, requests: 1, microUsd: 2 };
const TOKENS = METRIC_CODE.tokens;
const REQUESTS = METRIC_CODE.requests;

/** What an attempt uses, in the unit of each metric; whole numbers. */
export interface Usage {
  readonly tokens: number;
  readonly requests: number;
  readonly microUsd: number;
}

export class BudgetLedger {
  private readonly windows: SlidingWindows;
  private readonly limits: Float64Array;
  private readonly metrics: Uint8Array;
  private readonly softThreshold: number;
  readonly labels: readonly string[];

  constructor(pool: CompiledPool, softThreshold: number) {
    this.windows = new SlidingWindows(pool.budgets.map(({ rule }) => SHAPES[rule.window]));
    this.limits = Float64Array.from(pool.budgets, ({ rule }) => rule.limit);
    this.metrics = Uint8Array.from(pool.budgets, ({ rule }) => METRIC_CODE[rule.metric]);
    this.labels = pool.budgets.map(({ label }) => label);
    this.softThreshold = softThreshold;
  }

  /** Would the usage break one of these rules? */
  exceeded(rules: Int32Array, tokens: number, requests: number, microUsd: number, nowMs: number): boolean {
    for (let position = 0; position < rules.length; position++) {
      const rule = rules[position]!;
      const amount = this.amount(rule, tokens, requests, microUsd);
      if (this.windows.sum(rule, nowMs) + amount > this.limits[rule]!) return true;
    }
    return false;
  }

  /** The first time at which the usage would fit all these rules if nothing else were charged; Infinity: never. */
  fitsAtMs(rules: Int32Array, tokens: number, requests: number, microUsd: number, nowMs: number): number {
    let latest = nowMs;
    for (const rule of rules) {
      const allowed = this.limits[rule]! - this.amount(rule, tokens, requests, microUsd);
      latest = Math.max(latest, allowed < 0 ? Infinity : this.windows.dropsToAtMs(rule, allowed, nowMs));
    }
    return latest;
  }

  /** Charges a usage to the rules at the time of sending; negative amounts give back. */
  charge(rules: Int32Array, usage: Usage, sentAtMs: number, nowMs: number): void {
    for (let position = 0; position < rules.length; position++) {
      const rule = rules[position]!;
      const amount = this.amount(rule, usage.tokens, usage.requests, usage.microUsd);
      if (amount !== 0) this.windows.add(rule, sentAtMs, amount, nowMs);
    }
  }

  /** Highest use among the rules, 0 to 1 and beyond (1 = at the limit); only money when `moneyOnly`. */
  highestUse(rules: Int32Array, moneyOnly: boolean, nowMs: number): number {
    let highest = 0;
    for (let position = 0; position < rules.length; position++) {
      const rule = rules[position]!;
      if (moneyOnly && this.metrics[rule]! <= REQUESTS) continue;
      const use = this.windows.sum(rule, nowMs) / this.limits[rule]!;
      if (use > highest) highest = use;
    }
    return highest;
  }

  /** Pressure of a use: 0 up to the soft threshold, then linear to 1 at the limit. */
  pressure(use: number): number {
    if (use <= this.softThreshold) return 0;
    return Math.min(1, (use - this.softThreshold) / (1 - this.softThreshold));
  }

  use(rule: number, nowMs: number): number {
    return this.windows.sum(rule, nowMs) / this.limits[rule]!;
  }

  save(): SavedWindows {
    return this.windows.save();
  }

  load(saved: SavedWindows): void {
    this.windows.load(saved);
  }

  private amount(rule: number, tokens: number, requests: number, microUsd: number): number {
    const metric = this.metrics[rule]!;
    return metric === TOKENS ? tokens : metric === REQUESTS ? requests : microUsd;
  }
}
