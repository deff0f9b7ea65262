/**
 * How each target stands: the numbers that filters and scores read on every decision, one row a target. They
 * change only when an attempt starts or ends, when an order comes, or when time moves on by a step, and are
 * worked out then, not at each decision.
 *
 * Beliefs (success, first token, speed, cache hits) age in steps of 1/64 half-life, budgets in the steps of
 * their windows. Everything here is derived from the other parts of the state, so it is no part of a snapshot.
 */
import type { Policy } from '../policy.ts';
import { loadTerm } from '../score/load.ts';
import { firstTokenTerm } from '../score/first-token.ts';
import { speedTerm } from '../score/speed.ts';
import { successTerm } from '../score/success.ts';
import type { BudgetLedger } from './budget-ledger.ts';
import { budgetPressure } from './budget-pressure.ts';
import type { CompiledPool } from './compiled-pool.ts';
import type { KeyGate } from './key-gate.ts';
import { STANDING } from './standing-columns.ts';
import type { TargetEstimates } from './target-estimates.ts';
import type { TargetHealth } from './target-health.ts';

const {
  SUCCESS,
  FIRST_TOKEN,
  SPEED,
  HIT_RATIO,
  STEADINESS,
  LOAD,
  BUSYNESS,
  OPEN_FROM_MS,
  TOKENS_LEFT,
  MICRO_USD_LEFT,
  PRESSURE,
  MONEY_USE,
  FIRST_TOKEN_MS,
  INPUT_PRICE,
  CACHE_READ_PRICE,
  OUTPUT_PRICE,
  COLUMNS,
} = STANDING;

/** What may have changed about a target, as bits. */
const BELIEFS = 1;
const AVAILABILITY = 2;
const BUDGETS = 4;

export class TargetStanding {
  readonly rows: Float64Array;
  /** Before this time, and without events, all rows are valid. */
  private dueAtMs = 0;
  private readonly changed: Int32Array;
  private readonly changes: Uint8Array;
  private changedCount = 0;
  /** Targets that are not open now, and how many of them each lane has. */
  private readonly isClosed: Uint8Array;
  private readonly closedInLane: Int32Array;
  /** No budget was tense at the last refresh: pressure is 0 in all rows, and what they say is left is not kept up. */
  private budgetsAreCalm = true;

  private readonly pool: CompiledPool;
  private readonly policy: Policy;
  private readonly estimates: TargetEstimates;
  private readonly health: TargetHealth;
  private readonly keys: KeyGate;
  private readonly ledger: BudgetLedger;
  private readonly isAnew: boolean;

  /** @param isAnew nobody tells of changes, so each refresh works out everything; slower, and right at any time */
  constructor(
    pool: CompiledPool,
    policy: Policy,
    estimates: TargetEstimates,
    health: TargetHealth,
    keys: KeyGate,
    ledger: BudgetLedger,
    isAnew = false,
  ) {
    const targets = pool.targetIds.length;
    this.rows = new Float64Array(targets * COLUMNS);
    this.changed = new Int32Array(targets);
    this.changes = new Uint8Array(targets);
    this.isClosed = new Uint8Array(targets);
    this.closedInLane = new Int32Array(pool.lanes.length);
    this.pool = pool;
    this.policy = policy;
    this.estimates = estimates;
    this.health = health;
    this.keys = keys;
    this.ledger = ledger;
    this.isAnew = isAnew;
    if (isAnew) this.budgetsAreCalm = false;
    for (let target = 0; target < targets; target++) {
      const row = target * COLUMNS;
      this.rows[row + INPUT_PRICE] = pool.inputPrice[target]!;
      this.rows[row + CACHE_READ_PRICE] = pool.cacheReadPrice[target]!;
      this.rows[row + OUTPUT_PRICE] = pool.outputPrice[target]!;
    }
  }

  /** Makes all rows valid for this time; budget columns only while a budget is tense (see `refreshBudgets`). */
  refresh(nowMs: number): void {
    if (this.isAnew) {
      this.refreshAll(nowMs);
      return;
    }
    if (nowMs >= this.dueAtMs) this.refreshAll(nowMs);
    else if (this.changedCount > 0) this.refreshChanged(nowMs);
    if (this.budgetsAreCalm !== (this.ledger.tenseRules === 0)) this.turnBudgets(nowMs);
  }

  /** True when surely every target of the lane is open, as of the last refresh. */
  isEveryoneOpen(lane: number): boolean {
    return this.closedInLane[lane] === 0;
  }

  /** Whether {@link TOKENS_LEFT} and {@link MICRO_USD_LEFT} were kept up; if not, `refreshBudgets` must be called first. */
  get areBudgetsKept(): boolean {
    return !this.budgetsAreCalm;
  }

  /** An attempt was sent to the target: its key is fuller, its budgets are charged. */
  attemptStarted(target: number): void {
    this.keyMoved(target);
    if (this.health.probingTargets > 0) this.noteOne(target, AVAILABILITY);
    if (!this.budgetsAreCalm) this.note(this.pool.budgetSharers[target]!, BUDGETS);
  }

  /** An attempt at the target ended: its key is emptier, and what is believed of it may be different. */
  attemptEnded(target: number): void {
    this.keyMoved(target);
    this.noteOne(target, AVAILABILITY | BELIEFS);
    if (!this.budgetsAreCalm) this.note(this.pool.budgetSharers[target]!, BUDGETS);
  }

  /** The target's key was limited or refused, or an order came: all who share the key may be out, or back. */
  keyChanged(target: number): void {
    this.note(this.pool.keySharers[target]!, AVAILABILITY | BELIEFS);
  }

