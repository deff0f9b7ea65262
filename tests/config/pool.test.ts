import { describe, expect, it } from 'vitest';
import { matchesPattern } from '../../src/config/model-pattern.ts';
import { loadPool, parsePool } from '../../src/config/pool-schema.ts';
import { messageOf, temporaryFile } from './temporary-file.ts';

const prices = { inputUsdPerMillion: 2, outputUsdPerMillion: 8 };

/** Two providers, three keys, four models, five targets; models with dots in their names. */
const POOL = {
  providers: [
    {
      id: 'north',
      budgets: [{ metric: 'usd', window: 'day', limit: 12.5 }],
      keys: [{ secretEnv: 'A' }, { alias: 'spare', secretFile: 'b', concurrencyLimit: 8, queueLimit: 0 }],
      models: [
        {
          id: 'n-4.1',
          prices: { ...prices, cacheReadUsdPerMillion: 0.2 },
          budgets: [{ metric: 'requests', window: '1m', limit: 60 }],
        },
        { id: 'n-mini', contextTokens: 8_000, capabilities: ['streaming'], prices },
      ],
    },
    {
      id: 'south',
      protocol: 'gemini',
      keys: [{ budgets: [{ metric: 'tokens', window: '5m', limit: 1_000 }] }],
      models: [{ id: 'n-4.1', maxOutputTokens: 100, prices, disabled: true }],
    },
  ],
  modelAliases: { good: ['south.n-4.1', 'n-4.1'], one: ['north.spare.n-mini'], all: ['*'] },
  clientKeys: [
    { name: 'app' },
    {
      name: 'batch',
      priorityCeiling: 'low',
      budgets: [{ metric: 'usd', window: '1m', limit: 0.000001 }],
    },
  ],
};

/** The pool with one field changed, by its path. */
function poolWith(path: readonly (string | number)[], value: unknown): unknown {
  const copy: unknown = structuredClone(POOL);
  let at = copy as Record<string | number, unknown>;
  for (const step of path.slice(0, -1)) at = at[step] as Record<string | number, unknown>;
  at[path.at(-1) ?? ''] = value;
  return copy;
}

