/** Routes as files say them; rows named B.n are of the virtual router whose files they should be able to take over. */
import { describe, expect, it } from 'vitest';
import { parsePool } from '../../src/config/pool-schema.ts';
import { SELECTION_MODES } from '../../src/router/policy.ts';
import { messageOf } from './temporary-file.ts';
import { MINI, N_41, PROVIDERS, S_2 } from './pool-with-routes.ts';

const POOL = { providers: PROVIDERS, modelAliases: { good: ['n-4.1'] } };

function routingOf(routing: unknown, fields: object = {}) {
  const parsed = parsePool('pool', { ...POOL, ...fields, routing }).routing;
  if (parsed === null) throw new Error('no routing');
  return parsed;
}

/** The pools of the default route. */
function poolsOf(route: unknown, fields: object = {}) {
  return routingOf({ default: route }, fields).routes[0]?.pools ?? [];
}

function poolOf(fields: object, top: object = {}) {
  return poolsOf([{ targets: ['north'], ...fields }], top)[0];
}

const PLAIN = { id: 'default:pool0', priority: 0, backup: false, force: false, mode: null, weights: null };

describe('routes', () => {
  it('are none where the file says none', () => {
    expect(parsePool('pool', POOL).routing).toBeNull();
  });

  it.each<[string, unknown, readonly string[]]>([
    ['a list of names', ['south.s-2', 'north.mini'], [...S_2, ...MINI]],
    ['one name', 'north.mini', MINI],
    ['a pool', { targets: ['north.mini'] }, MINI],
    ['a list of a pool', [{ targets: 'north.mini' }], MINI],
  ])('B.1 can be %s', (_what, route, targets) => {
    expect(poolsOf(route)).toEqual([{ ...PLAIN, targets }]);
  });

  it.each<[string, readonly string[]]>([
    ['north.n-4.1', N_41],
    ['north.spare.n-4.1', ['north.spare.n-4.1']],
    ['north.1-main.mini', ['north.1-main.mini']],
    ['north.main.mini', ['north.1-main.mini']],
    ['north.2', ['north.spare.mini', 'north.spare.n-4.1']],
    ['north.spare', ['north.spare.mini', 'north.spare.n-4.1']],
    ['north.main', ['north.1-main.mini', 'north.1-main.n-4.1']],
    ['south', S_2],
  ])('B.1 read the target %s', (name, targets) => {
    expect(poolsOf([name])[0]?.targets).toEqual(targets);
  });

  it('B.1 read the second part as an alias only where it is one: else the rest is the model', () => {
    const [north, south] = PROVIDERS;
    const models = [...north!.models, { ...north!.models[0], id: 'spare.x' }, { ...north!.models[0], id: 'other.x' }];
    const providers = [{ ...north, models }, south];
    const targetsOf = (name: string) => poolsOf([name], { providers })[0]?.targets;
    expect(targetsOf('north.other.x')).toEqual(['north.1-main.other.x', 'north.spare.other.x']);
    expect(targetsOf('north.spare.mini')).toEqual(['north.spare.mini']);
  });

  it.each(['targets', 'providers', 'pool', 'entries', 'items', 'routes', 'target', 'provider'])(
    'B.1 take targets under the name %s',
    (field) => {
      expect(poolsOf([{ [field]: ['south.s-2'] }])[0]?.targets).toEqual(S_2);
      expect(poolsOf([{ [field]: 'south.s-2' }])[0]?.targets).toEqual(S_2);
    },
  );

  it.each<[object, object]>([
    [{ id: 'x' }, { id: 'x' }],
    [{ poolId: 'x' }, { id: 'x' }],
    [{ priority: -2.5 }, { priority: -2.5 }],
    [{ backup: true }, { backup: true }],
    [{ isBackup: true }, { backup: true }],
    [{ type: 'backup' }, { backup: true }],
    [{ type: 'backup', backup: true }, { backup: true }],
    [{ type: 'primary' }, { backup: false }],
    [{ force: false }, { force: false }],
    [{ balancing: 'round-robin' }, { mode: 'round-robin' }],
    [{ balancing: 'weighted' }, { mode: 'static-weighted', weights: null }],
    [{ balancing: 'score-ranked' }, { mode: 'ranked' }],
    [{ balancing: 'score-weighted' }, { mode: 'weighted' }],
    [{ loadBalancing: { strategy: 'weighted' } }, { mode: 'static-weighted' }],
    ...SELECTION_MODES.filter((mode) => mode !== 'weighted').map((mode): [object, object] => [
      { balancing: mode },
      { mode },
    ]),
  ])('B.1, B.9 read %j of a pool', (fields, expected) => {
    expect(poolOf(fields)).toMatchObject(expected);
  });

  it('B.9 balance as the file says where a pool says nothing', () => {
    const loadBalancing = { strategy: 'round-robin' };
    expect(poolOf({}, { loadBalancing })).toMatchObject({ mode: 'round-robin' });
    expect(poolsOf(['south'], { loadBalancing })[0]).toMatchObject({ mode: 'round-robin' });
    expect(poolOf({ balancing: 'random' }, { loadBalancing })).toMatchObject({ mode: 'random' });
  });

  it('B.9 give each target of a weighted pool a weight, 1 where the file has none', () => {
    const weights = { 'north.mini': 3, 'north.spare.n-4.1': 0.5 };
    expect(poolOf({ balancing: 'weighted', weights })?.weights).toEqual({
      'north.1-main.mini': 3,
      'north.spare.mini': 3,
      'north.1-main.n-4.1': 1,
      'north.spare.n-4.1': 0.5,
    });
    expect(poolOf({ weights }, { loadBalancing: { strategy: 'weighted' } })?.weights).toMatchObject({
      'north.1-main.mini': 3,
    });
  });

  it('B.1 order pools: backups last, priority descending, id ascending', () => {
    const pools = [
      { id: 'd', targets: ['north.spare.n-4.1'], backup: true, priority: 100 },
      { id: 'c', targets: ['north.spare.mini'] },
      { id: 'b', targets: ['north.1-main.mini'] },
      { id: 'a', targets: ['north.1-main.n-4.1'], priority: -1 },
      { targets: ['south.s-2'], priority: 5 },
    ];
    expect(poolsOf(pools).map(({ id }) => id)).toEqual(['default:pool4', 'b', 'c', 'a', 'd']);
  });

  it('keep a target in the first pool that is tried, and leave out pools and routes without any', () => {
    const pools = [
      { id: 'rest', targets: ['north'], backup: true },
      { id: 'first', targets: ['north.spare.mini', 'north.mini', 'north.spare.mini'] },
      { id: 'idle', targets: ['north.1-main.mini'], priority: -1 },
      { id: 'empty', targets: [] },
    ];
    const { routes } = routingOf({ vision: [], default: pools, coding: ['north.mini'] });
    expect(routes.map(({ name }) => name)).toEqual(['coding', 'default']);
    expect(routes[1]?.pools.map(({ id, targets }) => [id, targets])).toEqual([
      ['first', ['north.spare.mini', 'north.1-main.mini']],
      ['rest', N_41],
    ]);
    expect(routes[0]?.pools[0]?.targets).toEqual(MINI);
  });

  it.each(['web_search', 'search', 'websearch', 'my own'])('B.2 take the name %s as it is', (name) => {
    expect(routingOf({ default: 'north', [name]: 'south' }).routes.map((route) => route.name)).toContain(name);
  });

  it('B.5 say where images and searches of the web are forced', () => {
    const routing = { default: 'north', vision: [{ target: 'south', force: true }] };
    const { routes, forceWebSearch } = routingOf(routing, { webSearch: { force: true } });
    expect(routes.find(({ name }) => name === 'vision')?.pools[0]?.force).toBe(true);
    expect(forceWebSearch).toBe(true);
    expect(routingOf(routing, { webSearch: {} }).forceWebSearch).toBe(false);
    expect(routingOf(routing).forceWebSearch).toBe(false);
  });

  it('are for auto, or for the models that the file names', () => {
    expect(routingOf({ default: 'north' }).models).toEqual(['auto']);
    const routedModels = ['claude-sonnet-4', 'n-4.1', 'good', '*'];
    expect(routingOf({ default: 'north' }, { routedModels }).models).toEqual(routedModels);
  });
});

