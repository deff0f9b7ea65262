import { describe, expect, it } from 'vitest';
import { blankAttemptTable } from '../../../../simulator/calibrate/blank-attempt-table.ts';
import { KIND_CODE } from '../../../../simulator/calibrate/attempt-table.ts';
import { fitRateLimit } from '../../../../simulator/calibrate/rate-limit/fit-rate-limit.ts';
import { mergeRateLimits } from '../../../../simulator/calibrate/rate-limit/merge-rate-limits.ts';
import type { TwinDefinition } from '../../../../simulator/scenario.ts';
import { STEADY_TWIN, smallScenario, TARGET_IDS } from '../../../../simulator/validate/small/small-scenario.ts';
import {
  allRowsOf,
  fleetAttempts,
  STEADY_LOAD,
  type OpenLoop,
} from '../../../../simulator/validate/recovery/fleet-attempts.ts';

const errors = { serverError: 0.02, connectTimeout: 0.01, midStreamAbort: 0.02 };

function fitOf(rateLimit: TwinDefinition['rateLimit'], seed: number, changes: Partial<OpenLoop> = {}) {
  const scenario = smallScenario({ twin: { ...STEADY_TWIN, rateLimit, errors } });
  const load = { ...STEADY_LOAD, attempts: 3_000, gapMs: 500, ...changes };
  const table = fleetAttempts(scenario, TARGET_IDS.slice(0, 1), load, seed);
  return fitRateLimit(table, allRowsOf(table), 0);
}

