/**
 * What became of the requests of each route. A request belongs to the route that it asked for, by its signals or a
 * hint, whatever pool served it in the end: so the same requests stand side by side for every policy.
 */
import type { AttemptOutcome, Decision, RejectCommand } from '../../src/router/contract.ts';
import { NO_ROUTE_YET, type ClientCall } from '../replay/client-call.ts';
import { addToHistogram, createLogHistogram, mergeHistogram, type LogHistogram } from '../statistics/log-histogram.ts';
import { CountTable } from './count-table.ts';

/** All requests together. */
export const ALL_ROUTES = '(all)';
/** Requests that ask for a model and take no route. */
export const BY_MODEL = '(model)';
/** Columns of a route's counts, one row a block of arrivals. */
export const ROUTE_COUNTED = {
  ENDED: 0,
  COMPLETED: 1,
  COST_MICRO_USD: 2,
  INPUT_TOKENS: 3,
  CACHE_READ_TOKENS: 4,
} as const;
const { ENDED, COMPLETED, COST_MICRO_USD, INPUT_TOKENS, CACHE_READ_TOKENS } = ROUTE_COUNTED;
const COLUMNS = 5;

export interface RouteCounts {
  readonly counts: CountTable;
  /** Attempts, one row a block, one column a target. */
  readonly attempts: CountTable;
  /** Of completed requests. */
  readonly firstToken: LogHistogram;
  /** Attempts at a target from a pool of another route. */
  otherRoute: number;
  /** Attempts whose target an instruction named. */
  instructed: number;
}

export class RouteTally {
  /** Whether a route or an instruction has had a say in any decision. */
  hasRouting = false;
  private readonly routes = new Map<string, RouteCounts>();
  private readonly blocks: number;
  private readonly targets: number;
  /** Of the latest lookup: most requests go where the one before went. */
  private latestRoute = '';
  private latest: RouteCounts | null = null;

  constructor(blocks: number, targets: number) {
    this.blocks = blocks;
    this.targets = targets;
  }

  sent(call: ClientCall, block: number, decision: Decision): void {
    this.decided(call, decision);
    const route = this.of(call.route);
    route.attempts.add(block, call.targetIndex, 1);
    if (decision.routing === null) return;
    const { requestedRoute, route: servedBy, mode } = decision.routing;
    if (mode !== 'none') route.instructed++;
    else if (servedBy !== null && servedBy !== requestedRoute) route.otherRoute++;
  }

  attemptEnded(call: ClientCall, block: number, outcome: AttemptOutcome): void {
    const { counts } = this.of(call.route);
    counts.add(block, COST_MICRO_USD, outcome.costMicroUsd);
    counts.add(block, INPUT_TOKENS, outcome.inputTokens);
    counts.add(block, CACHE_READ_TOKENS, outcome.cacheReadTokens);
  }

  /** @param bin of the time, see `binOf` */
  completed(call: ClientCall, block: number, firstTokenMs: number, bin: number): void {
    const { counts, firstToken } = this.of(call.route);
    counts.add(block, ENDED, 1);
    counts.add(block, COMPLETED, 1);
    addToHistogram(firstToken.bins, 0, firstToken.totals, 0, firstTokenMs, bin);
  }

  rejected(call: ClientCall, block: number, { decision, details }: RejectCommand): void {
    if (decision !== null) this.decided(call, decision);
    // A hint at a route that there is not is refused without a decision.
    else if (call.route === NO_ROUTE_YET) call.route = details?.route ?? BY_MODEL;
    this.of(call.route).counts.add(block, ENDED, 1);
  }

  cancelled(call: ClientCall, block: number): void {
    this.of(call.route).counts.add(block, ENDED, 1);
  }

  /** Those that any request asked for, in no particular order. */
  get names(): readonly string[] {
    return [...this.routes.keys()];
  }

  /** Of a route, or {@link ALL_ROUTES}; null when no request asked for it. */
  countsOf(name: string): RouteCounts | null {
    return name === ALL_ROUTES ? this.sum() : (this.routes.get(name) ?? null);
  }

  private decided(call: ClientCall, { routing }: Decision): void {
    if (routing !== null) this.hasRouting = true;
    if (call.route === NO_ROUTE_YET) call.route = routing?.requestedRoute ?? BY_MODEL;
  }

  private of(name: string): RouteCounts {
    if (this.latest !== null && name === this.latestRoute) return this.latest;
    let route = this.routes.get(name);
    if (route === undefined) {
      route = this.nothing();
      this.routes.set(name, route);
    }
    this.latestRoute = name;
    this.latest = route;
    return route;
  }

  private nothing(): RouteCounts {
    return {
      counts: new CountTable(this.blocks, COLUMNS),
      attempts: new CountTable(this.blocks, this.targets),
      firstToken: createLogHistogram(),
      otherRoute: 0,
      instructed: 0,
    };
  }

  private sum(): RouteCounts {
    const all = this.nothing();
    for (const route of this.routes.values()) {
      all.counts.addAll(route.counts);
      all.attempts.addAll(route.attempts);
      mergeHistogram(all.firstToken, route.firstToken);
      all.otherRoute += route.otherRoute;
      all.instructed += route.instructed;
    }
    return all;
  }
}
