import type { RouterRequest, SendCommand } from '../../router/index.ts';
import type { ProxyWatcher } from '../proxy-events.ts';

/** What went by a route since the start. */
export interface RouteStatus {
  /** `forced` and `sticky` stand for what instructions named. */
  readonly route: string;
  /** First attempts that a pool of the route was chosen for, */
  readonly hits: number;
  /** and those of them that were for another route, whose pools had nobody. */
  readonly fallbacks: number;
  readonly pools: readonly { readonly pool: string; readonly hits: number }[];
  readonly lastTarget: string | null;
  /** Unix time, ms. */
  readonly lastHitAtMs: number | null;
}

interface RouteTotal {
  hits: number;
  fallbacks: number;
  readonly pools: Map<string, number>;
  lastTarget: string | null;
  lastHitAtMs: number | null;
}

/** Counts hits by route and pool. Names come from the configuration, so there are few. */
export class RouteTotals implements ProxyWatcher {
  private readonly byRoute = new Map<string, RouteTotal>();

  sent(_request: RouterRequest, { attempt, target, decision }: SendCommand, nowMs: number): void {
    const { routing } = decision;
    if (routing === null || attempt > 1) return;
    const label = routing.mode === 'none' ? routing.route : routing.pool;
    if (label === null) return;
    const total = this.totalOf(label);
    total.hits += 1;
    // What an instruction named is no fall-back: it is what was asked for.
    if (routing.mode === 'none' && routing.route !== routing.requestedRoute) total.fallbacks += 1;
    if (routing.pool !== null) total.pools.set(routing.pool, (total.pools.get(routing.pool) ?? 0) + 1);
    total.lastTarget = target;
    total.lastHitAtMs = nowMs;
  }

  /** @param routes configured, so that those without hits are shown too */
  list(routes: readonly string[]): RouteStatus[] {
    return [...new Set([...routes, ...this.byRoute.keys()])].map((route) => {
      const { hits, fallbacks, pools, lastTarget, lastHitAtMs } = this.byRoute.get(route) ?? newTotal();
      const byPool = [...pools].map(([pool, count]) => ({ pool, hits: count }));
      return { route, hits, fallbacks, pools: byPool, lastTarget, lastHitAtMs };
    });
  }

  private totalOf(route: string): RouteTotal {
    const known = this.byRoute.get(route);
    if (known !== undefined) return known;
    const total = newTotal();
    this.byRoute.set(route, total);
    return total;
  }
}

function newTotal(): RouteTotal {
  return { hits: 0, fallbacks: 0, pools: new Map(), lastTarget: null, lastHitAtMs: null };
}