describe('routes that are refused', () => {
  const withDefault = (route: unknown) => ({ routing: { default: route } });
  const pools = (...entries: object[]) => withDefault(entries.map((entry) => ({ targets: ['south'], ...entry })));

  it.each<[string, object, string]>([
    ['B.11 no default', { routing: {} }, 'routing.default: default route must have a target; name one'],
    ['B.11 another route alone', { routing: { tools: 'south' } }, 'routing.default: default route must have a target'],
    ['B.11 an empty default', withDefault([]), 'routing.default: default route must have a target'],
    ['B.11 a default of empty pools', pools({ targets: [] }), 'routing.default: default route must have a target'],
    [
      'B.11 an unknown provider',
      withDefault(['nroth.mini']),
      'routing.default[0]: route references unknown provider "nroth"; did you mean north? (providers: north, south)',
    ],
    [
      'B.11 an unknown provider alone',
      withDefault('west'),
      'routing.default: route references unknown provider "west" (providers: north, south)',
    ],
    [
      'B.11 an unknown provider key',
      withDefault({ targets: ['south', 'north.spaer.mini'] }),
      'routing.default.targets[1]: route references unknown provider key "spaer" of north; did you mean spare? (keys: 1-main, spare)',
    ],
    [
      'B.12.7 a number that no key has',
      pools({ target: 'north.3', targets: undefined }),
      'routing.default[0].target: route references unknown provider key 3 of north; its keys are 1 (1-main), 2 (spare)',
    ],
    [
      'an unknown model',
      withDefault(['north.minni']),
      'routing.default[0]: route references unknown model "minni" of north; did you mean mini? (models: n-4.1, mini)',
    ],
    [
      'an unknown model of a key',
      withDefault(['north.main.n-4.2']),
      'routing.default[0]: route references unknown model "n-4.2" of north.main; did you mean n-4.1? (models: n-4.1, mini)',
    ],
    [
      'B.11 no model',
      withDefault(['north.']),
      'routing.default[0]: missing model id after "north."; expected north.model (models: n-4.1, mini)',
    ],
    [
      'a model alone',
      withDefault(['n-4.1']),
      'routing.default[0]: "n-4.1" is a model without its provider; write north.n-4.1',
    ],
    ['an alias of models', withDefault(['good']), 'routing.default[0]: "good" is an alias of models'],
    ['no targets', withDefault([{ priority: 1 }]), 'routing.default[0].targets: missing; expected target names'],
    [
      'a misspelt field',
      withDefault([{ targets: ['south'], prioritty: 1 }]),
      'routing.default[0].prioritty: unknown field; did you mean priority? (known: id, targets, priority, backup, force, balancing, weights)',
    ],
    ['a target that is none', withDefault(['south', 5]), 'routing.default[1]: expected a target name or a pool, got 5'],
    [
      'a target that is none, in a pool',
      pools({ targets: ['south', 5] }),
      'routing.default[0].targets[1]: expected text, got 5',
    ],
    ['a number for a route', withDefault(5), 'routing.default: expected pools, or target names, got 5'],
    ['nothing for a route', withDefault(null), 'routing.default: expected pools, or target names, got nothing'],
    ['a list of routes', { routing: ['south'] }, 'routing: expected a mapping of names, got a list of 1'],
    [
      'names among pools',
      withDefault(['south', { targets: ['north'] }]),
      'routing.default: mixes target names and pools; write the names as a pool: { targets: [...] }',
    ],
    [
      'an id twice',
      pools({ id: 'x' }, { poolId: 'x' }),
      'routing.default[1]: there is already a pool "x" in the route default; give it another id',
    ],
    [
      'an id that another has by its place',
      pools({ id: 'default:pool1' }, {}),
      'routing.default[1]: there is already a pool "default:pool1"',
    ],
    ['two names for an id', pools({ id: 'x', poolId: 'x' }), 'routing.default[0].poolId: says the same as id'],
    ['two names for targets', pools({ items: [] }), 'routing.default[0].items: says the same as targets; give one'],
    ['two names for backup', pools({ backup: true, isBackup: true }), 'routing.default[0].isBackup: says the same'],
    [
      'two words on backup',
      pools({ backup: false, type: 'backup' }),
      'routing.default[0].type: "backup" contradicts backup: false; give one of them',
    ],
    ['a type that is none', pools({ type: 'spare' }), 'routing.default[0].type: expected one of primary, backup, got'],
    [
      'two words on balancing',
      pools({ balancing: 'random', loadBalancing: { strategy: 'random' } }),
      'routing.default[0].loadBalancing: says the same as balancing',
    ],
    [
      'another balancing',
      pools({ balancing: 'sticky' }),
      'routing.default[0].balancing: expected one of round-robin, ',
    ],
    [
      'another balancing of all',
      { ...withDefault('south'), loadBalancing: { strategy: 'sticky' } },
      'loadBalancing.strategy: expected one of round-robin, weighted, ',
    ],
    [
      'a priority that is none',
      pools({ priority: 'high' }),
      'routing.default[0].priority: expected a number, got "high"',
    ],
    [
      'force where nothing sees',
      pools({ force: true }),
      'routing.default[0].force: counts on pools of vision only; take it out',
    ],
    [
      'weights that nothing goes by',
      pools({ weights: { south: 2 } }),
      'routing.default[0].weights: count with balancing: weighted only; add that, or take them out',
    ],
    [
      'a weight of 0',
      pools({ balancing: 'weighted', weights: { south: 0 } }),
      'routing.default[0].weights.south: expected number > 0, got 0',
    ],
    [
      'a weight of nobody',
      pools({ balancing: 'weighted', weights: { 'south.s-3': 2 } }),
      'routing.default[0].weights["south.s-3"]: route references unknown model "s-3" of south; did you mean s-2?',
    ],
    [
      'a weight of a target elsewhere',
      pools({ balancing: 'weighted', weights: { 'north.mini': 2 } }),
      'routing.default[0].weights["north.mini"]: "north.mini" is no target of the pool',
    ],
    [
      'two weights of a target',
      pools({ targets: ['north'], balancing: 'weighted', weights: { 'north.mini': 2, 'north.spare': 1 } }),
      'routing.default[0].weights["north.spare"]: north.spare.mini has a weight already, by "north.mini"',
    ],
    [
      'an address to be routed',
      { ...withDefault('south'), routedModels: ['north.mini'] },
      'routedModels[0]: "north.mini" is the address of targets, which must lead to them; expected a name without a provider',
    ],
    [
      'a model to be routed, twice',
      { ...withDefault('south'), routedModels: ['x', 'auto', 'x'] },
      'routedModels[2]: "x" is in the list twice',
    ],
    ['nothing to be routed', { ...withDefault('south'), routedModels: [] }, 'routedModels: expected a list of >= 1'],
    [
      'routed models without routes',
      { routedModels: ['x'] },
      'routedModels: has no effect without routes; add routing',
    ],
    ['balancing without routes', { loadBalancing: { strategy: 'random' } }, 'loadBalancing: has no effect without'],
    ['searches without routes', { webSearch: { force: true } }, 'webSearch: has no effect without routes'],
    [
      'an unknown route of a client key',
      { ...withDefault('south'), clientKeys: [{ name: 'a', routes: ['default', 'defualt'] }] },
      'clientKeys[0].routes[1]: unknown route "defualt"; did you mean default? (routes: default)',
    ],
    [
      'a route of a client key without routes',
      { clientKeys: [{ name: 'a', routes: ['default'] }] },
      'clientKeys[0].routes[0]: unknown route "default" (there is no routing)',
    ],
    [
      'a route of a client key that has no targets',
      { routing: { default: 'south', vision: [] }, clientKeys: [{ name: 'a', routes: ['vision'] }] },
      'clientKeys[0].routes[0]: unknown route "vision" (routes: default)',
    ],
    [
      'another use of instructions',
      { clientKeys: [{ name: 'a', instructions: 'obey' }] },
      'clientKeys[0].instructions: expected one of apply, text, refuse, got "obey"',
    ],
  ])('have %s', (_what, fields, reason) => {
    expect(messageOf(() => parsePool('pool', { ...POOL, ...fields }))).toContain(`pool: ${reason}`);
  });
});

describe('a client key', () => {
  it('may take all routes, or those it names', () => {
    const clientKeys = [{ name: 'all' }, { name: 'one', routes: ['default'], instructions: 'apply' }];
    const { clientKeys: parsed } = parsePool('pool', { ...POOL, routing: { default: 'south' }, clientKeys });
    expect(parsed.map(({ name, routes }) => [name, routes])).toEqual([
      ['all', null],
      ['one', ['default']],
    ]);
  });
});
