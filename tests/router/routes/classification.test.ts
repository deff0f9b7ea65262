import { describe, expect, it } from 'vitest';
import { TOOL_CATEGORIES, type RouteSignals } from '../../../src/router/index.ts';
import { RouteClassifier } from '../../../src/router/routes/route-classifier.ts';
import { classifyRoute } from '../../../src/router/routes/classify-route.ts';
import { BUILT_IN_ROUTES, compareRoutes } from '../../../src/router/routes/route-order.ts';
import { clientOf, routedPool, signalling, signalsOf, steered } from '../routed-pool.ts';
import { onlyReject, tryOut } from '../trial.ts';

/** A route of each name, with a target that is called after it. */
const EVERY_ROUTE = routedPool(Object.fromEntries(BUILT_IN_ROUTES.map((name) => [name, [[`${name}.main.model`]]])));
const THRESHOLD = 180_000;

interface Row {
  readonly signals: Partial<RouteSignals>;
  readonly inputTokens?: number;
  readonly route: string;
  readonly reason: string;
}

/** Every way to trigger a route, alone. */
const TABLE: readonly Row[] = [
  { signals: { hasImage: true }, route: 'vision', reason: 'vision:image-in-latest-message' },
  { signals: {}, inputTokens: THRESHOLD, route: 'longcontext', reason: 'longcontext:token-threshold' },
  { signals: {}, inputTokens: THRESHOLD + 1, route: 'longcontext', reason: 'longcontext:token-threshold' },
  { signals: {}, inputTokens: THRESHOLD - 1, route: 'default', reason: 'fallback:default' },
  { signals: { wantsWebSearch: true }, route: 'web_search', reason: 'web_search:intent-keyword' },
  { signals: { latestFromUser: true }, route: 'thinking', reason: 'thinking:user-input' },
  { signals: { lastTool: 'read' }, route: 'thinking', reason: 'thinking:last-tool-read' },
  { signals: { lastTool: 'write' }, route: 'coding', reason: 'coding:last-tool-write' },
  { signals: { lastTool: 'search' }, route: 'search', reason: 'search:last-tool-search' },
  { signals: { lastTool: 'other' }, route: 'tools', reason: 'tools:last-tool-other' },
  { signals: { usesTools: true }, route: 'tools', reason: 'tools:tool-request-detected' },
  { signals: { isBackground: true }, route: 'background', reason: 'background:keywords' },
  { signals: {}, route: 'default', reason: 'fallback:default' },
  // A search of the web that the assistant made is neither local work nor a wish of the user.
  { signals: { lastTool: 'websearch' }, route: 'default', reason: 'fallback:default' },
  { signals: { lastTool: 'websearch', usesTools: true }, route: 'tools', reason: 'tools:tool-request-detected' },
];

/** Several at once: the route, and all reasons in the order of priority. */
const SEVERAL: readonly Row[] = [
  {
    signals: { latestFromUser: true, hasImage: true, wantsWebSearch: true, isBackground: true, usesTools: true },
    inputTokens: THRESHOLD,
    route: 'vision',
    reason:
      'vision:image-in-latest-message|longcontext:token-threshold|web_search:intent-keyword|thinking:user-input|' +
      'tools:tool-request-detected|background:keywords',
  },
  {
    signals: { latestFromUser: true, wantsWebSearch: true },
    inputTokens: THRESHOLD,
    route: 'longcontext',
    reason: 'longcontext:token-threshold|web_search:intent-keyword|thinking:user-input',
  },
  {
    signals: { latestFromUser: true, wantsWebSearch: true },
    route: 'web_search',
    reason: 'web_search:intent-keyword|thinking:user-input',
  },
  // What the user says now goes before what the assistant read before it, and is one reason, not two.
  { signals: { latestFromUser: true, lastTool: 'read' }, route: 'thinking', reason: 'thinking:user-input' },
  {
    signals: { latestFromUser: true, lastTool: 'write', usesTools: true },
    route: 'thinking',
    reason: 'thinking:user-input|coding:last-tool-write|tools:tool-request-detected',
  },
  {
    signals: { lastTool: 'read', usesTools: true, isBackground: true },
    route: 'thinking',
    reason: 'thinking:last-tool-read|tools:tool-request-detected|background:keywords',
  },
  {
    signals: { lastTool: 'write', usesTools: true },
    route: 'coding',
    reason: 'coding:last-tool-write|tools:tool-request-detected',
  },
  // Tool activity speaks for `tools` only where it is not a search.
  { signals: { lastTool: 'search', usesTools: true }, route: 'search', reason: 'search:last-tool-search' },
  { signals: { lastTool: 'other', usesTools: true }, route: 'tools', reason: 'tools:last-tool-other' },
  {
    signals: { usesTools: true, isBackground: true },
    route: 'tools',
    reason: 'tools:tool-request-detected|background:keywords',
  },
];

