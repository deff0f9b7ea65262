import { describe, expect, it } from 'vitest';
import { BUILT_IN_SCENARIOS, loadScenario } from '../../src/config/load-scenario.ts';
import { HOSTED_LLM_RESIDUALS } from '../../simulator/twins/residual-samples.ts';

/** The traffic that the scenarios are made for: the Azure conversation trace of 2023. */
const REQUESTS_PER_MINUTE = 332;
const TOKENS_PER_REQUEST = 1_155 + 211;

describe.each(BUILT_IN_SCENARIOS)('the scenario %s', (name) => {
  const { scenario, hash, path } = loadScenario(name);

  it('is named for its file and has ten targets of five providers', () => {
    expect(scenario.name).toBe(name);
    expect(path.endsWith(`/simulator/scenarios/${name}.scenario.yaml`)).toBe(true);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(scenario.pool.targets).toHaveLength(10);
    expect(scenario.pool.providers).toHaveLength(5);
    expect(scenario.pool.keys.every((key) => key.queueLimit === 64)).toBe(true);
  });

  it('says what its pool is: dear and fast, cheap and slow, flaky, limited, free and small', () => {
    const twin = (provider: string) => {
      const found = scenario.twins.find((candidate) => candidate.provider === provider);
      if (found === undefined) throw new Error(`no twin of ${provider}`);
      return found;
    };
    expect(twin('aurora').prices.outputMicroUsdPerToken).toBe(15);
    expect(twin('borealis').interToken.aMs).toBeGreaterThan(2 * twin('aurora').interToken.aMs);
    expect(twin('cumulus').errors.serverError).toBeGreaterThan(10 * twin('aurora').errors.serverError);
    expect(twin('drift').rateLimit.requestsPerMinute).toBeLessThan(REQUESTS_PER_MINUTE);
    expect(twin('local-vllm').prices).toMatchObject({ inputMicroUsdPerToken: 0, outputMicroUsdPerToken: 0 });
    expect(scenario.pool.keys.find(({ provider }) => provider === 'local-vllm')?.concurrencyLimit).toBe(8);
  });
});

describe('the shipped scenarios together', () => {
  const calm = loadScenario('calm-day').scenario;
  const outage = loadScenario('provider-outage').scenario;
  const tight = loadScenario('tight-budget').scenario;

  it('share one pool, but for the budgets of tight-budget', () => {
    expect(outage.pool).toEqual(calm.pool);
    expect(outage.twins).toEqual(calm.twins);
    expect(tight.twins).toEqual(calm.twins);
    const bare = <Item extends { budgets: unknown }>(items: readonly Item[]) =>
      items.map((item) => ({ ...item, budgets: [] }));
    expect(bare(tight.pool.targets)).toEqual(calm.pool.targets);
    expect(bare(tight.pool.keys)).toEqual(calm.pool.keys);
  });

  it('break what they say they break', () => {
    expect(calm.faults).toEqual([]);
    expect(tight.faults).toEqual([]);
    expect(new Set(outage.faults.map(({ kind }) => kind))).toEqual(
      new Set(['rate-limit-storm', 'down', 'latency', 'failures', 'price']),
    );
    expect(outage.faults).toContainEqual({ kind: 'down', scope: 'aurora', startMs: 1_200_000, endMs: 1_920_000 });
  });

  it('bind: no limit per minute lets one owner carry the load, and all of them together can', () => {
    const { pool } = tight;
    expect(pool.targets.some(({ budgets }) => budgets.length > 0)).toBe(true);
    expect(pool.providers.some(({ budgets }) => budgets.length > 0)).toBe(true);
    expect(pool.clientKeys.every(({ budgets }) => budgets.length > 0)).toBe(true);
    const perMinute = pool.keys.map(({ provider, budgets }) => {
      const provided = pool.providers.find(({ id }) => id === provider)?.budgets ?? [];
      const limits = [...budgets, ...provided].flatMap(({ metric, window, limit }) => {
        const minutes = window === '1m' ? 1 : window === '5m' ? 5 : null;
        if (minutes === null || metric === 'microUsd') return [];
        return [metric === 'requests' ? limit / minutes : limit / minutes / TOKENS_PER_REQUEST];
      });
      return { provider, requests: Math.min(...limits) };
    });
    const limited = perMinute.filter(({ requests }) => Number.isFinite(requests));
    expect(new Set(limited.map(({ provider }) => provider))).toEqual(
      new Set(['aurora', 'borealis', 'cumulus', 'drift']),
    );
    for (const { requests } of limited) expect(requests).toBeLessThan(REQUESTS_PER_MINUTE);
    // One's own card serves eight at once in about 5 s each: 90 a minute.
    const together = new Map(limited.map(({ provider, requests }) => [provider, requests]));
    const sum = [...together.values()].reduce((total, requests) => total + requests, 0) + 90;
    expect(sum).toBeGreaterThan(REQUESTS_PER_MINUTE);
  });
});

describe('the residuals of hosted models', () => {
  it('rise, have median 1 and a heavy right tail', () => {
    expect(HOSTED_LLM_RESIDUALS).toHaveLength(41);
    expect(HOSTED_LLM_RESIDUALS[20]).toBe(1);
    expect([...HOSTED_LLM_RESIDUALS].sort((a, b) => a - b)).toEqual(HOSTED_LLM_RESIDUALS);
    const mean = HOSTED_LLM_RESIDUALS.reduce((sum, value, i, all) => sum + (value + (all[i + 1] ?? value)) / 2, 0);
    // The trapezoids of the 40 stretches; the last sample itself is counted once too often.
    expect((mean - (HOSTED_LLM_RESIDUALS[40] ?? 0)) / 40).toBeCloseTo(1.0585, 2);
  });
});
