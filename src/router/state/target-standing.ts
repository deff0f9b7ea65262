/**
 * How each target stands: the numbers that filters and scores read on every decision, one row a target. They
 * change only when an attempt starts or ends, when an order comes, or when time moves on by a step, and are
 * worked out then, not at each decision.
 *
 * Beliefs (success, first token, speed, cache hits) age in steps of 1/64 half-life, budgets in the steps of
 * their windows. Everything here is derived from the other parts of the state, so it is no part of a snapshot.
 */
import type { Policy } from '../policy.ts';
import { firstTokenTerm } from '../score/first-token.ts';
import { speedTerm } from '../score/speed.ts';
import { successTerm } from '../score/success.ts';
import type { BudgetLedger } from './budget-ledger.ts';
import type { CompiledPool } from './compiled-pool.ts';
import type { KeyGate } from './key-gate.ts';
import type { TargetEstimates } from './target-estimates.ts';
import type { TargetHealth } from './target-health.ts';

/** Columns of a row. The first three are score terms. */
export const SUCCESS = 0;
export const FIRST_TOKEN = 1;
export const SPEED = 2;
/** Recent share of input tokens read from the prompt cache, 0 to 1. */
export const HIT_RATIO = 3;
/** Factor on the score for failures and degradation, 0 to 1. */
export const STEADINESS = 4;
/** Attempts in flight at the key, 1 = at its limit (or at the policy's reference when it has none). */
export const BUSYNESS = 5;
/** How many more attempts the key lets through. */
export const SLOTS_LEFT = 6;
/** Health or a rate limit keeps the target out until then, ms; Infinity when only an event can bring it back. */
export const BLOCKED_UNTIL_MS = 7;
/** What the target's budgets still allow, in each metric; Infinity without a budget. */
export const TOKENS_LEFT = 8;
export const REQUESTS_LEFT = 9;
export const MICRO_USD_LEFT = 10;
/** Pressure of the target's budgets of every kind, 0 to 1. */
export const PRESSURE = 11;
/** Highest use of its money budgets, 1 = at the limit. */
export const MONEY_USE = 12;
/** Decayed mean time to first token, ms. */
export const FIRST_TOKEN_MS = 13;
/** A power of two keeps the row offset a shift. */
export const STANDING_COLUMNS = 16;

export class TargetStanding {
  readonly rows: Float64Array;
  /** Before this time, and without events, all rows are valid. */
  private dueAtMs = 0;
  private readonly changed: Int32Array;
  private readonly isChanged: Uint8Array;
  private changedCount = 0;

  private readonly pool: CompiledPool;
  private readonly policy: Policy;
  private readonly estimates: TargetEstimates;
  private readonly health: TargetHealth;
  private readonly keys: KeyGate;
  private readonly ledger: BudgetLedger;

  constructor(
    pool: CompiledPool,
    policy: Policy,
    estimates: TargetEstimates,
    health: TargetHealth,
    keys: KeyGate,
    ledger: BudgetLedger,
  ) {
    const targets = pool.targetIds.length;
    this.rows = new Float64Array(targets * STANDING_COLUMNS);
    this.changed = new Int32Array(targets);
    this.isChanged = new Uint8Array(targets);
    this.pool = pool;
    this.policy = policy;
    this.estimates = estimates;
    this.health = health;
    this.keys = keys;
    this.ledger = ledger;
  }

  /** Makes all rows valid for this time. */
  refresh(nowMs: number): void {
    if (nowMs >= this.dueAtMs) this.refreshAll(nowMs);
    else if (this.changedCount > 0) this.refreshChanged(nowMs);
  }

  /** Something was learnt about the target, its key or its budgets; whoever shares key or budget is affected too. */
  changedWith(target: number): void {
    const affected = this.pool.affectedBy[target]!;
    for (let position = 0; position < affected.length; position++) {
      const other = affected[position]!;
      if (this.isChanged[other] === 1) continue;
      this.isChanged[other] = 1;
      this.changed[this.changedCount++] = other;
    }
  }

  private refreshChanged(nowMs: number): void {
    for (let position = 0; position < this.changedCount; position++) {
      const target = this.changed[position]!;
      this.isChanged[target] = 0;
      this.refreshRow(target, nowMs);
    }
    this.changedCount = 0;
  }

  private refreshAll(nowMs: number): void {
    this.isChanged.fill(0);
    this.changedCount = 0;
    this.dueAtMs = this.estimates.freshUntilMs(nowMs);
    for (let target = 0; target < this.pool.targetIds.length; target++) this.refreshRow(target, nowMs);
  }

  private refreshRow(target: number, nowMs: number): void {
    const { rows, estimates, health, keys, ledger, pool } = this;
    const { prior, references, stability } = this.policy.score;
    const row = target * STANDING_COLUMNS;
    const key = pool.keyOf[target]!;

    const priorWeight = prior.observations * estimates.scaleAt(nowMs);
    const firstTokenMs =
      (priorWeight * prior.firstTokenMs + estimates.firstTokenSum[target]!) /
      (priorWeight + estimates.firstTokenCount[target]!);
    const tokensPerSecond =
      (priorWeight * prior.tokensPerSecond + estimates.speedSum[target]!) /
      (priorWeight + estimates.speedCount[target]!);
    rows[row + SUCCESS] = successTerm(
      estimates.successes[target]!,
      estimates.attempts[target]!,
      prior.successRatio,
      priorWeight,
    );
    rows[row + FIRST_TOKEN] = firstTokenTerm(firstTokenMs, references.firstTokenMs);
    rows[row + FIRST_TOKEN_MS] = firstTokenMs;
    rows[row + SPEED] = speedTerm(tokensPerSecond, references.tokensPerSecond);
    rows[row + HIT_RATIO] =
      (priorWeight * prior.cacheHitRatio + estimates.cachedShareSum[target]!) /
      (priorWeight + estimates.cachedShareCount[target]!);

    const blockedUntilMs = health.blockedUntilMs(target, nowMs);
    rows[row + STEADINESS] =
      (health.recentFailures(target, nowMs) > stability.recentFailures ? stability.recentFailuresFactor : 1) *
      (health.isDegraded(target) ? stability.degradedFactor : 1);
    rows[row + BLOCKED_UNTIL_MS] = Math.max(blockedUntilMs, keys.limitedUntilMs[key]!);
    rows[row + SLOTS_LEFT] = keys.concurrencyLimit[key]! - keys.inFlight[key]!;
    rows[row + BUSYNESS] = keys.inFlight[key]! * keys.inverseFullness[key]!;

    ledger.survey(pool.budgetsOfTarget[target]!, nowMs);
    rows[row + TOKENS_LEFT] = ledger.tokensLeft;
    rows[row + REQUESTS_LEFT] = ledger.requestsLeft;
    rows[row + MICRO_USD_LEFT] = ledger.microUsdLeft;
    rows[row + PRESSURE] = ledger.pressure(ledger.highestUse);
    rows[row + MONEY_USE] = ledger.highestMoneyUse;

    this.dueAtMs = Math.min(this.dueAtMs, ledger.freshUntilMs, health.reviewAtMs[target]!);
  }
}
