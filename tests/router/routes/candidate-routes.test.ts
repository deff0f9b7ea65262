import { describe, expect, it } from 'vitest';
import { candidateRoutes } from '../../../src/router/routes/candidate-routes.ts';
import { clientOf, routedPool, routingOf, signalling, signalsOf, steered, walk } from '../routed-pool.ts';
import { tryOut } from '../trial.ts';

const PLAIN = { isHinted: false, hasImage: false, isLong: false };
const IMAGE = { ...PLAIN, hasImage: true };
const LONG_IMAGE = { ...IMAGE, isLong: true };
const HINTED_IMAGE = { ...IMAGE, isHinted: true };

const ROUTES = routingOf({
  default: [['d.main.x']],
  thinking: [['t.main.x']],
  longcontext: [['l.main.x']],
  vision: [['v.main.x']],
  coding: [['c.main.x']],
  nightly: [['n.main.x']],
  search: [[]],
});
const FORCED = routingOf({
  default: [['d.main.x']],
  thinking: [['t.main.x']],
  vision: [['v.main.x'], { targets: ['w.main.x'], force: true }],
});
const WITHOUT_THINKING = routingOf({ default: [['d.main.x']], vision: [['v.main.x']] });

describe('B.5 candidate routes', () => {
  const nowhere: readonly string[] = [];
  const cases = [
    ['default alone', ROUTES, 'default', PLAIN, nowhere, ['default']],
    ['a route, then default', ROUTES, 'coding', PLAIN, nowhere, ['coding', 'default']],
    ['a route of another name, then default', ROUTES, 'nightly', PLAIN, nowhere, ['nightly', 'default']],
    ['a route without targets is dropped', ROUTES, 'search', PLAIN, nowhere, ['default']],
    ['a route that there is not is dropped', ROUTES, 'tools', PLAIN, nowhere, ['default']],
    [
      'long contexts, then default',
      ROUTES,
      'longcontext',
      { ...PLAIN, isLong: true },
      nowhere,
      ['longcontext', 'default'],
    ],
    ['an image adds thinking and default', ROUTES, 'vision', IMAGE, nowhere, ['vision', 'thinking', 'default']],
    ['an image adds only what has targets', WITHOUT_THINKING, 'vision', IMAGE, nowhere, ['vision', 'default']],
    [
      'inline targets of thinking bring it in front',
      ROUTES,
      'vision',
      IMAGE,
      ['thinking'],
      ['thinking', 'vision', 'default'],
    ],
    [
      'inline targets of default bring it in front',
      ROUTES,
      'vision',
      IMAGE,
      ['default'],
      ['default', 'vision', 'thinking'],
    ],
    ['of both: in their order', ROUTES, 'vision', IMAGE, ['default', 'thinking'], ['thinking', 'default', 'vision']],
    [
      'inline targets elsewhere change nothing',
      ROUTES,
      'vision',
      IMAGE,
      ['vision', 'coding', 'nightly'],
      ['vision', 'thinking', 'default'],
    ],
    [
      'a forced pool of vision keeps the dedicated flow',
      FORCED,
      'vision',
      IMAGE,
      ['default', 'thinking'],
      ['vision', 'default'],
    ],
    [
      'a long context keeps the order, and its own route',
      ROUTES,
      'vision',
      LONG_IMAGE,
      ['default', 'thinking'],
      ['vision', 'longcontext', 'thinking', 'default'],
    ],
    [
      'a hint stays in front of inline routes',
      ROUTES,
      'coding',
      HINTED_IMAGE,
      ['default', 'thinking'],
      ['coding', 'thinking', 'default'],
    ],
    ['a hint to vision stays in front', ROUTES, 'vision', HINTED_IMAGE, ['default'], ['vision', 'default', 'thinking']],
    [
      'a hinted route of another name stays in front',
      ROUTES,
      'nightly',
      HINTED_IMAGE,
      nowhere,
      ['nightly', 'thinking', 'default'],
    ],
  ] as const;

  it.each(cases)('%s', (_, routing, route, traits, inline, expected) => {
    const takesInline = (name: string): boolean => (inline as readonly string[]).includes(name);
    expect(candidateRoutes(routing, route, traits, takesInline)).toEqual(expected);
  });
});

const INLINE = { inlineVision: true };
const BLIND = { capabilities: { vision: false } };
const SEEING = signalling({ latestFromUser: true, hasImage: true });
/** Cheap is better, so that a score would turn every order below round. */
const CHEAP = { prices: { inputMicroUsdPerToken: 0, outputMicroUsdPerToken: 0 } };

describe('B.5 the walk through pools', () => {
  it('tries the pools of a route in their order, then those of default', () => {
    const pool = routedPool(
      { default: [['d.main.x'], ['d.spare.x']], coding: [['c.main.x'], ['c.spare.x']] },
      { 'c.spare.x': CHEAP, 'd.spare.x': CHEAP },
    );
    const coding = signalling({ lastTool: 'write' });
    expect(walk(pool, coding)).toEqual(['c.main.x', 'c.spare.x', 'd.main.x', 'd.spare.x']);
    expect(walk(pool, {})).toEqual(['d.main.x', 'd.spare.x']);
  });

  it('takes a target that stands in several routes where it stands first', () => {
    const pool = routedPool({ default: [['d.main.x', 'c.main.x']], coding: [['c.main.x']] });
    const trial = tryOut(pool);
    const { decision, target } = trial.send('a', signalling({ lastTool: 'write' }));
    expect([target, decision.routing!.route]).toEqual(['c.main.x', 'coding']);
    expect(decision.candidates!.map((each) => [each.target, each.rejection])).toEqual([
      ['c.main.x', null],
      ['d.main.x', 'outranked'],
    ]);
  });

  it('goes back to the first pool as soon as it has somebody', () => {
    const trial = tryOut(routedPool({ default: [['d.main.x'], ['d.spare.x']] }));
    trial.order('disable', 'd.main.x');
    expect(trial.serve('a')).toBe('d.spare.x');
    trial.order('enable', 'd.main.x');
    expect(trial.serve('b')).toBe('d.main.x');
  });

  it('names route and pool of what was chosen', () => {
    const trial = tryOut(
      routedPool({ default: [['d.main.x']], coding: [['c.main.x'], { id: 'reserve', targets: ['c.spare.x'] }] }),
    );
    trial.order('disable', 'c.main.x');
    const { decision } = trial.send('a', signalling({ lastTool: 'write' }));
    expect(decision.routing).toMatchObject({ requestedRoute: 'coding', route: 'coding', pool: 'reserve' });
  });
});