  /** One attempt more or less is in flight at the target's key. */
  private keyMoved(target: number): void {
    const { rows, keys, pool } = this;
    const key = pool.keyOf[target]!;
    const inFlight = keys.inFlight[key]!;
    const limit = keys.concurrencyLimit[key]!;
    const busyness = inFlight * keys.inverseFullness[key]!;
    const sharers = pool.keySharers[target]!;
    for (let position = 0; position < sharers.length; position++) {
      const row = sharers[position]! * COLUMNS;
      rows[row + BUSYNESS] = busyness;
      rows[row + LOAD] = loadTerm(busyness, limit !== Infinity, rows[row + PRESSURE]!);
    }
    // The last place was taken, or the first one given back.
    if (inFlight >= limit - 1) this.note(sharers, AVAILABILITY);
  }

  private note(targets: Int32Array, change: number): void {
    for (let position = 0; position < targets.length; position++) this.noteOne(targets[position]!, change);
  }

  private noteOne(target: number, change: number): void {
    const before = this.changes[target]!;
    if (before === 0) this.changed[this.changedCount++] = target;
    this.changes[target] = before | change;
  }

  private refreshChanged(nowMs: number): void {
    for (let position = 0; position < this.changedCount; position++) {
      const target = this.changed[position]!;
      const changes = this.changes[target]!;
      this.changes[target] = 0;
      // In this order for the reason that `refreshAll` gives.
      if ((changes & AVAILABILITY) !== 0) this.refreshAvailability(target, nowMs);
      if ((changes & BELIEFS) !== 0) this.refreshBeliefs(target, nowMs);
      if ((changes & BUDGETS) !== 0) this.refreshBudgets(target, nowMs);
    }
    this.changedCount = 0;
  }

  private refreshAll(nowMs: number): void {
    this.changes.fill(0);
    this.changedCount = 0;
    this.dueAtMs = this.estimates.freshUntilMs(nowMs);
    for (let target = 0; target < this.pool.targetIds.length; target++) {
      // Availability first: a target that comes back from a cooldown forgets what was believed of it.
      this.refreshAvailability(target, nowMs);
      this.refreshBeliefs(target, nowMs);
      if (!this.budgetsAreCalm) this.refreshBudgets(target, nowMs);
    }
  }

  /** The first budget became tense, or the last one ceased to be. */
  private turnBudgets(nowMs: number): void {
    for (let target = 0; target < this.pool.targetIds.length; target++) this.refreshBudgets(target, nowMs);
    this.budgetsAreCalm = this.ledger.tenseRules === 0;
  }

  private refreshAvailability(target: number, nowMs: number): void {
    const { rows, health, keys } = this;
    const row = target * COLUMNS;
    const key = this.pool.keyOf[target]!;
    const slotsLeft = keys.concurrencyLimit[key]! - keys.inFlight[key]!;
    const openFromMs =
      slotsLeft > 0 ? Math.max(health.blockedUntilMs(target, nowMs), keys.limitedUntilMs[key]!) : Infinity;
    rows[row + OPEN_FROM_MS] = openFromMs;
    this.noteClosed(target, openFromMs > nowMs ? 1 : 0);
    if (openFromMs > nowMs) this.dueAtMs = Math.min(this.dueAtMs, openFromMs);
    rows[row + BUSYNESS] = keys.inFlight[key]! * keys.inverseFullness[key]!;
    this.refreshLoad(target);
    this.dueAtMs = Math.min(this.dueAtMs, health.reviewAtMs[target]!);
  }

  private noteClosed(target: number, isClosed: number): void {
    if (this.isClosed[target] === isClosed) return;
    this.isClosed[target] = isClosed;
    for (const lane of this.pool.lanesOfTarget[target]!) {
      this.closedInLane[lane] = this.closedInLane[lane]! + (isClosed === 1 ? 1 : -1);
    }
  }

  private refreshBeliefs(target: number, nowMs: number): void {
    const { rows, estimates, health } = this;
    const { prior, references, stability } = this.policy.score;
    const row = target * COLUMNS;
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
    const recentFailures = health.recentFailures(target, nowMs);
    rows[row + STEADINESS] =
      (recentFailures > stability.recentFailures ? stability.recentFailuresFactor : 1) *
      (health.isDegraded(target) ? stability.degradedFactor : 1);
    if (recentFailures > 0) this.dueAtMs = Math.min(this.dueAtMs, health.failuresChangeAtMs(target));
  }

  /** Works out anew what the target's budgets leave. */
  refreshBudgets(target: number, nowMs: number): void {
    const { rows, ledger } = this;
    const row = target * COLUMNS;
    ledger.survey(this.pool.budgetsOfTarget[target]!, nowMs);
    rows[row + TOKENS_LEFT] = ledger.requestsLeft >= 1 ? ledger.tokensLeft : -1;
    rows[row + MICRO_USD_LEFT] = ledger.microUsdLeft;
    rows[row + PRESSURE] = budgetPressure(ledger.highestUse, this.policy.budget.softThreshold);
    rows[row + MONEY_USE] = ledger.highestMoneyUse;
    this.refreshLoad(target);
    // Time only takes old use away. Without pressure that changes no pressure, and whether more tokens or money
    // are left than stands here is asked again before a target is rejected for it.
    if (rows[row + PRESSURE]! > 0) this.dueAtMs = Math.min(this.dueAtMs, ledger.freshUntilMs);
  }

  private refreshLoad(target: number): void {
    const { rows } = this;
    const row = target * COLUMNS;
    const isLimited = this.keys.concurrencyLimit[this.pool.keyOf[target]!]! !== Infinity;
    rows[row + LOAD] = loadTerm(rows[row + BUSYNESS]!, isLimited, rows[row + PRESSURE]!);
  }
}
