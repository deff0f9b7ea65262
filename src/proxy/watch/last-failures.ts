import { effectOf, type AttemptOutcome, type OutcomeReason, type RouterRequest } from '../../router/index.ts';
import type { ProxyWatcher } from '../proxy-events.ts';

/** How an attempt failed. */
export type LastFailure = Pick<AttemptOutcome, 'kind' | 'status' | 'errorCode'> & {
  /** What the core makes of it. */
  readonly reason: OutcomeReason;
  /** Unix time in ms. */
  readonly atMs: number;
};

/** The latest failure of each target since the start, for whoever wonders why one is out. */
export class LastFailures implements ProxyWatcher {
  private readonly byTarget = new Map<string, LastFailure>();
  private readonly isConfigured: (target: string) => boolean;

  /** @param isConfigured whether the pool in force has the target: of others nothing is kept */
  constructor(isConfigured: (target: string) => boolean) {
    this.isConfigured = isConfigured;
  }

  /** Null when none of its attempts has failed. */
  of(target: string): LastFailure | null {
    return this.byTarget.get(target) ?? null;
  }

  attemptEnded(_request: RouterRequest, outcome: AttemptOutcome, target: string, nowMs: number): void {
    const { kind, status, errorCode } = outcome;
    if (kind === 'success' || kind === 'cancelled' || !this.isConfigured(target)) return;
    this.byTarget.set(target, { kind, status, errorCode, reason: effectOf(outcome).reason, atMs: nowMs });
  }

  reconfigured(): void {
    for (const target of this.byTarget.keys()) if (!this.isConfigured(target)) this.byTarget.delete(target);
  }
}
