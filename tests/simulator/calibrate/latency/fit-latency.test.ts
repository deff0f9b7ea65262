import { describe, expect, it } from 'vitest';
import { fitLatency } from '../../../../simulator/calibrate/latency/fit-latency.ts';
import { HOSTED_LLM_RESIDUALS } from '../../../../simulator/twins/residual-samples.ts';
import { createResidual } from '../../../../simulator/twins/residual.ts';
import type { TwinDefinition } from '../../../../simulator/scenario.ts';
import { allRowsOf, fleetAttempts, type OpenLoop } from '../../../../simulator/validate/recovery/fleet-attempts.ts';
import { HARSH_LOAD, KNOWN_TWIN, SWINGING_LOAD } from '../../../../simulator/validate/recovery/latency-recovery.ts';
import { smallScenario, TARGET_IDS } from '../../../../simulator/validate/small/small-scenario.ts';
import { tableOf } from './written-attempts.ts';

const { firstToken, interToken } = KNOWN_TWIN;
const steady = { firstToken: { ...firstToken, drift: null }, interToken };
const fitAll = (table: ReturnType<typeof tableOf>) => fitLatency(table, allRowsOf(table), 0, null, 3);

const SPARSE_LOAD: OpenLoop = { ...SWINGING_LOAD, gapMs: 10_000 };
/** More than 360, because of the swings. */
const SPARSE_PER_HOUR = 480;

const fleetLog = (twin: Partial<TwinDefinition>, load: OpenLoop, seed: number, startHour = 0) =>
  fleetAttempts({ ...smallScenario({ twin }), startHour }, TARGET_IDS.slice(0, 1), load, seed);

/** Every number in a fit, with its path. */
function notFinite(value: unknown, path = ''): string[] {
  if (typeof value === 'number') return Number.isFinite(value) ? [] : [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => notFinite(part, `${path}.${key}`));
}