function nameOf({ signals, inputTokens }: Row): string {
  return `${JSON.stringify(signals)}${inputTokens === undefined ? '' : ` with ${inputTokens} tokens`}`;
}

describe('B.2 priority of routes', () => {
  it('is that of the later engine, without multimodal', () => {
    expect(BUILT_IN_ROUTES).toEqual([
      'vision',
      'longcontext',
      'web_search',
      'thinking',
      'coding',
      'search',
      'tools',
      'background',
      'default',
    ]);
  });

  it('sorts unknown names last', () => {
    expect(['nightly', 'default', 'batch', 'vision', 'search'].toSorted(compareRoutes)).toEqual([
      'vision',
      'search',
      'default',
      'batch',
      'nightly',
    ]);
  });
});

describe('B.4 classification', () => {
  it.each([...TABLE, ...SEVERAL].map((row) => [nameOf(row), row] as const))('%s', (_, row) => {
    const { signals, route, reason, inputTokens = 1_000 } = row;
    const sent = tryOut(EVERY_ROUTE).send('a', signalling(signals, { inputTokens }));
    expect(sent.target).toBe(`${route}.main.model`);
    expect(sent.decision.routing).toEqual({
      requestedRoute: route,
      route,
      pool: 'main',
      reason,
      mode: 'none',
      scope: 'session',
      forceVision: false,
      forceWebSearch: false,
    });
  });

  it('takes the threshold from the policy', () => {
    const trial = tryOut(EVERY_ROUTE, { routing: { longContextThresholdTokens: 60_000 } });
    expect(trial.serve('a', { inputTokens: 60_000 })).toBe('longcontext.main.model');
    expect(trial.serve('b', { inputTokens: 59_999 })).toBe('default.main.model');
  });

  it('goes by the size alone where nothing of the conversation is known', () => {
    const trial = tryOut(EVERY_ROUTE);
    const small = trial.send('a');
    expect(small.decision.routing).toMatchObject({ route: 'default', reason: 'fallback:default', scope: null });
    const large = trial.send('b', { inputTokens: THRESHOLD });
    expect(large.decision.routing).toMatchObject({ route: 'longcontext', reason: 'longcontext:token-threshold' });
  });

  it('gives the same answer however often and in whatever order it is asked', () => {
    const booleans = [false, true];
    const every: RouteSignals[] = booleans.flatMap((latestFromUser) =>
      booleans.flatMap((hasImage) =>
        booleans.flatMap((wantsWebSearch) =>
          booleans.flatMap((isBackground) =>
            booleans.flatMap((usesTools) =>
              [null, ...TOOL_CATEGORIES].map((lastTool) => {
                return { latestFromUser, hasImage, wantsWebSearch, isBackground, usesTools, lastTool };
              }),
            ),
          ),
        ),
      ),
    );
    const names = new Set(['default', 'vision', 'coding', 'background']);
    const classifier = new RouteClassifier(names);
    for (const signals of [...every, ...every.toReversed()]) {
      for (const isLong of booleans) {
        const expected = classifyRoute(signals, isLong, (route) => names.has(route));
        expect(classifier.classify(signals, isLong)).toEqual(expected);
      }
    }
  });

  describe('passes over a route that has no targets', () => {
    const cases: readonly [string, readonly string[], Partial<RouteSignals>, string, string][] = [
      [
        'thinking, for background',
        ['default', 'background'],
        { latestFromUser: true, isBackground: true },
        'background',
        'background:keywords|thinking:user-input',
      ],
      [
        'all that it has signals for',
        ['default', 'search'],
        { latestFromUser: true, isBackground: true },
        'default',
        'fallback:default|thinking:user-input|background:keywords',
      ],
      ['coding, for tools', ['default', 'tools'], { lastTool: 'write', usesTools: true }, 'tools', ''],
      ['vision, for thinking', ['default', 'thinking'], { latestFromUser: true, hasImage: true }, 'thinking', ''],
    ];

    it.each(cases)('%s', (_, routes, signals, route, reason) => {
      const pool = routedPool(Object.fromEntries(routes.map((name) => [name, [[`${name}.main.model`]]])));
      const { decision, target } = tryOut(pool).send('a', signalling(signals));
      expect(decision.routing).toMatchObject({ requestedRoute: route, route });
      expect(target).toBe(`${route}.main.model`);
      if (reason !== '') expect(decision.routing!.reason).toBe(reason);
    });

    it('also one whose pools are all empty', () => {
      const pool = routedPool({ default: [['default.main.model']], thinking: [[]] });
      const { decision } = tryOut(pool).send('a', signalling({ latestFromUser: true }));
      expect(decision.routing).toMatchObject({ requestedRoute: 'default', route: 'default' });
    });
  });
});

