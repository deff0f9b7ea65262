/** How a target stands, in words and figures for people. */
import type { TargetState, TargetView } from '../../router/index.ts';
import type { LastFailure } from './last-failures.ts';
import type { ProxyView } from './proxy-view.ts';
import type { TargetUsage } from './target-usage.ts';

export interface TargetStatus {
  /** `provider.keyAlias.model` */
  readonly target: string;
  /** `retiring`: see `isLeaving`. */
  readonly state: TargetState | 'retiring';
  /** Could be sent to now: nothing but being busy keeps it out. */
  readonly isAvailable: boolean;
  /** One line: why it is out, or what is the matter; null when all is well. */
  readonly why: string | null;
  /** Until a rest or a rate limit is over, ms; 0 when there is none. */
  readonly cooldownLeftMs: number;
  readonly inFlight: number;
  /** In flight at its key, which other targets may share. */
  readonly keyInFlight: number;
  /** Of the key; null: none. */
  readonly concurrencyLimit: number | null;
  /** Requests that hold a place in the queue of its key, */
  readonly waiting: number;
  readonly queueLimit: number;
  /** In the policy's health window. */
  readonly recent: { readonly attempts: number; readonly failures: number };
  /** Decayed means, mixed with the policy's prior. */
  readonly beliefs: {
    readonly successRatio: number;
    readonly firstTokenMs: number;
    readonly tokensPerSecond: number;
    readonly cacheHitRatio: number;
    /** Which of them are the prior alone: nothing was measured, or it was forgotten when the target came back. */
    readonly isAssumed: TargetView['isAssumed'];
  };
  /** Since the start. */
  readonly lastFailure: LastFailure | null;
  readonly usage: TargetUsage;
  /** A reload has taken it out of the pool; it goes when its attempts have ended. */
  readonly isLeaving: boolean;
}

/** All targets of the pool, sorted by id, and those that have left it while attempts are in flight there. */
export function targetStatuses(view: ProxyView): TargetStatus[] {
  const { router } = view;
  const nowMs = view.nowMs();
  const configured = new Set(view.pool.targets.map((target) => target.id));
  const isUsedUp = router.budgetLabels.map((_, rule) => {
    const { used, limit } = router.viewBudget(rule, nowMs);
    return used >= limit;
  });
  return router.targetIds
    .map((target, index) =>
      statusOf(
        router.viewTarget(index, nowMs),
        target,
        !configured.has(target),
        isUsedUp,
        router.budgetLabels,
        view.lastFailureOf(target),
        view.usageOf(target),
        nowMs,
      ),
    )
    .filter(({ isLeaving, inFlight }) => !isLeaving || inFlight > 0);
}

function statusOf(
  look: TargetView,
  target: string,
  isLeaving: boolean,
  isUsedUp: readonly boolean[],
  labels: readonly string[],
  lastFailure: LastFailure | null,
  usage: TargetUsage,
  nowMs: number,
): TargetStatus {
  const backAtMs = Math.max(look.restsUntilMs, look.limitedUntilMs);
  const budget = look.budgetRules.find((rule) => isUsedUp[rule] === true);
  const spent = budget === undefined ? null : (labels[budget] ?? null);
  return {
    target,
    state: isLeaving ? 'retiring' : look.state,
    isAvailable: look.state !== 'disabled' && backAtMs === 0 && spent === null && !isLeaving,
    why: isLeaving
      ? 'a reload has taken it out of the pool; its last attempts are ending'
      : reason(look, spent, lastFailure),
    cooldownLeftMs: backAtMs === 0 ? 0 : backAtMs - nowMs,
    inFlight: look.inFlight,
    keyInFlight: look.keyInFlight,
    concurrencyLimit: look.concurrencyLimit,
    waiting: look.waiting,
    queueLimit: look.queueLimit,
    recent: { attempts: look.recentAttempts, failures: look.recentFailures },
    beliefs: {
      successRatio: look.successRatio,
      firstTokenMs: look.firstTokenMs,
      tokensPerSecond: look.tokensPerSecond,
      cacheHitRatio: look.cacheHitRatio,
      isAssumed: look.isAssumed,
    },
    lastFailure,
    usage,
    isLeaving,
  };
}

/** In the order in which the core's filters look. */
function reason(look: TargetView, spentBudget: string | null, lastFailure: LastFailure | null): string | null {
  const { state, recentAttempts, recentFailures, keyInFlight, concurrencyLimit } = look;
  const failures = `${recentFailures} of ${recentAttempts} recent attempts failed`;
  if (state === 'disabled') return 'disabled in the configuration or by an operator';
  if (look.restsUntilMs > 0) {
    const said = `${lastFailure?.errorCode ?? 'no code'}, status ${lastFailure?.status ?? 'unknown'}`;
    if (lastFailure?.reason === 'auth') {
      return `rests: the provider refused its key (status ${lastFailure.status ?? 'unknown'}); mend the key, then reload, or enable the target`;
    }
    if (lastFailure?.reason === 'quota') {
      return `rests: the quota or the balance of its key is used up (${said}); top it up, then enable the target`;
    }
    // Only attempts that failed could have brought it here by itself.
    if (lastFailure === null && recentFailures === 0) return 'rests by an order, or since before the last start';
    return `rests after failures, a refused key or an order; ${failures}`;
  }
  if (look.limitedUntilMs > 0) return 'its key rests: the provider said 429, or when to come back';
  if (spentBudget !== null) return `used up: ${spentBudget}`;
  if (concurrencyLimit !== null && keyInFlight >= concurrencyLimit) {
    return `busy: its key has ${keyInFlight} attempts in flight, at most ${concurrencyLimit}`;
  }
  switch (state) {
    case 'healthy':
      return null;
    case 'degraded':
      return recentFailures > 0 ? failures : 'slower than usual';
    case 'probing':
      return 'on its way back: a few probes must succeed first';
    case 'unhealthy':
    case 'cooldown':
      return 'its rest is over: it is probed with one of the next requests';
  }
}
