import { describe, expect, it } from 'vitest';
import { namedTargets, type PoolDefinition } from '../../src/router/index.ts';
import { poolOf, targetOf } from './small-pool.ts';
import { onlyReject, tryOut } from './trial.ts';

const GLM = 'zhipu.main.glm-4.7';
const GLM_SPARE = 'zhipu.spare.glm-4.7';
const AIR = 'zhipu.spare.glm-4.5-air';
const GPT = 'openai.main.gpt-4.1';
const ALL = [GLM, GLM_SPARE, AIR, GPT];

/** Keys stand in the order in which the operator wrote them: `spare` before `main`. */
function poolWith(ids: readonly string[], modelAliases: PoolDefinition['modelAliases'] = {}): PoolDefinition {
  const pool = poolOf(
    ids.map((id) => targetOf(id)),
    { modelAliases },
  );
  return { ...pool, keys: pool.keys.toSorted((a, b) => (a.id < b.id ? 1 : -1)) };
}

const POOL = poolWith(ALL, { quick: [AIR, GPT] });

describe('targets can be asked for by', () => {
  const forms: readonly [string, string, readonly string[]][] = [
    ['anything', 'auto', ALL],
    ['alias of the pool', 'quick', [AIR, GPT]],
    ['model, whoever offers it', 'glm-4.7', [GLM, GLM_SPARE]],
    ['provider', 'zhipu', [GLM, GLM_SPARE, AIR]],
    ['the first key of a provider', 'zhipu.1', [GLM_SPARE, AIR]],
    ['its second key', 'zhipu.2', [GLM]],
    ['a model with dots at any key of a provider', 'zhipu.glm-4.7', [GLM, GLM_SPARE]],
    ['key alias', 'zhipu.spare', [GLM_SPARE, AIR]],
    ['key alias and model with dots', 'zhipu.spare.glm-4.7', [GLM_SPARE]],
    ['another model of the same key', 'zhipu.spare.glm-4.5-air', [AIR]],
  ];

  it.each(forms)('%s: %s', (_, name, ids) => {
    expect(namedTargets(POOL).get(name)).toEqual(ids.toSorted());
    const seen = new Set<string>();
    const trial = tryOut(POOL, { mode: 'round-robin' });
    for (let index = 0; index < 8; index++) seen.add(trial.send(`request-${index}`, { model: name }).target);
    expect([...seen].sort()).toEqual(ids.toSorted());
  });

  it.each(['zhipu.3', 'zhipu.0', 'zhipu.01', 'openai.2', 'zhipu.main.glm-4.5-air', 'Zhipu', 'zhipu.', 'zhipu.main.'])(
    'nothing else: %s',
    (name) => {
      expect(namedTargets(POOL).has(name)).toBe(false);
      expect(onlyReject(tryOut(POOL).begin('a', { model: name })).code).toBe('UNKNOWN_MODEL');
    },
  );
});

describe('a name that could mean several things means', () => {
  it('a model before an address, and an alias before both', () => {
    const odd = poolWith([GLM, GPT, 'mirror.main.zhipu', 'mirror.main.openai.main'], { openai: [GLM] });
    const named = namedTargets(odd);
    expect(named.get('zhipu')).toEqual(['mirror.main.zhipu']);
    expect(named.get('openai.main')).toEqual(['mirror.main.openai.main']);
    expect(named.get('openai')).toEqual([GLM]);
  });

  it('the number of a key before a model of that name', () => {
    const named = namedTargets(poolWith(['zhipu.main.1', 'zhipu.spare.large']));
    expect(named.get('zhipu.1')).toEqual(['zhipu.spare.large']);
    expect(named.get('1')).toEqual(['zhipu.main.1']);
  });

  it('a model before the key of that name, and one target before a model that begins like its key', () => {
    const ids = ['zhipu.main.fast', 'zhipu.fast.large', 'zhipu.main.fast.large'];
    const named = namedTargets(poolWith(ids));
    expect(named.get('zhipu.fast')).toEqual(['zhipu.main.fast']);
    expect(named.get('zhipu.fast.large')).toEqual(['zhipu.fast.large']);
  });
});

describe('names of a pool that changes', () => {
  it('leave out what is retiring, and count keys without it', () => {
    const pool = poolWith(ALL);
    const retiring: PoolDefinition = {
      ...pool,
      targets: pool.targets.map((target) => (target.key === 'zhipu.spare' ? { ...target, retiring: true } : target)),
      keys: pool.keys.map((key) => (key.id === 'zhipu.spare' ? { ...key, retiring: true } : key)),
    };
    const named = namedTargets(retiring);
    expect(named.get('zhipu')).toEqual([GLM]);
    expect(named.get('zhipu.1')).toEqual([GLM]);
    expect(named.has('zhipu.spare')).toBe(false);
  });
});
