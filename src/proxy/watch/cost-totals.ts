/** Money and tokens by target and by client key, for each hour of the last day and each day of the last month. */
import type { AttemptOutcome, RouterRequest } from '../../router/index.ts';
import type { ProxyWatcher } from '../proxy-events.ts';
import type { ProxyView } from './proxy-view.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const HOURS = 24;
const DAYS = 31;

/** What is counted of attempts, in this order in each cell. */
const COLUMNS = [
  'attempts',
  'inputTokens',
  'outputTokens',
  'cacheReadTokens',
  'cacheWriteTokens',
  'costMicroUsd',
] as const;
const WIDTH = COLUMNS.length;

/** Names kept that the pool no longer has; the oldest of more than that are counted together. */
const REMOVED_MAX = 256;
/** Where everything goes that has no name of its own in the configuration. */
const OTHER = '(other)';

/** Whole numbers; money in micro-USD. `cacheReadTokens` are part of `inputTokens`, as providers count them. */
export type CostSum = { readonly [K in (typeof COLUMNS)[number]]: number };

export interface CostBucket {
  /** Beginning of the hour or day (UTC), Unix time in ms. */
  readonly startMs: number;
  readonly total: CostSum;
  /** By target id; only those with an attempt that ended in the bucket. */
  readonly targets: Readonly<Record<string, CostSum>>;
  /** By name of the client key; those that the configuration does not know are `(other)`. */
  readonly clientKeys: Readonly<Record<string, CostSum>>;
}

/** Counted since the proxy started; the decision log has what was before. */
export interface CostReport {
  readonly sinceMs: number;
  /** At most 24, oldest first, the running hour last; without those in which nothing ended. */
  readonly hours: readonly CostBucket[];
  /** At most 31 days, likewise. */
  readonly days: readonly CostBucket[];
}

/** Sums of consecutive periods in a ring; a cell is emptied when its period begins. */
class Ring {
  private readonly periodMs: number;
  private readonly periods: number;
  private readonly cells: Float64Array;
  /** Number of the newest period since 1970. */
  private head = 0;

  constructor(periodMs: number, periods: number) {
    this.periodMs = periodMs;
    this.periods = periods;
    this.cells = new Float64Array(periods * WIDTH);
  }

  add(outcome: AttemptOutcome, nowMs: number): void {
    const period = Math.floor(nowMs / this.periodMs);
    if (period !== this.head) this.advance(period);
    const { cells } = this;
    const cell = (period % this.periods) * WIDTH;
    cells[cell] = cells[cell]! + 1;
    cells[cell + 1] = cells[cell + 1]! + outcome.inputTokens;
    cells[cell + 2] = cells[cell + 2]! + outcome.outputTokens;
    cells[cell + 3] = cells[cell + 3]! + outcome.cacheReadTokens;
    cells[cell + 4] = cells[cell + 4]! + outcome.cacheWriteTokens;
    cells[cell + 5] = cells[cell + 5]! + outcome.costMicroUsd;
  }

  /** Adds everything of another ring. */
  merge(other: Ring): void {
    this.advance(Math.max(this.head, other.head));
    for (let period = Math.max(0, other.head - other.periods + 1); period <= other.head; period++) {
      if (period <= this.head - this.periods) continue;
      const cell = (period % this.periods) * WIDTH;
      for (let column = 0; column < WIDTH; column++) {
        this.cells[cell + column] = this.cells[cell + column]! + other.cells[cell + column]!;
      }
    }
  }

  /** Sums of a period, or null when it is not kept or nothing ended in it. */
  at(period: number): Float64Array | null {
    if (period > this.head || period <= this.head - this.periods) return null;
    const cell = (period % this.periods) * WIDTH;
    return this.cells[cell] === 0 ? null : this.cells.subarray(cell, cell + WIDTH);
  }

  private advance(period: number): void {
    for (let gone = Math.max(this.head + 1, period - this.periods + 1); gone <= period; gone++) {
      const cell = (gone % this.periods) * WIDTH;
      this.cells.fill(0, cell, cell + WIDTH);
    }
    this.head = Math.max(this.head, period);
  }
}

