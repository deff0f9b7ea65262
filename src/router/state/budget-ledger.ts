/**
 * Budgets over sliding windows. An attempt is charged an estimate when it is sent (reserve) and the difference
 * to what it really used when it ends (settle), both at the time of sending; concurrent requests therefore see
 * each other's reservations and cannot overshoot together.
 *
 * A rule that is used beyond the soft threshold is called tense. While none is, no budget has a say in a decision
 * of ordinary size: there is no pressure, and every rule has at least 1 - softThreshold of its limit left.
 */
import type { BudgetMetric, BudgetWindow } from '../pool.ts';
import type { CompiledPool } from './compiled-pool.ts';
import { SlidingWindows, type SavedWindows, type WindowShape } from './sliding-windows.ts';

const DAY_MS = 86_400_000;
/** Keeps what is promised while calm on the safe side of rounding. */
const ROUNDING_MARGIN = 1 - 1e-9;

/** Minutes slide in 61 steps so that no true window of the nominal length is ever undercounted; a day is a UTC day. */
const SHAPES: Readonly<Record<BudgetWindow, WindowShape>> = {
  '1m': { bucketMs: 1_000, buckets: 61 },
  '5m': { bucketMs: 5_000, buckets: 61 },
  day: { bucketMs: DAY_MS, buckets: 1 },
};

const METRIC_CODE: Readonly<Record<BudgetMetric, number>> = { tokens: 0, requests: 1, microUsd: 2 };
const TOKENS = METRIC_CODE.tokens;
const REQUESTS = METRIC_CODE.requests;

export class BudgetLedger {
  private readonly windows: SlidingWindows;
  private readonly limits: Float64Array;
  private readonly inverseLimits: Float64Array;
  private readonly metrics: Uint8Array;
  private readonly softThreshold: number;
  private readonly isTense: Uint8Array;
  /** Tense rules as of their last charge or survey; time only takes use away, so there are never more. */
  tenseRules = 0;
  /** What one attempt may use at most and surely fits every rule while none is tense. */
  private readonly calmTokens: number;
  private readonly calmMicroUsd: number;
  readonly labels: readonly string[];
  /** Answers of {@link survey}: what is left in each metric (Infinity without a rule for it). */
  tokensLeft = Infinity;
  requestsLeft = Infinity;
  microUsdLeft = Infinity;
  /** Highest use of any rule, and of the money rules, 1 = at the limit. */
  highestUse = 0;
  highestMoneyUse = 0;
  /** When the passing of time changes the answer. */
  freshUntilMs = Infinity;

  constructor(pool: CompiledPool, softThreshold: number) {
    this.windows = new SlidingWindows(pool.budgets.map(({ rule }) => SHAPES[rule.window]));
    this.limits = Float64Array.from(pool.budgets, ({ rule }) => rule.limit);
    this.inverseLimits = this.limits.map((limit) => 1 / limit);
    this.metrics = Uint8Array.from(pool.budgets, ({ rule }) => METRIC_CODE[rule.metric]);
    this.labels = pool.budgets.map(({ label }) => label);
    this.softThreshold = softThreshold;
    this.isTense = new Uint8Array(pool.budgets.length);
    const leftWhileCalm = (metric: number): number =>
      this.limits.reduce(
        (least, limit, rule) => (this.metrics[rule] === metric ? Math.min(least, limit * (1 - softThreshold)) : least),
        Infinity,
      ) * ROUNDING_MARGIN;
    this.calmMicroUsd = leftWhileCalm(METRIC_CODE.microUsd);
    this.calmTokens = leftWhileCalm(REQUESTS) >= 1 ? leftWhileCalm(TOKENS) : -1;
  }

  /** True when an attempt that uses this much at most surely fits all rules and none of them exerts pressure. */
  isCalmFor(tokens: number, microUsd: number): boolean {
    return this.tenseRules === 0 && tokens <= this.calmTokens && microUsd <= this.calmMicroUsd;
  }

  /**
   * What the rules leave, and how far they are used; the answer is left in the public fields. Valid until
   * `freshUntilMs` or the next charge to one of the rules.
   */
  survey(rules: Int32Array, nowMs: number): void {
    let tokensLeft = Infinity;
    let requestsLeft = Infinity;
    let microUsdLeft = Infinity;
    let highestUse = 0;
    let highestMoneyUse = 0;
    let freshUntilMs = Infinity;
    for (let position = 0; position < rules.length; position++) {
      const rule = rules[position]!;
      const sum = this.windows.sum(rule, nowMs);
      this.judge(rule, sum);
      const left = this.limits[rule]! - sum;
      const use = sum * this.inverseLimits[rule]!;
      const metric = this.metrics[rule]!;
      if (metric === TOKENS) tokensLeft = Math.min(tokensLeft, left);
      else if (metric === REQUESTS) requestsLeft = Math.min(requestsLeft, left);
      else {
        microUsdLeft = Math.min(microUsdLeft, left);
        highestMoneyUse = Math.max(highestMoneyUse, use);
      }
      highestUse = Math.max(highestUse, use);
      freshUntilMs = Math.min(freshUntilMs, this.windows.changesAtMs(rule));
    }
    this.tokensLeft = tokensLeft;
    this.requestsLeft = requestsLeft;
    this.microUsdLeft = microUsdLeft;
    this.highestUse = highestUse;
    this.highestMoneyUse = highestMoneyUse;
    this.freshUntilMs = freshUntilMs;
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
  charge(rules: Int32Array, tokens: number, requests: number, microUsd: number, sentAtMs: number, nowMs: number): void {
    for (let position = 0; position < rules.length; position++) {
      const rule = rules[position]!;
      const amount = this.amount(rule, tokens, requests, microUsd);
      if (amount !== 0) this.judge(rule, this.windows.add(rule, sentAtMs, amount, nowMs));
    }
  }

  use(rule: number, nowMs: number): number {
    return this.windows.sum(rule, nowMs) / this.limits[rule]!;
  }

  /** What of a rule's limit is used, in its unit, without changing anything. */
  peekUsed(rule: number, nowMs: number): number {
    return this.windows.peek(rule, nowMs);
  }

  save(): SavedWindows {
    return this.windows.save();
  }

  load(saved: SavedWindows): void {
    this.windows.load(saved);
    for (let rule = 0; rule < this.limits.length; rule++) this.judge(rule, this.windows.latestSum(rule));
  }

  /** Notes whether a rule with this sum is tense, by the same arithmetic as `budgetPressure`. */
  private judge(rule: number, sum: number): void {
    const isTense = sum * this.inverseLimits[rule]! > this.softThreshold ? 1 : 0;
    if (isTense === this.isTense[rule]) return;
    this.isTense[rule] = isTense;
    this.tenseRules += isTense === 1 ? 1 : -1;
  }

  private amount(rule: number, tokens: number, requests: number, microUsd: number): number {
    const metric = this.metrics[rule]!;
    return metric === TOKENS ? tokens : metric === REQUESTS ? requests : microUsd;
  }
}
