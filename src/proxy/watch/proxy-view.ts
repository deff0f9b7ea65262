import type { LiveLogHealth } from '../../log/live/live-log.ts';
import type { PoolDefinition, Router } from '../../router/index.ts';
import type { PolicyStanding } from '../../policies/standing.ts';
import type { CanaryInForce, PolicyInForce } from '../driver.ts';
import type { UpstreamCounts } from '../upstream/index.ts';
import type { LastFailure } from './last-failures.ts';
import type { TargetUsage } from './target-usage.ts';

/**
 * What those who watch the proxy may look at, without changing anything. Members may be getters, as a reload changes
 * what they give; each is read when it is needed. Readable from before the first request on.
 */
export interface ProxyView {
  /** Of Token Pool. */
  readonly version: string;
  /** Core's time, ms. */
  readonly startedAtMs: number;
  /** True from the beginning of a shutdown on: open requests are finished, new ones refused. */
  readonly isDraining: boolean;
  /** `log.onFailure` is `refuse`: without its log the proxy takes no requests. */
  readonly refusesWithoutLog: boolean;
  readonly router: Router;
  readonly policy: PolicyInForce;
  /** Null: all requests go by `policy`. */
  readonly canary: CanaryInForce | null;
  /** Which policy is in force, and why. */
  policyStanding(): PolicyStanding;
  /** As configured. The router may still know targets that have left it, until their attempts have ended. */
  readonly pool: PoolDefinition;
  /** Requests whose clients wait. */
  readonly openRequests: number;
  /** The core's time: Unix time, ms, never going back. */
  nowMs(): number;
  /** Null when none of the target's attempts has failed since the start. */
  lastFailureOf(target: string): LastFailure | null;
  usageOf(target: string): TargetUsage;
  logHealth(): LiveLogHealth;
  upstreamCounts(): UpstreamCounts;
}
