import { describe, expect, it } from 'vitest';
import { blankAttemptTable } from '../../../../simulator/calibrate/blank-attempt-table.ts';
import { blockOfReads } from '../../../../simulator/calibrate/prompt-cache/block-of-reads.ts';
import { fitPromptCache } from '../../../../simulator/calibrate/prompt-cache/fit-prompt-cache.ts';
import type { TwinDefinition } from '../../../../simulator/scenario.ts';
import { smallScenario, TARGET_IDS } from '../../../../simulator/validate/small/small-scenario.ts';
import { allRowsOf, fleetAttempts, STEADY_LOAD } from '../../../../simulator/validate/recovery/fleet-attempts.ts';

function fitOf(promptCache: TwinDefinition['promptCache'], sessions: number) {
  const scenario = smallScenario({ twin: { promptCache } });
  const load = { ...STEADY_LOAD, attempts: 4_000, sessions, input: { median: 3_000, sigma: 0.6 } };
  const table = fleetAttempts(scenario, TARGET_IDS, load, 3);
  return fitPromptCache(table, allRowsOf(table), 0);
}

describe('the prompt cache of a twin', () => {
  it.each([
    [128, 1_024, 300_000],
    [64, 512, 120_000],
    [1_024, 1_024, 600_000],
  ])('is found: blocks of %i, from %i, for %i ms', (blockTokens, minTokens, ttlMs) => {
    const fit = fitOf({ blockTokens, minTokens, ttlMs }, 300);
    const { promptCache } = fit;
    expect(promptCache!.blockTokens).toBe(blockTokens);
    expect(promptCache!.minTokens).toBeGreaterThanOrEqual(minTokens);
    expect(promptCache!.minTokens).toBeLessThanOrEqual(minTokens + 2 * blockTokens);
    expect(promptCache!.ttlMs).toBe(ttlMs);
    expect(fit.readRatio).toBeGreaterThan(0.05);
    expect(fit.notes).toEqual([]);
  });

  it('is none where nothing was ever read', () => {
    expect(fitOf(null, 100)).toEqual({ promptCache: null, readRatio: 0, notes: [] });
    const empty = blankAttemptTable('empty', TARGET_IDS, 0);
    expect(fitPromptCache(empty, new Uint32Array(0), 0).promptCache).toBeNull();
  });

  it('lives the usual time when no pause was too long for it', () => {
    const fit = fitOf({ blockTokens: 128, minTokens: 1_024, ttlMs: 36_000_000 }, 20);
    expect(fit.promptCache!.ttlMs).toBeGreaterThanOrEqual(300_000);
    expect(fit.notes.join()).toMatch(/no pause in the log is long enough/);
  });

  it('says by how much its reads are off where sessions are unknown', () => {
    const scenario = smallScenario({ twin: { promptCache: { blockTokens: 128, minTokens: 1_024, ttlMs: 60_000 } } });
    const table = fleetAttempts(scenario, TARGET_IDS, { ...STEADY_LOAD, sessions: 50 }, 3);
    const nameless = { ...table, session: new Uint32Array(table.rows) };
    const fit = fitPromptCache(nameless, allRowsOf(table), 0);
    expect(fit.promptCache!.ttlMs).toBe(300_000);
    expect(fit.notes.join()).toMatch(/would have read 100 % less than it did/);
  });
});

describe('the block of cache reads', () => {
  it('is their greatest common divisor, a few odd ones apart', () => {
    const reads = Float64Array.from({ length: 200 }, (_, index) => 128 * (8 + (index % 13)));
    expect(blockOfReads(reads).tokens).toBe(128);
    expect(blockOfReads(Float64Array.from([...reads, 1_031])).tokens).toBe(128);
    expect(blockOfReads(Float64Array.from([1_024])).isDoubtful).toBe(true);
    expect(blockOfReads(new Float64Array(0)).tokens).toBe(1);
  });
});
