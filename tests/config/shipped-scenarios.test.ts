import { describe, expect, it } from 'vitest';
import { BUILT_IN_SCENARIOS, loadScenario } from '../../src/config/load-scenario.ts';
import { BUILT_IN_ROUTES } from '../../src/config/routing-schema.ts';
import { HOSTED_LLM_RESIDUALS } from '../../simulator/twins/residual-samples.ts';

/** The traffic that the scenarios are made for: the Azure conversation trace of 2023. */
const REQUESTS_PER_MINUTE = 332;
const TOKENS_PER_REQUEST = 1_155 + 211;

describe.each(BUILT_IN_SCENARIOS)('the scenario %s', (name) => {
  const { scenario, hash, path } = loadScenario(name);

  it('is named for its file', () => {
    expect(scenario.name).toBe(name);
    expect(path.endsWith(`/simulator/scenarios/${name}.scenario.yaml`)).toBe(true);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe.each(['calm-day', 'provider-outage', 'tight-budget'])('the scenario %s', (name) => {
  const { scenario } = loadScenario(name);

  it('has ten targets of five providers', () => {
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

describe('the scenario agent-routes', () => {
  const { pool, twins } = loadScenario('agent-routes').scenario;
  const routes = pool.routing?.routes ?? [];
  const poolsOf = (route: string) => routes.find(({ name }) => name === route)?.pools ?? [];

  it('has a twin for each model, several keys, and nothing that breaks on purpose', () => {
    expect(pool.targets).toHaveLength(14);
    expect(pool.keys).toHaveLength(9);
    expect(twins).toHaveLength(7);
  });

  it('has a route for each kind of request but searches of the web, each with something to fall back on', () => {
    expect(new Set(routes.map(({ name }) => name))).toEqual(
      new Set(BUILT_IN_ROUTES.filter((name) => name !== 'web_search')),
    );
    for (const { pools } of routes) {
      expect(pools.flatMap(({ targets }) => targets).length).toBeGreaterThan(1);
      const firstBackup = pools.findIndex(({ backup }) => backup);
      expect(pools.slice(firstBackup < 0 ? pools.length : firstBackup).every(({ backup }) => backup)).toBe(true);
    }
  });

  it('lists a target once in a route, where it is tried first', () => {
    expect(poolsOf('thinking').map(({ id, targets }) => [id, targets])).toEqual([
      ['best', ['aurora.main.aurora-large-2.5', 'aurora.team.aurora-large-2.5']],
      ['second', ['prism.main.prism-pro', 'prism.spare.prism-pro']],
      ['refuge', ['aurora.spare.aurora-large-2.5', 'borealis.team-a.boreal-pro', 'borealis.team-b.boreal-pro']],
    ]);
  });

  it('has room where it is needed, eyes where there are images, and weights where they count', () => {
    const targetOf = (id: string) => pool.targets.find((target) => target.id === id);
    const targetsOf = (route: string) => poolsOf(route).flatMap(({ targets }) => targets.map((id) => targetOf(id)));
    expect(targetsOf('longcontext').every((target) => target?.contextTokens === 1_000_000)).toBe(true);
    expect(targetsOf('vision').every((target) => target?.capabilities.vision === true)).toBe(true);
    expect(pool.targets.filter(({ inlineVision }) => inlineVision).every(({ provider }) => provider === 'prism')).toBe(
      true,
    );
    expect(poolsOf('tools')[0]).toMatchObject({
      mode: 'static-weighted',
      weights: {
        'drift.main.drift-70b': 2,
        'aurora.main.aurora-mini-2.5': 1,
        'aurora.team.aurora-mini-2.5': 1,
        'aurora.spare.aurora-mini-2.5': 0.5,
      },
    });
    expect(pool.clientKeys.find(({ name }) => name === 'batch')?.routes).toEqual([
      'default',
      'longcontext',
      'background',
    ]);
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