describe('B.4 route hint', () => {
  const POOL = routedPool({
    default: [['default.main.model']],
    thinking: [['thinking.main.model']],
    nightly: [['nightly.main.model']],
  });

  it('goes before every signal, and says so', () => {
    const sent = tryOut(POOL).send(
      'a',
      steered({ routeHint: 'nightly', signals: signalsOf({ latestFromUser: true, usesTools: true }) }),
    );
    expect(sent.target).toBe('nightly.main.model');
    expect(sent.decision.routing).toMatchObject({
      requestedRoute: 'nightly',
      route: 'nightly',
      reason: 'route_hint:nightly',
      mode: 'none',
    });
  });

  it('holds for one request', () => {
    const trial = tryOut(POOL);
    trial.serve('a', steered({ routeHint: 'nightly' }));
    expect(trial.serve('b', steered())).toBe('default.main.model');
  });

  it('falls to default when the route is there and has nobody to take it', () => {
    const trial = tryOut(POOL);
    trial.order('disable', 'nightly.main.model');
    const { decision } = trial.send('a', steered({ routeHint: 'nightly' }));
    expect(decision.routing).toMatchObject({ requestedRoute: 'nightly', route: 'default' });
  });

  it('falls to default when it names a built-in route without targets', () => {
    const { decision, target } = tryOut(POOL).send('a', steered({ routeHint: 'coding' }));
    expect(target).toBe('default.main.model');
    expect(decision.routing).toMatchObject({
      requestedRoute: 'coding',
      route: 'default',
      reason: 'route_hint:coding',
    });
  });

  it.each(['no-such-route', 'Thinking', 'websearch', ''])('is refused when there is no route "%s"', (hint) => {
    const trial = tryOut(POOL);
    const refused = onlyReject(trial.begin('a', steered({ routeHint: hint })));
    expect(refused).toMatchObject({ code: 'ROUTE_NOT_FOUND', status: 404, retryAfterMs: null, decision: null });
    expect(refused.details).toMatchObject({ route: hint, named: null });
    expect(trial.router.openRequests).toBe(0);
  });

  it('is refused when the client key may not take the route', () => {
    const pool = { ...POOL, clientKeys: [clientOf('guest', { routes: ['default', 'thinking'] })] };
    const trial = tryOut(pool);
    const asked = (hint: string) => ({ ...steered({ routeHint: hint }), clientKey: 'guest' });
    expect(onlyReject(trial.begin('a', asked('nightly'))).code).toBe('ROUTE_NOT_FOUND');
    expect(trial.serve('b', asked('thinking'))).toBe('thinking.main.model');
  });

  it('finds a route whatever it is called', () => {
    const names = ['vision image', 'vision image hinted', 'vision image long', 'default > coding', 'auto', 'a b'];
    const pool = routedPool({
      default: [['default.main.model']],
      vision: [['vision.main.model']],
      ...Object.fromEntries(names.map((name, index) => [name, [[`odd.main.model-${index}`]]])),
    });
    const trial = tryOut(pool);
    for (const [index, name] of names.entries()) {
      expect(trial.serve(name, steered({ routeHint: name }))).toBe(`odd.main.model-${index}`);
    }
  });

  it('means nothing to a request that names its model itself', () => {
    const sent = tryOut(POOL).send('a', { ...steered({ routeHint: 'nightly' }), model: 'thinking' });
    expect(sent.target).toBe('thinking.main.model');
    expect(sent.decision.routing).toBeNull();
  });
});

describe('B.2 which requests the routes are for', () => {
  const POOL = (models: readonly string[]) =>
    routedPool({ default: [['default.main.small']] }, { 'other.main.large': {} }, { routes: { models } });

  it('those for the models that the pool lists, also where a model has the name', () => {
    const trial = tryOut(POOL(['auto', 'gpt-x', 'large']));
    for (const model of ['auto', 'gpt-x', 'large']) expect(trial.serve(model, { model })).toBe('default.main.small');
    expect(onlyReject(trial.begin('unknown', { model: 'gpt-y' })).code).toBe('UNKNOWN_MODEL');
    expect(trial.serve('address', { model: 'other.main.large' })).toBe('other.main.large');
  });

  it('with *, also those for names that mean nothing else', () => {
    const trial = tryOut(POOL(['*']));
    expect(trial.serve('a', { model: 'gpt-y' })).toBe('default.main.small');
    expect(trial.serve('b', { model: 'large' })).toBe('other.main.large');
  });

  it('not those in a protocol that no target of the routes speaks', () => {
    const pool = routedPool(
      { default: [['default.main.small']] },
      { 'default.main.small': { protocols: ['openai'] }, 'other.main.embed': { protocols: ['openai-embeddings'] } },
      { routes: { models: ['auto'] } },
    );
    const sent = tryOut(pool).send('a', { protocol: 'openai-embeddings', stream: false });
    expect(sent.target).toBe('other.main.embed');
    expect(sent.decision.routing).toBeNull();
  });
});