describe('the limits of a target', () => {
  it.each([1, 2, 3, 4, 5])('finds requests a minute, seed %i', (seed) => {
    const fit = fitOf({ requestsPerMinute: 90, tokensPerMinute: null, retryAfter: true }, seed);
    const found = fit.intervals.requestsPerMinute!;
    expect(found.low95!).toBeLessThanOrEqual(90 * (1 + 1e-6));
    expect(found.high95!).toBeGreaterThanOrEqual(90 * (1 - 1e-6));
    expect(found.value).toBeGreaterThan(89);
    expect(found.value).toBeLessThan(91);
    expect(fit.rateLimit.tokensPerMinute).toBeNull();
    expect(fit.rateLimit.retryAfter).toBe(true);
  });

  it.each([1, 2, 3, 4, 5])('finds tokens a minute though a 429 does not say what it asked for, seed %i', (seed) => {
    const fit = fitOf({ requestsPerMinute: null, tokensPerMinute: 100_000, retryAfter: false }, seed);
    const found = fit.intervals.tokensPerMinute!;
    expect(found.low95!).toBeLessThanOrEqual(100_000);
    expect(found.high95!).toBeGreaterThanOrEqual(100_000);
    expect(found.value / 100_000).toBeGreaterThan(0.97);
    expect(found.value / 100_000).toBeLessThan(1.03);
    expect(fit.rateLimit).toMatchObject({ requestsPerMinute: null, retryAfter: false });
  });

  it.each([1, 2, 5])('finds both at once, seed %i', (seed) => {
    const fit = fitOf({ requestsPerMinute: 95, tokensPerMinute: 135_000, retryAfter: true }, seed);
    const { requestsPerMinute, tokensPerMinute } = fit.intervals;
    expect(requestsPerMinute!.low95!).toBeLessThanOrEqual(95 * (1 + 1e-6));
    expect(requestsPerMinute!.high95!).toBeGreaterThanOrEqual(95 * (1 - 1e-6));
    expect(tokensPerMinute!.low95!).toBeLessThanOrEqual(135_000);
    expect(tokensPerMinute!.high95!).toBeGreaterThanOrEqual(135_000);
  });

  it('takes a target without 429s to have no limits, and says how much it bore', () => {
    const fit = fitOf({ requestsPerMinute: null, tokensPerMinute: null, retryAfter: true }, 1);
    expect(fit.rateLimit).toMatchObject({ requestsPerMinute: null, tokensPerMinute: null });
    expect(fit.limited).toBe(0);
    expect(fit.notes[0]).toMatch(/aurora\.first\.large: no 429 in up to 1\d\d requests/);
  });

  it('does not take a storm of 429s for a limit', () => {
    const scenario = smallScenario({
      faults: [
        {
          kind: 'rate-limit-storm',
          probability: 0.5,
          retryAfterMs: null,
          scope: 'aurora',
          startMs: 600_000,
          endMs: 700_000,
        },
      ],
    });
    const table = fleetAttempts(scenario, TARGET_IDS.slice(0, 1), STEADY_LOAD, 1);
    const fit = fitRateLimit(table, allRowsOf(table), 0);
    expect(fit.limited).toBeGreaterThan(20);
    expect(fit.rateLimit).toMatchObject({ requestsPerMinute: null, tokensPerMinute: null });
    expect(fit.notes[0]).toMatch(/fit no limit/);
  });

  it('finds a limit beside a short storm', () => {
    const scenario = smallScenario({
      twin: { rateLimit: { requestsPerMinute: 50, tokensPerMinute: null, retryAfter: true } },
      faults: [
        {
          kind: 'rate-limit-storm',
          probability: 0.9,
          retryAfterMs: null,
          scope: 'aurora',
          startMs: 600_000,
          endMs: 660_000,
        },
      ],
    });
    const table = fleetAttempts(scenario, TARGET_IDS.slice(0, 1), STEADY_LOAD, 1);
    const fit = fitRateLimit(table, allRowsOf(table), 0);
    expect(fit.rateLimit.requestsPerMinute!).toBeGreaterThan(46);
    expect(fit.rateLimit.requestsPerMinute!).toBeLessThan(54);
    expect(fit.notes[0]).toMatch(/explains \d\d % of the 429s/);
  });

  it.each([1, 2, 4])('finds no limit in %i 429s, whatever they agree with', (refusals) => {
    const rows = 300;
    const table = blankAttemptTable('few', TARGET_IDS, rows);
    for (let row = 0; row < rows; row++) table.sentAtMs[row] = row * 1_000;
    // A burst in the midst, which a limit of requests would explain.
    for (let row = 150; row < 150 + refusals; row++) {
      table.sentAtMs[row] = 150_000;
      table.kind[row] = KIND_CODE.limited;
    }
    table.kind.forEach((kind, row) => (table.kind[row] = kind === KIND_CODE.limited ? kind : KIND_CODE.success));
    table.inputTokens.fill(100);
    const fit = fitRateLimit(table, allRowsOf(table), 0);
    expect(fit).toMatchObject({
      limited: refusals,
      tooFew: true,
      rateLimit: { requestsPerMinute: null, tokensPerMinute: null },
      intervals: { requestsPerMinute: null, tokensPerMinute: null },
    });
    expect(fit.notes[0]).toMatch(
      new RegExp(`^aurora.first.large: no limit found: only ${refusals} refusals? .429., and fewer than 5 agree`),
    );
    expect(mergeRateLimits([fit, fit])).toMatchObject({ limited: 2 * refusals, tooFew: true });
  });

  it('bears tables without rows and with nothing but 429s', () => {
    const nothing = blankAttemptTable('empty', TARGET_IDS, 0);
    expect(fitRateLimit(nothing, new Uint32Array(0), 0).notes[0]).toMatch(/no attempts/);
    const limited = blankAttemptTable('limited', TARGET_IDS, 5);
    limited.kind.fill(KIND_CODE.limited);
    const fit = fitRateLimit(limited, allRowsOf(limited), 0);
    expect(fit.limited).toBe(5);
    expect(fit.rateLimit.requestsPerMinute).toBeNull();
  });
});

describe('keys of one twin', () => {
  it('have the limits that all of them allow', () => {
    const fits = [1, 2].map((seed) => fitOf({ requestsPerMinute: 90, tokensPerMinute: null, retryAfter: true }, seed));
    const merged = mergeRateLimits(fits);
    const { low95, high95 } = merged.intervals.requestsPerMinute!;
    expect(low95).toBe(Math.max(...fits.map((fit) => fit.intervals.requestsPerMinute!.low95!)));
    expect(high95).toBe(Math.min(...fits.map((fit) => fit.intervals.requestsPerMinute!.high95!)));
    expect(merged.limited).toBe(fits[0]!.limited + fits[1]!.limited);
  });

  it('that differ give the middle one, and a note', () => {
    const fits = [60, 90].map((requestsPerMinute) =>
      fitOf({ requestsPerMinute, tokensPerMinute: null, retryAfter: true }, 1),
    );
    const merged = mergeRateLimits(fits);
    expect(merged.rateLimit.requestsPerMinute).toBe(fits[0]!.rateLimit.requestsPerMinute);
    expect(merged.notes.join()).toMatch(/keys differ in requests/);
    expect(mergeRateLimits([]).rateLimit.requestsPerMinute).toBeNull();
  });
});