describe('B.5 the walk with an image', () => {
  const POOL = routedPool(
    {
      default: [['d.inline.x', 'd.plain.x'], ['d.spare.x']],
      thinking: [['t.plain.x', 't.inline.x']],
      vision: [['v.main.x']],
    },
    { 'd.inline.x': INLINE, 't.inline.x': INLINE, 'd.plain.x': CHEAP, 't.plain.x': CHEAP },
  );

  it('asks inline targets of each pool first, and falls back to the others of it', () => {
    expect(walk(POOL, SEEING)).toEqual(['t.inline.x', 't.plain.x', 'd.inline.x', 'd.plain.x', 'd.spare.x', 'v.main.x']);
  });

  it('leaves out who cannot see', () => {
    const blind = {
      ...POOL,
      targets: POOL.targets.map((each) =>
        each.id === 't.inline.x' ? { ...each, capabilities: { ...each.capabilities, vision: false } } : each,
      ),
    };
    expect(walk(blind, SEEING)[0]).toBe('t.plain.x');
  });

  it('asks as without one when the image is further back in the conversation', () => {
    const earlier = steered({ signals: signalsOf({ latestFromUser: true }) }, { hasImage: true });
    expect(tryOut(POOL).send('a', earlier).decision.routing!.requestedRoute).toBe('thinking');
    // No inline target goes first: what is cheap does.
    expect(walk(POOL, earlier)).toEqual(['t.plain.x', 't.inline.x', 'd.plain.x', 'd.inline.x', 'd.spare.x']);
  });

  it('keeps to vision, and says that it is forced, when one of its pools is', () => {
    const forced = routedPool(
      {
        default: [['d.inline.x']],
        thinking: [['t.inline.x']],
        vision: [['v.main.x'], { targets: ['v.spare.x'], force: true }],
      },
      { 'd.inline.x': INLINE, 't.inline.x': INLINE },
    );
    expect(walk(forced, SEEING)).toEqual(['v.main.x', 'v.spare.x', 'd.inline.x']);
    const trial = tryOut(forced);
    expect(trial.send('a', SEEING).decision.routing).toMatchObject({ route: 'vision', forceVision: true });
    trial.order('disable', 'v.main.x');
    trial.order('disable', 'v.spare.x');
    expect(trial.send('b', SEEING).decision.routing).toMatchObject({ route: 'default', forceVision: false });
  });

  it('keeps its order, and offers longcontext, when the context is long', () => {
    const pool = routedPool(
      { default: [['d.inline.x']], longcontext: [['l.main.x']], vision: [['v.main.x']] },
      { 'd.inline.x': INLINE },
    );
    const facts = { ...SEEING, inputTokens: 180_000 };
    expect(walk(pool, facts)).toEqual(['v.main.x', 'l.main.x', 'd.inline.x']);
  });

  it('keeps a hint in front', () => {
    expect(
      walk(POOL, steered({ routeHint: 'vision', signals: signalsOf({ hasImage: true }) }, { hasImage: true })),
    ).toEqual(['v.main.x', 't.inline.x', 't.plain.x', 'd.inline.x', 'd.plain.x', 'd.spare.x']);
  });

  it('takes the first of those that see where no route is for images', () => {
    const pool = routedPool({ default: [['d.main.x', 'd.other.x']] }, { 'd.main.x': BLIND });
    expect(walk(pool, SEEING)).toEqual(['d.other.x']);
  });

  it('does not add a route that the client key may not take', () => {
    const pool = { ...POOL, clientKeys: [clientOf('guest', { routes: ['default', 'vision'] })] };
    expect(walk(pool, { ...SEEING, clientKey: 'guest' })).toEqual(['d.inline.x', 'd.plain.x', 'd.spare.x', 'v.main.x']);
  });
});

describe('B.11 forceWebSearch', () => {
  it('is said with every decision of the routes, when the routes say so', () => {
    const pool = routedPool({ default: [['d.main.x']] }, {}, { routes: { forceWebSearch: true } });
    expect(tryOut(pool).send('a').decision.routing!.forceWebSearch).toBe(true);
  });
});

describe('B.7 targets without tools of their provider', () => {
  const POOL = routedPool(
    { default: [['d.plain.x'], ['d.serving.x']] },
    { 'd.plain.x': { capabilities: { serverTools: false } } },
  );

  it('are passed over by a request that needs such tools', () => {
    expect(walk(POOL, steered({ needsServerTools: true }))).toEqual(['d.serving.x']);
    expect(walk(POOL, steered())).toEqual(['d.plain.x', 'd.serving.x']);
  });
});
