import { describe, expect, it } from 'vitest';
import { loadScenario, parseScenario } from '../../src/config/load-scenario.ts';
import { HOSTED_LLM_RESIDUALS } from '../../simulator/twins/residual-samples.ts';
import { messageOf, temporaryFile } from './temporary-file.ts';

const POOL = {
  providers: [
    {
      id: 'p',
      keys: [{ alias: 'k' }],
      models: [{ id: 'm', prices: { inputUsdPerMillion: 1, outputUsdPerMillion: 4, cacheReadUsdPerMillion: 0.1 } }],
    },
  ],
};

const MINIMAL = { name: 'small', pool: POOL, twins: [{ provider: 'p', model: 'm' }] };

function twinWith(fields: object) {
  return parseScenario('s', { ...MINIMAL, twins: [{ provider: 'p', model: 'm', ...fields }] }).twins[0];
}

function scenarioWith(fields: object) {
  return parseScenario('s', { ...MINIMAL, ...fields });
}

describe('a scenario', () => {
  it('needs a name, a pool and twins; the rest has defaults', () => {
    const scenario = parseScenario('s', MINIMAL);
    expect(scenario).toMatchObject({ name: 'small', description: '', weather: [], faults: [] });
    expect(scenario.clients).toEqual({
      firstTokenTimeoutMs: null,
      totalTimeoutMs: null,
      sessions: 'open',
      thinkTime: { medianMs: 10_000, sigma: 1 },
    });
    expect(scenario.twins[0]).toMatchObject({
      rateLimit: { requestsPerMinute: null, tokensPerMinute: null, retryAfter: true },
      coldStart: null,
      promptCache: null,
      firstToken: { residual: { kind: 'empirical', samples: HOSTED_LLM_RESIDUALS } },
    });
  });

  it('takes the prices of a twin from the pool, one by one', () => {
    expect(twinWith({ prices: { outputUsdPerMillion: 5, billsAborted: false } })?.prices).toEqual({
      inputMicroUsdPerToken: 1,
      outputMicroUsdPerToken: 5,
      cacheReadMicroUsdPerToken: 0.1,
      cacheWriteMicroUsdPerToken: 1,
      billsAborted: false,
    });
  });

  it.each([
    [{ medianMs: 400, inputTokens: 1_500, b1: 0.7, n0: 300 }, 1_500, 400],
    [{ medianMs: '2s' }, 1_000, 2_000],
    [{}, 1_000, 500],
    [{ b0: Math.log(50), b1: 1, n0: 100 }, 900, 500],
  ])('solves first token %j for b0, so that the median at %d tokens is %d ms', (firstToken, tokens, medianMs) => {
    const twin = twinWith({ firstToken });
    if (twin === undefined) throw new Error('no twin');
    const { b0, b1, n0 } = twin.firstToken;
    expect(Math.exp(b0 + b1 * Math.log(1 + tokens / n0))).toBeCloseTo(medianMs, 9);
  });

  it('reads every kind of residual, and sorts samples', () => {
    const residual = (value: object) => twinWith({ firstToken: { residual: value } })?.firstToken.residual;
    expect(residual({ kind: 'constant' })).toEqual({ kind: 'constant' });
    expect(residual({ kind: 'exponential' })).toEqual({ kind: 'exponential' });
    expect(residual({ kind: 'empirical', samples: [3, 1, 2] })).toEqual({ kind: 'empirical', samples: [1, 2, 3] });
    const mixture = { kind: 'lognormal-mixture', components: [{ weight: 1, median: 1, sigma: 0.4 }] };
    expect(residual(mixture)).toEqual(mixture);
  });

  it('reads faults of every kind, on a provider or on a target', () => {
    const span = { from: '10m', to: '14m' };
    const { faults } = scenarioWith({
      faults: [
        { ...span, provider: 'p', kind: 'down' },
        { ...span, target: 'p.k.m', kind: 'failures', probability: 0.3 },
        { ...span, provider: 'p', kind: 'rate-limit-storm', retryAfterMs: '20s' },
        { ...span, provider: 'p', kind: 'latency', factor: 3 },
        { ...span, provider: 'p', kind: 'price', factor: 0 },
      ],
    });
    const times = { startMs: 600_000, endMs: 840_000 };
    expect(faults).toEqual([
      { ...times, scope: 'p', kind: 'down' },
      { ...times, scope: 'p.k.m', kind: 'failures', probability: 0.3 },
      { ...times, scope: 'p', kind: 'rate-limit-storm', probability: 1, retryAfterMs: 20_000 },
      { ...times, scope: 'p', kind: 'latency', factor: 3 },
      { ...times, scope: 'p', kind: 'price', factor: 0 },
    ]);
  });

  const fault = { from: 0, to: '1m', kind: 'down' };
  it.each<[object, string]>([
    [{ twins: [] }, 'pool.providers[0].models[0]: p m has no twin; add one under twins'],
    [
      { twins: [{ provider: 'q', model: 'm' }] },
      'twins[0].provider: unknown provider "q"; known: p (and 1 more: pool.providers[0].models[0])',
    ],
    [
      { twins: [{ provider: 'p', model: 'n' }] },
      'twins[0].model: unknown model of p "n"; known: m (and 1 more: pool.providers[0].models[0])',
    ],
    [{ twins: [...MINIMAL.twins, ...MINIMAL.twins] }, 'twins[1]: p m has a twin already (twins[0])'],
    [
      { twins: [{ provider: 'p', model: 'm', prices: { inputUsdPerMillion: -3 } }] },
      'twins[0].prices.inputUsdPerMillion: expected number >= 0, got -3',
    ],
    [
      { twins: [{ provider: 'p', model: 'm', firstToken: { b0: 1, medianMs: 2 } }] },
      'twins[0].firstToken: give b0, or medianMs',
    ],
    [
      { twins: [{ provider: 'p', model: 'm', errors: { serverError: 0.9, connectTimeout: 0.2 } }] },
      'twins[0].errors: the probabilities must not sum',
    ],
    [
      { twins: [{ provider: 'p', model: 'm', coldStart: { probability: 0.1, minMs: '80s' } }] },
      'twins[0].coldStart.maxMs: must be at least minMs',
    ],
    [
      { twins: [{ provider: 'p', model: 'm', firstToken: { residual: { kind: 'gamma' } } }] },
      'twins[0].firstToken.residual.kind: expected one of constant, exponential, empirical, lognormal-mixture, got "gamma"',
    ],
    [
      { twins: [{ provider: 'p', model: 'm', firstToken: { residual: { kind: 'empirical', samples: 'mine' } } }] },
      'twins[0].firstToken.residual.samples: expected hosted-llm, or a list',
    ],
    [
      {
        twins: [
          {
            provider: 'p',
            model: 'm',
            firstToken: { residual: { kind: 'lognormal-mixture', components: [{ weight: 0.5, median: 1, sigma: 1 }] } },
          },
        ],
      },
      'twins[0].firstToken.residual.components: the weights must sum to 1',
    ],
    [{ weather: [{ provider: 'q' }] }, 'weather[0].provider: unknown provider "q"; known: p'],
    [{ weather: [{ provider: 'p' }, { provider: 'p' }] }, 'weather[1].provider: the weather of "p" is given twice'],
    [{ faults: [{ ...fault, provider: 'q' }] }, 'faults[0].provider: unknown provider "q"; known: p'],
    [{ faults: [{ ...fault, target: 'p.k' }] }, 'faults[0].target: unknown target "p.k"; known: p.k.m'],
    [{ faults: [fault] }, 'faults[0]: give either provider or target'],
    [{ faults: [{ ...fault, provider: 'p', target: 'p.k.m' }] }, 'faults[0]: give either provider or target'],
    [{ faults: [{ ...fault, provider: 'p', to: 0 }] }, 'faults[0].to: must be later than from'],
    [{ faults: [{ ...fault, provider: 'p', factor: 2 }] }, 'faults[0].factor: unknown field'],
    [{ clients: { sessions: 'closed' } }, 'clients.sessions: expected one of open, wait, got "closed"'],
    [{ pool: { providers: [] } }, 'pool.providers: expected a list of >= 1 entries'],
  ])('with %j is refused', (fields, reason) => {
    const message = messageOf(() => scenarioWith(fields));
    expect(message).toContain(`s: ${reason}`);
    expect(message).not.toContain('\n');
  });
});

