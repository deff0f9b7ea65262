import { describe, expect, it } from 'vitest';
import { BUILT_IN_SCENARIOS, loadScenario } from '../../src/config/load-scenario.ts';
import { poolFormOf } from '../../src/config/pool-form.ts';
import { parsePool } from '../../src/config/pool-schema.ts';

describe('the form of a pool', () => {
  it.each(BUILT_IN_SCENARIOS)('of %s is read as that pool again', (name) => {
    const { pool } = loadScenario(name).scenario;
    const form = JSON.parse(JSON.stringify(poolFormOf(pool))) as unknown;
    expect(parsePool(name, form)).toEqual(pool);
  });

  it('has client keys with all that they may and may not', () => {
    const written = {
      providers: [
        {
          id: 'aurora',
          budgets: [{ metric: 'usd', window: 'day', limit: 12.5 }],
          keys: [{ alias: 'a' }, { alias: 'b', concurrencyLimit: 3 }],
          models: [{ id: 'm-1.5', prices: { inputUsdPerMillion: 1, outputUsdPerMillion: 2 } }],
        },
      ],
      routing: { default: ['aurora'], thinking: [{ id: 'x', targets: ['aurora.b'], backup: true, priority: 2 }] },
      routedModels: ['auto', 'm-1.5'],
      clientKeys: [
        { name: 'one', models: ['auto'], routes: ['default'], priorityCeiling: 'low', instructions: 'apply' },
        { name: 'two', rateLimit: { requestsPerMinute: 5 } },
      ],
    };
    const pool = parsePool('written', written);
    expect(parsePool('again', JSON.parse(JSON.stringify(poolFormOf(pool))))).toEqual(pool);
  });

  it('leaves out what retires', () => {
    const { pool } = loadScenario('calm-day').scenario;
    const keys = pool.keys.map((key) => (key.id === 'aurora.spare' ? { ...key, retiring: true as const } : key));
    const targets = pool.targets.map((target) =>
      target.key === 'aurora.spare' ? { ...target, retiring: true as const } : target,
    );
    const aliases = { ...pool, keys, targets, modelAliases: {} };
    const again = parsePool('again', JSON.parse(JSON.stringify(poolFormOf(aliases))));
    expect(again.keys.map(({ id }) => id)).not.toContain('aurora.spare');
    expect(again.targets.some(({ key }) => key === 'aurora.spare')).toBe(false);
  });
});
