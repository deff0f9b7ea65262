/**
 * How targets and budgets stand, for people and for metrics. Looking changes nothing, not even what is worked out
 * late: a router that was looked at gives the same decisions and the same snapshot as one that was not.
 */
import type { TargetState } from './contract.ts';
import type { BudgetMetric, BudgetWindow } from './pool.ts';
import type { RouterState } from './state/router-state.ts';

export interface TargetView {
  /** As of the last input: a rest that is over turns into probing with the next decision about the target. */
  readonly state: TargetState;
  /** Attempts in flight at the target, */
  readonly inFlight: number;
  /** and at its key, which other targets may share. */
  readonly keyInFlight: number;
  /** Of the key; null: none. */
  readonly concurrencyLimit: number | null;
  /** Requests that hold a place in the queue of its key. */
  readonly waiting: number;
  readonly queueLimit: number;
  /** Until when its health (or an order) keeps the target out, ms; 0 when it does not. */
  readonly restsUntilMs: number;
  /** Until when a 429 or a Retry-After keeps its key out, ms; 0 when it does not. */
  readonly limitedUntilMs: number;
  /** The budget rules that its attempts are charged to, positions in `Router.budgetLabels`. */
  readonly budgetRules: readonly number[];
  /** Attempts that say something about health, and failures among them, in the window of the policy. */
  readonly recentAttempts: number;
  readonly recentFailures: number;
  /** What is believed of it: decayed means, mixed with the policy's prior. */
  readonly successRatio: number;
  readonly firstTokenMs: number;
  readonly tokensPerSecond: number;
  readonly cacheHitRatio: number;
  /** Nothing stands behind it but the policy's prior. */
  readonly isAssumed: Readonly<Record<Belief, boolean>>;
}

/** What is believed of a target. */
export type Belief = 'successRatio' | 'firstTokenMs' | 'tokensPerSecond' | 'cacheHitRatio';

export interface BudgetView {
  /** For people, e.g. `key aurora.main: tokens per 1m`. */
  readonly label: string;
  readonly metric: BudgetMetric;
  readonly window: BudgetWindow;
  /** In the metric's unit, micro-USD for money. */
  readonly limit: number;
  /** In the same unit; can be above the limit, as an attempt may use more than was reserved for it. */
  readonly used: number;
}

/** @throws RangeError when there is no such target */
export function viewTarget(state: RouterState, target: number, nowMs: number): TargetView {
  const { pool, policy, health, keys, estimates } = state;
  checkPosition(target, pool.targetIds.length, 'target');
  const key = pool.keyOf[target]!;
  const name = health.nameOf(target);
  const limit = keys.concurrencyLimit[key]!;
  const restsUntilMs = name === 'cooldown' || name === 'unhealthy' ? health.restsUntilMs[target]! : 0;
  const limitedUntilMs = keys.limitedUntilMs[key]!;
  const { attempts, failures } = health.peekWindow(target, nowMs);
  const { prior } = policy.score;
  const priorWeight = prior.observations * estimates.peekScale(nowMs);
  const mean = (priorMean: number, sum: number, count: number): number =>
    (priorWeight * priorMean + sum) / (priorWeight + count);
  return {
    state: name,
    inFlight: health.inFlight[target]!,
    keyInFlight: keys.inFlight[key]!,
    concurrencyLimit: limit === Infinity ? null : limit,
    waiting: keys.waiting[key]!,
    queueLimit: keys.queueLimit[key]!,
    restsUntilMs: restsUntilMs > nowMs ? restsUntilMs : 0,
    limitedUntilMs: limitedUntilMs > nowMs ? limitedUntilMs : 0,
    budgetRules: [...pool.budgetsOfTarget[target]!],
    recentAttempts: attempts,
    recentFailures: failures,
    successRatio: mean(prior.successRatio, estimates.successes[target]!, estimates.attempts[target]!),
    firstTokenMs: mean(prior.firstTokenMs, estimates.firstTokenSum[target]!, estimates.firstTokenCount[target]!),
    tokensPerSecond: mean(prior.tokensPerSecond, estimates.speedSum[target]!, estimates.speedCount[target]!),
    cacheHitRatio: mean(prior.cacheHitRatio, estimates.cachedShareSum[target]!, estimates.cachedShareCount[target]!),
    isAssumed: {
      successRatio: estimates.attempts[target] === 0,
      firstTokenMs: estimates.firstTokenCount[target] === 0,
      tokensPerSecond: estimates.speedCount[target] === 0,
      cacheHitRatio: estimates.cachedShareCount[target] === 0,
    },
  };
}

/** @throws RangeError when there is no such rule */
export function viewBudget({ pool, ledger }: RouterState, rule: number, nowMs: number): BudgetView {
  checkPosition(rule, pool.budgets.length, 'budget rule');
  const { label, rule: definition } = pool.budgets[rule]!;
  const { metric, window, limit } = definition;
  return { label, metric, window, limit, used: ledger.peekUsed(rule, nowMs) };
}

function checkPosition(position: number, count: number, what: string): void {
  if (!(position >= 0 && position < count)) throw new RangeError(`there is no ${what} ${position}, only ${count}`);
}