describe('loadScenario', () => {
  it('lists the built-in names when there is no such file', () => {
    expect(messageOf(() => loadScenario('calm'))).toBe(
      'scenario "calm": neither a file nor a built-in scenario; built in are calm-day, provider-outage, tight-budget, agent-routes',
    );
  });

  it('reads JSON too, hashes what it means, and says where a problem is', () => {
    const pretty = temporaryFile('a.scenario.yaml', JSON.stringify(MINIMAL, null, 2));
    const plain = temporaryFile('b.scenario.yaml', JSON.stringify({ ...MINIMAL, faults: [] }));
    expect(loadScenario(pretty)).toMatchObject({ path: pretty, scenario: { name: 'small' } });
    expect(loadScenario(plain).hash).toBe(loadScenario(pretty).hash);
    const wrong = temporaryFile('c.scenario.yaml', 'name: c\npool: 3\ntwins: []\n');
    expect(messageOf(() => loadScenario(wrong))).toBe(`${wrong}:2:7: pool: expected a mapping of fields, got 3`);
    const gap = temporaryFile('d.scenario.yaml', 'name: d\npool:\n  providers: [{ id: p }]\ntwins: []\n');
    expect(messageOf(() => loadScenario(gap))).toMatch(
      `${gap}:3:15: pool.providers[0].keys: missing; expected a list (and 1 more: pool.providers[0].models)`,
    );
  });

  it('refuses YAML that would explode', () => {
    const layers = Array.from({ length: 12 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i},`.repeat(9)}]`);
    const bomb = temporaryFile('bomb.yaml', ['l0: &l0 [x]', ...layers].join('\n'));
    expect(messageOf(() => loadScenario(bomb))).toContain(`${bomb}: not valid YAML: `);
  });
});
