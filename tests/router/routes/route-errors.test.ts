import { describe, expect, it } from 'vitest';
import { whyUnsupported, type PoolDefinition, type RouterRequest } from '../../../src/router/index.ts';
import { instructionsOf, routedPool, signalling, steered, told } from '../routed-pool.ts';
import { requestOf } from '../small-pool.ts';
import { onlyReject, tryOut } from '../trial.ts';

const DUMB = { capabilities: { tools: false } };
const BLIND = { capabilities: { vision: false } };
const SMALL = { contextTokens: 2_000, maxOutputTokens: 1_000 };

describe('B.11 PROVIDER_NOT_AVAILABLE of a route', () => {
  const POOL = routedPool(
    {
      default: [['d.main.x'], ['d.spare.x']],
      coding: [['c.main.x', 'c.other.x'], { id: 'reserve', targets: ['c.spare.x'] }],
    },
    { 'c.spare.x': DUMB },
  );
  const CODING = signalling({ lastTool: 'write' });

  it('says which pools were tried, in their order, and what kept each out', () => {
    const trial = tryOut(POOL, { queue: { recoveryWaitMaxMs: 0 } });
    for (const id of ['c.main.x', 'c.other.x', 'd.main.x']) trial.order('cool', id, 60_000);
    trial.order('disable', 'd.spare.x');
    const refused = onlyReject(trial.begin('a', { ...CODING, hasTools: true }));
    expect(refused).toMatchObject({ code: 'PROVIDER_NOT_AVAILABLE', status: 503, retryAfterMs: 60_000 });
    expect(refused.details).toEqual({
      route: 'coding',
      named: null,
      attempted: ['coding:main:health', 'coding:reserve:not_capable', 'default:main:health', 'default:pool1:health'],
      allowedProviders: [],
      disabled: [],
    });
    expect(refused.decision!.routing).toMatchObject({
      requestedRoute: 'coding',
      route: null,
      pool: null,
      mode: 'none',
    });
  });

  it('says which instructions leave nobody', () => {
    const facts = steered({ instructions: instructionsOf(['allow', 'd'], ['disable', 'd.main']), bans: ['d.2'] });
    const refused = onlyReject(tryOut(POOL).begin('a', facts));
    expect(refused).toMatchObject({ code: 'PROVIDER_NOT_AVAILABLE', status: 503, retryAfterMs: null });
    expect(refused.details).toEqual({
      route: 'default',
      named: null,
      attempted: ['default:main:excluded', 'default:pool1:excluded'],
      allowedProviders: ['d'],
      disabled: ['d.main', 'd.2'],
    });
  });

  it('says what of a request for a model is banned', () => {
    const refused = onlyReject(tryOut(POOL).begin('a', { ...steered({ bans: ['c'] }), model: 'c.main.x' }));
    expect(refused.details).toMatchObject({ route: null, named: null, attempted: ['pool:excluded'], disabled: ['c'] });
  });

  it('is none where no route and no instruction had a say', () => {
    const trial = tryOut(POOL, { queue: { recoveryWaitMaxMs: 0 } });
    trial.order('cool', 'c.main.x', 60_000);
    expect(onlyReject(trial.begin('a', { model: 'c.main.x' })).code).toBe('NO_AVAILABLE_PROVIDER');
  });

  it('waits instead when somebody is back soon', () => {
    const trial = tryOut(POOL);
    for (const id of ['c.main.x', 'c.other.x', 'c.spare.x', 'd.main.x', 'd.spare.x']) trial.order('cool', id, 2_000);
    expect(trial.begin('a', CODING)).toMatchObject([{ kind: 'wait', reason: 'queued' }]);
    expect(trial.pass(2_000)).toMatchObject([
      { kind: 'send', decision: { cause: 'queue', routing: { route: 'coding' } } },
    ]);
  });
});

describe('B.7 UNSUPPORTED_REQUEST of a route', () => {
  const image = { ...signalling({ hasImage: true, latestFromUser: true }) };
  const rows: readonly [string, PoolDefinition, Partial<RouterRequest>, string][] = [
    [
      'a lack of the whole route',
      routedPool({ default: [['d.main.x']], coding: [['c.main.x']] }, { 'd.main.x': DUMB, 'c.main.x': DUMB }),
      { ...signalling({ lastTool: 'write' }), hasTools: true },
      'No target of route "coding" takes tools.',
    ],
    [
      'default is part of every route',
      routedPool({ default: [['d.main.x']], coding: [['c.main.x']] }, { 'd.main.x': DUMB, 'c.main.x': BLIND }),
      { ...signalling({ lastTool: 'write' }), hasTools: true, hasImage: true },
      'No target of route "coding" offers all that the request needs at once: tools, images.',
    ],
    [
      'thinking is part of a route for images',
      routedPool(
        { default: [['d.main.x']], thinking: [['t.main.x']], vision: [['v.main.x']] },
        { 'd.main.x': DUMB, 'v.main.x': DUMB, 't.main.x': BLIND },
      ),
      { ...image, hasTools: true },
      'No target of route "vision" offers all that the request needs at once: tools, images.',
    ],
    [
      'tools of the provider',
      routedPool({ default: [['d.main.x']] }, { 'd.main.x': { capabilities: { serverTools: false } } }),
      steered({ needsServerTools: true }),
      'No target of route "default" has tools of its provider, such as a web search.',
    ],
    [
      'what is forced, and not what the route has',
      routedPool({ default: [['d.main.x']] }, { 'u.main.x': DUMB }),
      { ...told(['force', 'u.main']), hasTools: true },
      'No target of u.main takes tools.',
    ],
  ];

  it.each(rows)('%s', (_, pool, facts, expected) => {
    const refused = onlyReject(tryOut(pool).begin('a', facts));
    expect(refused).toMatchObject({ code: 'UNSUPPORTED_REQUEST', status: 400, retryAfterMs: null });
    expect(whyUnsupported(pool, requestOf('a', facts), refused.details)).toBe(expected);
  });

  it('a context that fits nowhere, when the limit is hard', () => {
    const pool = routedPool(
      { default: [['d.main.x']], coding: [['c.main.x']] },
      { 'd.main.x': SMALL, 'c.main.x': SMALL },
    );
    const facts = { ...signalling({ lastTool: 'write' }), inputTokens: 1_900, maxOutputTokens: 101 };
    const refused = onlyReject(tryOut(pool, { routing: { hardLimit: true } }).begin('a', facts));
    expect(whyUnsupported(pool, requestOf('a', facts), refused.details)).toBe(
      'No target of route "coding" holds the 2001 tokens of the input (estimated) and the longest answer: ' +
        'the largest context window has 2000.',
    );
  });

  it('is not said as long as what the session sticks to could serve it, if it were not out', () => {
    const pool = routedPool({ default: [['d.main.x']] }, { 'd.main.x': DUMB, 'u.main.x': {} });
    const trial = tryOut(pool, { queue: { recoveryWaitMaxMs: 0 } });
    trial.order('cool', 'u.main.x', 60_000);
    const refused = onlyReject(trial.begin('a', { ...told(['sticky', 'u.main.x']), hasTools: true }));
    expect(refused).toMatchObject({ code: 'PROVIDER_NOT_AVAILABLE', status: 503 });
    expect(refused.details).toMatchObject({ named: 'u.main.x', attempted: ['default:main:not_capable'] });
  });
});
