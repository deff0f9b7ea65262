import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  clockTicks,
  highest,
  rates,
  stretches,
  timelineRows,
  wholeCells,
} from '../../../src/console/charts/time-cells.ts';
import type { TimelineSpan } from '../../../src/proxy/console/contract.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

function spanOf(requests: readonly number[], p95: readonly (number | null)[], cellMs = 10_000): TimelineSpan {
  const zeros = requests.map(() => 0);
  return {
    cellMs,
    startMs: requests.map((_, index) => index * cellMs),
    requests,
    failures: zeros,
    rejected: zeros,
    costUsd: requests.map((count) => count / 100),
    firstTokenP50Ms: p95,
    firstTokenP95Ms: p95,
  };
}

describe('cells of a timeline', () => {
  it('leaves the running one out', () => {
    const whole = wholeCells(spanOf([1, 2, 3], [null, 5, 7]), 29_999);
    expect([whole.startMs, whole.requests, whole.firstTokenP95Ms]).toEqual([
      [0, 10_000],
      [1, 2],
      [null, 5],
    ]);
    expect(wholeCells(spanOf([1, 2, 3], [null, 5, 7]), 30_000).requests).toHaveLength(3);
  });

  it('turns counts into rates', () => {
    expect(rates([5, 0], 10_000, 1_000)).toEqual([0.5, 0]);
    expect(rates([5, 0], 10_000, MINUTE_MS)).toEqual([30, 0]);
  });

  it('keeps gaps as gaps', () => {
    expect(stretches([null, 1, 2, null, null, 3, null])).toEqual([
      [1, 2],
      [5, 5],
    ]);
    expect(stretches([])).toEqual([]);
    fc.assert(
      fc.property(fc.array(fc.option(fc.integer({ min: 0 }))), (values) => {
        const inside = stretches(values).flatMap(([first, last]) => values.slice(first, last + 1));
        expect(inside).toEqual(values.filter((value) => value !== null));
      }),
    );
  });

  it('gathers cells into rows, newest first, with sums and the highest quantiles', () => {
    const rows = timelineRows(spanOf([1, 2, 3, 4], [null, 50, 20, null]), 20_000);
    expect(rows.map(({ startMs, requests, firstTokenP95Ms }) => [startMs, requests, firstTokenP95Ms])).toEqual([
      [20_000, 7, 20],
      [0, 3, 50],
    ]);
    expect(rows[0]?.costUsd).toBeCloseTo(0.07);
    expect(highest([null, null])).toBeNull();
  });
});

describe('ticks of the clock', () => {
  it('stand at whole moments of the viewer, also where their clock is half an hour off', () => {
    const atMs = Date.UTC(2026, 0, 15, 10, 7);
    expect(clockTicks(atMs - HOUR_MS, atMs, 5, 0).map((tick) => new Date(tick).getUTCMinutes())).toEqual([
      15, 30, 45, 0,
    ]);
    const india = 5.5 * HOUR_MS;
    const ticks = clockTicks(atMs - 24 * HOUR_MS, atMs, 5, india);
    expect(ticks.map((tick) => new Date(tick + india).getUTCHours() % 6)).toEqual(ticks.map(() => 0));
    expect(new Set(ticks.map((tick) => new Date(tick + india).getUTCMinutes()))).toEqual(new Set([0]));
  });

  it('are few', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: MINUTE_MS, max: 48 * HOUR_MS }),
        fc.integer({ min: 2, max: 20 }),
        (lengthMs, count) => {
          expect(clockTicks(1e12, 1e12 + lengthMs, count, 0).length).toBeLessThanOrEqual(count + 1);
        },
      ),
    );
  });
});
