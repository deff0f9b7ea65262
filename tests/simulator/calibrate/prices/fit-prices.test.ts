import { describe, expect, it } from 'vitest';
import { blankAttemptTable } from '../../../../simulator/calibrate/blank-attempt-table.ts';
import { fitPrices } from '../../../../simulator/calibrate/prices/fit-prices.ts';
import { nonNegativeLeastSquares } from '../../../../simulator/calibrate/prices/non-negative-least-squares.ts';
import type { TwinDefinition } from '../../../../simulator/scenario.ts';
import type { Prices } from '../../../../src/router/pool.ts';
import { smallScenario, STEADY_TWIN, TARGET_IDS } from '../../../../simulator/validate/small/small-scenario.ts';
import { allRowsOf, fleetAttempts, STEADY_LOAD } from '../../../../simulator/validate/recovery/fleet-attempts.ts';

const charged: TwinDefinition['prices'] = {
  inputMicroUsdPerToken: 1.13,
  outputMicroUsdPerToken: 4.7,
  cacheReadMicroUsdPerToken: 0.31,
  cacheWriteMicroUsdPerToken: 1.5,
  billsAborted: false,
};
const other: Prices = { ...charged, inputMicroUsdPerToken: 2, outputMicroUsdPerToken: 8 };
const UNKNOWN = () => null;

function tableOf(attempts = 1_500, prices = charged) {
  const promptCache = { ttlMs: 300_000, minTokens: 256, blockTokens: 64 };
  const errors = { ...STEADY_TWIN.errors, midStreamAbort: 0.05 };
  const scenario = smallScenario({ twin: { prices, promptCache, errors } });
  return fleetAttempts(scenario, TARGET_IDS.slice(0, 1), { ...STEADY_LOAD, attempts, sessions: 40 }, 1);
}

describe('prices of a twin', () => {
  const table = tableOf();
  const rows = allRowsOf(table);

  it('are those of the pool when they explain the costs', () => {
    const fit = fitPrices(table, rows, 0, charged, () => other);
    expect(fit).toMatchObject({ source: 'pool', prices: charged, intervals: null, notes: [] });
    expect(fit.relativeError!).toBeLessThan(0.005);
  });

  it('are those of a public list when the pool is wrong', () => {
    const asked: string[] = [];
    const fit = fitPrices(table, rows, 0, other, (provider, model) => {
      asked.push(`${provider}/${model}`);
      return charged;
    });
    expect(fit).toMatchObject({ source: 'genai-prices', prices: charged, intervals: null });
    expect(asked).toEqual(['aurora/large']);
  });

  it('are fitted when none that are given explain the costs', () => {
    const fit = fitPrices(table, rows, 0, other, UNKNOWN);
    expect(fit.source).toBe('fitted');
    expect(fit.prices.inputMicroUsdPerToken).toBeCloseTo(1.13, 3);
    expect(fit.prices.outputMicroUsdPerToken).toBeCloseTo(4.7, 2);
    expect(fit.prices.cacheReadMicroUsdPerToken).toBeCloseTo(0.31, 3);
    expect(fit.prices.cacheWriteMicroUsdPerToken).toBeCloseTo(1.5, 3);
    expect(fit.relativeError!).toBeLessThan(0.005);
    const { input } = fit.intervals!;
    expect(input.low95!).toBeLessThan(1.13);
    expect(input.high95!).toBeGreaterThan(1.13);
  });

  it('tell whether answers that break off are billed', () => {
    expect(fitPrices(table, rows, 0, charged, UNKNOWN).prices.billsAborted).toBe(false);
    const billed = tableOf(1_500, { ...charged, billsAborted: true });
    expect(fitPrices(billed, rows, 0, charged, UNKNOWN).prices.billsAborted).toBe(true);
  });

  it('are blended or kept as given when few answers have a cost', () => {
    const few = rows.subarray(0, 20);
    expect(fitPrices(table, few, 0, other, UNKNOWN)).toMatchObject({
      source: 'pool',
      prices: { ...other, billsAborted: true },
    });
    const blended = fitPrices(table, few, 0, null, UNKNOWN);
    expect(blended.prices.inputMicroUsdPerToken).toBe(blended.prices.outputMicroUsdPerToken);
    expect(blended.notes[0]).toMatch(/aurora large: only \d+ answers with a cost/);
  });

  it('are as given, or nothing, in a log without costs', () => {
    const silent = { ...table, costMicroUsd: new Float64Array(table.rows) };
    expect(fitPrices(silent, rows, 0, other, UNKNOWN)).toMatchObject({ source: 'pool', relativeError: null });
    const free = fitPrices(silent, rows, 0, null, UNKNOWN);
    expect(free.prices.inputMicroUsdPerToken).toBe(0);
    expect(free.notes[0]).toMatch(/taken to be free/);
    const empty = blankAttemptTable('empty', TARGET_IDS, 0);
    expect(fitPrices(empty, new Uint32Array(0), 0, null, UNKNOWN).relativeError).toBeNull();
  });

  it('say when input and output go together', () => {
    const together = tableOf(200);
    together.outputTokens.set(together.inputTokens.map((tokens) => tokens / 4));
    together.cacheReadTokens.fill(0);
    together.cacheWriteTokens.fill(0);
    together.costMicroUsd.set(together.inputTokens.map((tokens) => 2 * tokens));
    const fit = fitPrices(together, allRowsOf(together), 0, null, UNKNOWN);
    const sum = fit.prices.inputMicroUsdPerToken + fit.prices.outputMicroUsdPerToken / 4;
    expect(sum).toBeCloseTo(2, 6);
    expect(fit.notes.join()).toMatch(/go together/);
  });
});

describe('non-negative least squares', () => {
  const columns = [
    [1, 2, 3, 4, 5, 6],
    [2, 1, 4, 3, 7, 1],
    [1, 0, 1, 0, 1, 1],
  ].map((each) => Float64Array.from(each));

  it('is plain least squares where that is positive', () => {
    // NumPy: numpy.linalg.lstsq(X, y)[0] and R lm(y ~ X - 1), with y below.
    const y = Float64Array.from([8, 7, 17, 14, 28, 18]);
    const fit = nonNegativeLeastSquares(columns, y, new Float64Array(6).fill(1));
    const residuals = Array.from(
      y,
      (value, row) => value - columns.reduce((sum, column, index) => sum + column[row]! * fit.coefficients[index]!, 0),
    );
    for (const column of columns) {
      expect(residuals.reduce((sum, residual, row) => sum + residual * column[row]!, 0)).toBeCloseTo(0, 9);
    }
    expect(Math.min(...fit.coefficients)).toBeGreaterThan(0);
  });

  it('holds at 0 what would be negative, and meets the conditions of Kuhn and Tucker', () => {
    const y = Float64Array.from([1, 5, 4, 9, 3, 14]);
    const fit = nonNegativeLeastSquares(columns, y, new Float64Array(6).fill(1));
    const residuals = Array.from(
      y,
      (value, row) => value - columns.reduce((sum, column, index) => sum + column[row]! * fit.coefficients[index]!, 0),
    );
    expect(fit.coefficients.some((each) => each === 0)).toBe(true);
    for (const [index, column] of columns.entries()) {
      const gradient = residuals.reduce((sum, residual, row) => sum + residual * column[row]!, 0);
      if (fit.coefficients[index]! > 0) expect(gradient).toBeCloseTo(0, 9);
      else expect(gradient).toBeLessThanOrEqual(1e-9);
    }
  });
});