/** One target or client key. */
class Account {
  readonly hours = new Ring(HOUR_MS, HOURS);
  readonly days = new Ring(DAY_MS, DAYS);
  latestMs = 0;

  add(outcome: AttemptOutcome, nowMs: number): void {
    this.latestMs = nowMs;
    this.hours.add(outcome, nowMs);
    this.days.add(outcome, nowMs);
  }

  merge(other: Account): void {
    this.latestMs = Math.max(this.latestMs, other.latestMs);
    this.hours.merge(other.hours);
    this.days.merge(other.days);
  }
}

export class CostTotals implements ProxyWatcher {
  private readonly view: ProxyView;
  private readonly targets = new Map<string, Account>();
  private readonly clientKeys = new Map<string, Account>();

  constructor(view: ProxyView) {
    this.view = view;
    this.enlist();
  }

  attemptEnded(request: RouterRequest, outcome: AttemptOutcome, target: string, nowMs: number): void {
    (this.targets.get(target) ?? this.targets.get(OTHER)!).add(outcome, nowMs);
    (this.clientKeys.get(request.clientKey) ?? this.clientKeys.get(OTHER)!).add(outcome, nowMs);
  }

  /** What was spent at targets that are gone was spent all the same: they stay for as long as their numbers do. */
  reconfigured(nowMs: number): void {
    const { pool } = this.view;
    this.enlist();
    forget(this.targets, new Set(pool.targets.map((target) => target.id)), nowMs);
    forget(this.clientKeys, new Set(pool.clientKeys.map((clientKey) => clientKey.name)), nowMs);
  }

  report(): CostReport {
    const nowMs = this.view.nowMs();
    return {
      sinceMs: this.view.startedAtMs,
      hours: this.buckets('hours', HOUR_MS, HOURS, nowMs),
      days: this.buckets('days', DAY_MS, DAYS, nowMs),
    };
  }

  private enlist(): void {
    const { pool } = this.view;
    for (const name of [OTHER, ...pool.targets.map(({ id }) => id)]) open(this.targets, name);
    for (const name of [OTHER, ...pool.clientKeys.map((clientKey) => clientKey.name)]) open(this.clientKeys, name);
  }

  private buckets(ring: 'hours' | 'days', periodMs: number, periods: number, nowMs: number): CostBucket[] {
    const newest = Math.floor(nowMs / periodMs);
    const buckets: CostBucket[] = [];
    for (let period = newest - periods + 1; period <= newest; period++) {
      const total = new Float64Array(WIDTH);
      const targets = sumsOf(this.targets, ring, period, total);
      const clientKeys = sumsOf(this.clientKeys, ring, period, null);
      if (total[0]! > 0) buckets.push({ startMs: period * periodMs, total: sumOf(total), targets, clientKeys });
    }
    return buckets;
  }
}

function open(accounts: Map<string, Account>, name: string): void {
  if (!accounts.has(name)) accounts.set(name, new Account());
}

function forget(accounts: Map<string, Account>, configured: ReadonlySet<string>, nowMs: number): void {
  const removed = [...accounts].filter(([name]) => name !== OTHER && !configured.has(name));
  removed.sort(([, a], [, b]) => b.latestMs - a.latestMs);
  removed.forEach(([name, account], rank) => {
    const isOver = account.latestMs < nowMs - DAYS * DAY_MS;
    if (!isOver && rank < REMOVED_MAX) return;
    if (!isOver) accounts.get(OTHER)!.merge(account);
    accounts.delete(name);
  });
}

function sumsOf(
  accounts: ReadonlyMap<string, Account>,
  ring: 'hours' | 'days',
  period: number,
  total: Float64Array | null,
): Record<string, CostSum> {
  const sums: [string, CostSum][] = [];
  for (const [name, account] of accounts) {
    const cells = account[ring].at(period);
    if (cells === null) continue;
    sums.push([name, sumOf(cells)]);
    if (total !== null) for (let column = 0; column < WIDTH; column++) total[column] = total[column]! + cells[column]!;
  }
  return Object.fromEntries(sums);
}

function sumOf(cells: Float64Array): CostSum {
  return Object.fromEntries(COLUMNS.map((column, index) => [column, cells[index]!])) as CostSum;
}
