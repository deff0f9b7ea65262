/**
 * Attempts in flight under budget rules that they were not charged to when they were sent, because the rules are
 * new. They are charged now, as if the rules had been there: what is settled at their end is the difference to this.
 */
import type { CompiledPool } from '../state/compiled-pool.ts';
import type { PendingRequest } from '../state/pending-request.ts';
import type { RouterState } from '../state/router-state.ts';
import type { PoolChange } from './pool-change.ts';

/**
 * @param before the requests as the old pool numbered them
 * @param after the same requests, in the same order, as the new one does
 */
export function reserveUnderNewRules(
  { ledger }: RouterState,
  before: readonly PendingRequest[],
  after: readonly PendingRequest[],
  change: PoolChange,
  nowMs: number,
): void {
  after.forEach((pending, index) => {
    if (pending.phase !== 'sent') return;
    const charged = new Set(rulesOf(change.before, before[index]!).map((rule) => change.rules.successor[rule]));
    const uncharged = rulesOf(change.after, pending).filter((rule) => !charged.has(rule));
    const { reservedTokens, reservedMicroUsd, sentAtMs } = pending;
    ledger.charge(Int32Array.from(uncharged), reservedTokens, 1, reservedMicroUsd, sentAtMs, nowMs);
  });
}

/** The rules that the attempt in flight is settled with. */
function rulesOf(pool: CompiledPool, { target, clientKey }: PendingRequest): number[] {
  const own = pool.budgetsOfTarget[target]!;
  return clientKey < 0 ? [...own] : [...own, ...pool.budgetsOfClientKey[clientKey]!];
}