describe('a pool', () => {
  const pool = parsePool('pool', POOL);

  it('has a target for every key and model', () => {
    expect(pool.targets.map(({ id }) => id)).toEqual([
      'north.key1.n-4.1',
      'north.key1.n-mini',
      'north.spare.n-4.1',
      'north.spare.n-mini',
      'south.key1.n-4.1',
    ]);
    expect(pool.targets[0]).toEqual({
      id: 'north.key1.n-4.1',
      provider: 'north',
      key: 'north.key1',
      model: 'n-4.1',
      contextTokens: 200_000,
      maxOutputTokens: 16_384,
      capabilities: { tools: true, vision: true, streaming: true, serverTools: true },
      protocols: [],
      prices: {
        inputMicroUsdPerToken: 2,
        outputMicroUsdPerToken: 8,
        cacheReadMicroUsdPerToken: 0.2,
        cacheWriteMicroUsdPerToken: 2,
      },
      budgets: [{ metric: 'requests', window: '1m', limit: 60 }],
      disabled: false,
      inlineVision: false,
    });
    expect(pool.targets[1]).toMatchObject({
      contextTokens: 8_000,
      maxOutputTokens: 8_000,
      capabilities: { tools: false, vision: false, streaming: true, serverTools: true },
    });
    expect(pool.targets[4]).toMatchObject({ maxOutputTokens: 100, disabled: true });
  });

  it('counts money in micro-USD and knows no secrets', () => {
    expect(pool.providers).toEqual([
      { id: 'north', budgets: [{ metric: 'microUsd', window: 'day', limit: 12_500_000 }] },
      { id: 'south', budgets: [] },
    ]);
    expect(pool.clientKeys).toEqual([
      { name: 'app', priorityCeiling: 'high', models: null, maySteer: false, routes: null, budgets: [] },
      {
        name: 'batch',
        priorityCeiling: 'low',
        models: null,
        maySteer: false,
        routes: null,
        budgets: [{ metric: 'microUsd', window: '1m', limit: 1 }],
      },
    ]);
    expect(JSON.stringify(pool)).not.toContain('secret');
  });

  it('names keys by position where they have no alias', () => {
    expect(pool.keys).toEqual([
      { id: 'north.key1', provider: 'north', concurrencyLimit: null, queueLimit: 64, budgets: [] },
      { id: 'north.spare', provider: 'north', concurrencyLimit: 8, queueLimit: 0, budgets: [] },
      {
        id: 'south.key1',
        provider: 'south',
        concurrencyLimit: null,
        queueLimit: 64,
        budgets: [{ metric: 'tokens', window: '5m', limit: 1_000 }],
      },
    ]);
  });

  it('resolves aliases in the order of their patterns, each target once', () => {
    expect(pool.modelAliases['good']).toEqual(['south.key1.n-4.1', 'north.key1.n-4.1', 'north.spare.n-4.1']);
    expect(pool.modelAliases['one']).toEqual(['north.spare.n-mini']);
    expect(pool.modelAliases['all']).toEqual(pool.targets.map(({ id }) => id));
  });

  it.each<[readonly (string | number)[], unknown, string]>([
    [['providers', 1, 'id'], 'north', 'providers[1].id: there is already a provider named "north"'],
    [
      ['providers', 0, 'keys', 1, 'alias'],
      'key1',
      'providers[0].keys[1]: there is already a key of north named "key1"',
    ],
    [
      ['providers', 0, 'models', 1, 'id'],
      'n-4.1',
      'providers[0].models[1].id: there is already a model of north named "n-4.1"',
    ],
    [['clientKeys', 1, 'name'], 'app', 'clientKeys[1].name: there is already a client key named "app"'],
    [['providers', 0, 'id'], 'no.dots', 'providers[0].id: expected letters, digits, _ or -, got "no.dots"'],
    [['providers', 0, 'keys'], [], 'providers[0].keys: expected a list of >= 1 entries, got an empty list'],
    [['providers', 0, 'keys', 0, 'secretFile'], 'f', 'providers[0].keys[0]: has both secretEnv and secretFile'],
    [
      ['providers', 0, 'keys', 0, 'concurrencyLimit'],
      0,
      'providers[0].keys[0].concurrencyLimit: expected number >= 1, got 0',
    ],
    [
      ['providers', 0, 'protocol'],
      'soap',
      'providers[0].protocol: expected one of openai, anthropic, gemini, got "soap"',
    ],
    [['providers', 0, 'budgets', 0, 'limit'], 0, 'providers[0].budgets[0].limit: expected number >= 0.000001, got 0'],
    [
      ['providers', 0, 'budgets', 0, 'metric'],
      'eur',
      'providers[0].budgets[0].metric: expected one of tokens, requests, usd, got "eur"',
    ],
    [
      ['providers', 0, 'budgets', 1],
      POOL.providers[0]?.budgets?.[0],
      'providers[0].budgets[1]: usd per day is limited twice',
    ],
    [
      ['providers', 0, 'models', 0, 'prices'],
      {},
      'providers[0].models[0].prices.inputUsdPerMillion: missing; expected a number (and 1 more: providers[0].models[0].prices.outputUsdPerMillion)',
    ],
    [
      ['providers', 0, 'models', 0, 'prices', 'inputUsdPerMillion'],
      -3,
      'providers[0].models[0].prices.inputUsdPerMillion: expected number >= 0, got -3',
    ],
    [['modelAliases', 'good', 0], 'n-5', 'modelAliases.good[0]: "n-5" matches no target'],
    [['modelAliases', 'auto'], ['*'], 'modelAliases.auto: "auto" is taken'],
    [
      ['providers', 1, 'models', 0, 'id'],
      'auto',
      'providers[1].models[0].id: "auto" is taken: it means the whole pool',
    ],
    [['modelAliases', 'n-mini'], ['*'], 'modelAliases.n-mini: "n-mini" is a model of the pool'],
    [['modelAliases', 'odd name'], [], 'modelAliases["odd name"]: expected a list of >= 1 entries'],
    [['routes'], {}, 'routes: unknown field (known: providers, modelAliases, clientKeys, routing, '],
  ])('is refused with %j = %j', (path, value, reason) => {
    expect(messageOf(() => parsePool('pool', poolWith(path, value)))).toContain(`pool: ${reason}`);
  });

  it('can come from a file', () => {
    const path = temporaryFile('pool.json', JSON.stringify(POOL));
    expect(loadPool(path)).toEqual(pool);
    expect(messageOf(() => loadPool(`${path}.nowhere`))).toContain(
      'cannot be read: there is no such file; check its path',
    );
  });
});

describe('a model pattern', () => {
  const target = { id: 'p.k.m.1', provider: 'p', model: 'm.1' };
  it.each(['*', 'm.1', 'p.m.1', 'p.k.m.1'])('%s matches', (pattern) => {
    expect(matchesPattern(target, pattern)).toBe(true);
  });
  it.each(['m', 'p', 'p.k', 'k.m.1', 'p.k.m', 'P.m.1', 'p.*', ''])('%s does not', (pattern) => {
    expect(matchesPattern(target, pattern)).toBe(false);
  });
});