describe('the latency fit', () => {
  it('finds the swings and the cold starts of the twin, and what remains within a minute', () => {
    const table = fleetLog(KNOWN_TWIN, HARSH_LOAD, 5);
    const fit = fitAll(table);
    expect(fit.firstToken.drift!.sigma).toBeCloseTo(0.2, 1);
    expect(fit.firstToken.drift!.halfLifeMs).toBeGreaterThan(120_000);
    expect(fit.firstToken.drift!.halfLifeMs).toBeLessThan(900_000);
    expect(fit.coldStart!.minMs).toBeGreaterThan(8_000);
    expect(fit.coldStart!.minMs).toBeLessThan(12_000);
    expect(fit.coldStart!.maxMs).toBeGreaterThan(33_000);
    expect(fit.coldStart!.maxMs).toBeLessThan(47_000);
    expect(fit.notes.join('\n')).toContain('cold starts were cut');
    const truth = createResidual({ kind: 'empirical', samples: HOSTED_LLM_RESIDUALS });
    const fitted = createResidual(fit.firstToken.residual);
    for (const p of [0.05, 0.25, 0.5, 0.75, 0.95, 0.99]) {
      expect(Math.abs(fitted(p) / truth(p) - 1), `quantile ${p}`).toBeLessThan(0.06);
    }
    expect(fit.families.find(({ isChosen }) => isChosen)?.family).toBe('empirical');
    expect(fit.observed + fit.censored).toBe(table.rows);
    expect(notFinite(fit)).toEqual([]);
  });

  it('sees neither swings nor cold starts nor hours where there are none', () => {
    const fit = fitAll(fleetLog(steady, { ...SPARSE_LOAD, attempts: 26 * SPARSE_PER_HOUR }, 8));
    expect(fit.firstToken.drift).toBeNull();
    expect(fit.coldStart).toBeNull();
    expect(fit.firstToken.hourFactors).toBeNull();
    expect(fit.intervals.driftSigma.value).toBe(0);
  });

  it('is not bent by a timeout near the median', () => {
    const table = fleetLog(steady, { ...SWINGING_LOAD, firstTokenTimeoutMs: 750 }, 9);
    const fit = fitAll(table);
    expect(fit.censored / table.rows).toBeGreaterThan(0.25);
    expect(Math.abs(fit.intervals.firstTokenMedianMs.value / 600 - 1)).toBeLessThan(0.04);
    // b1 and n0 make up for one another: growth from 500 to 6,000 tokens, on the scale of ln.
    const growth = (b1: number, n0: number): number => b1 * (Math.log1p(6_000 / n0) - Math.log1p(500 / n0));
    const truth = growth(0.35, 1_000);
    expect(Math.abs(growth(fit.firstToken.b1, fit.firstToken.n0) / truth - 1)).toBeLessThan(0.1);
    expect(fit.notes.join('\n')).toContain('a Pareto tail');
    // The same rows without what was cut: large inputs look as quick as small ones.
    const seenOnly = allRowsOf(table).filter((row) => table.firstTokenMs[row]! > 0);
    const naive = fitLatency(table, seenOnly, 0, null, 3);
    expect(growth(naive.firstToken.b1, naive.firstToken.n0)).toBeLessThan(0.7 * truth);
  });

  it('finds factors by hour over two days, in UTC', () => {
    const factors = Array.from({ length: 24 }, (_, hour) => (hour >= 8 && hour < 18 ? 1.5 : 1));
    const twin = { ...steady, firstToken: { ...steady.firstToken, hourFactors: factors } };
    const table = fleetLog(twin, { ...SPARSE_LOAD, attempts: 50 * SPARSE_PER_HOUR }, 4, 5);
    const fit = fitAll(table);
    const found = fit.firstToken.hourFactors!;
    for (const hour of [0, 7, 18, 23]) expect(found[12]! / found[hour]!, `hour ${hour}`).toBeCloseTo(1.5, 0.7);
    expect(fit.firstToken.drift).toBeNull();
    const unknown = fitAll({ ...table, startedAtMs: null });
    expect(unknown.firstToken.hourFactors).toBeNull();
    expect(unknown.notes.join('\n')).toContain('does not say when it began');
  });

  it('leaves out rows of a troubled provider and connections that never came about', () => {
    const table = fleetLog(steady, SWINGING_LOAD, 12);
    const isFair = Uint8Array.from({ length: table.rows }, (_, row) => (row % 3 === 0 ? 0 : 1));
    const slowed = { ...table, firstTokenMs: table.firstTokenMs.map((ms, row) => (row % 3 === 0 ? 5 * ms : ms)) };
    const fit = fitLatency(slowed, allRowsOf(table), 0, isFair, 3);
    expect(Math.abs(fit.intervals.firstTokenMedianMs.value / 600 - 1)).toBeLessThan(0.03);
    const unreachable = tableOf(
      Array.from({ length: 50 }, (_, row) => ({
        sentAtMs: row,
        kind: 'timeout' as const,
        errorCode: 'connect_timeout',
        durationMs: 3_000,
      })),
    );
    expect([fitAll(unreachable).observed, fitAll(unreachable).censored]).toEqual([0, 0]);
  });

  it('reads first token and pace off whole answers when nothing is streamed', () => {
    const fit = fitAll(
      fleetLog({ interToken: { aMs: 20, bMs: 0, sigma: 0.1 } }, { ...SWINGING_LOAD, streamShare: 0 }, 6),
    );
    expect(fit.interToken.aMs).toBeCloseTo(20, 0);
    expect(fit.notes.join('\n')).toContain('whole answers');
    expect(notFinite(fit)).toEqual([]);
  });

  it.each([0, 1, 2, 5, 9, 10, 12, 20, 39, 60, 101])(
    'says something finite of %d rows, in notes what it is worth',
    (rows) => {
      const table = fleetLog(KNOWN_TWIN, HARSH_LOAD, 2);
      const fit = fitLatency(table, allRowsOf(table).slice(0, rows), 0, null, 3);
      expect(notFinite(fit)).toEqual([]);
      expect(fit.notes.length).toBeGreaterThan(0);
      expect(fit.firstToken.b1).toBeGreaterThanOrEqual(0);
    },
  );

  it('stands rows that are all alike', () => {
    const alike = Array.from({ length: 200 }, (_, row) => ({
      sentAtMs: row * 1_000,
      firstTokenMs: 100,
      durationMs: 1_090,
      inputTokens: 500,
      outputTokens: 100,
    }));
    const fit = fitAll(tableOf(alike));
    expect(fit.intervals.firstTokenMedianMs.value).toBeCloseTo(100, 6);
    expect(fit.interToken.aMs).toBeCloseTo(10, 6);
    expect(notFinite(fit)).toEqual([]);
    expect(fit.notes.join('\n')).toContain('hardly varies');
  });

  it('is the same whenever it is asked', () => {
    const table = fleetLog(KNOWN_TWIN, { ...HARSH_LOAD, attempts: 2_400 }, 5);
    expect(fitAll(table)).toEqual(fitAll(table));
  });
});
