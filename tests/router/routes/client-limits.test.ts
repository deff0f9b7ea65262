import { describe, expect, it } from 'vitest';
import type { Instruction, PoolDefinition, RouterRequest, Steering } from '../../../src/router/index.ts';
import { clientOf, instructionsOf, routedPool, signalling, signalsOf, steered, told, walk } from '../routed-pool.ts';
import { onlyReject, tryOut } from '../trial.ts';

const POOL = routedPool(
  { default: [['d.main.small']], thinking: [['t.main.deep']], nightly: [['n.main.huge']] },
  { 'd.main.large': {}, 'u.main.rare': {} },
  {
    clientKeys: [
      clientOf('anyone', {}),
      clientOf('small', { models: ['small'] }),
      clientOf('auto', { models: ['auto'] }),
      clientOf('routed', { routes: ['default', 'thinking'] }),
      clientOf('thinker', { routes: ['thinking'] }),
      clientOf('both', { models: ['auto'], routes: ['default'] }),
      clientOf('brand', { models: ['brand-new'] }),
    ],
    modelAliases: {},
    routes: { models: ['auto', 'brand-new'] },
  },
);

function by(clientKey: string, facts: Partial<RouterRequest>): Partial<RouterRequest> {
  return { ...facts, clientKey };
}

/** Where a client can be led by a force. */
function reach(clientKey: string, model = 'auto', pool: PoolDefinition = POOL): string[] {
  const forced = (name: string) => by(clientKey, { ...told(['force', name]), model });
  return POOL.targets
    .map(({ id }) => id)
    .filter((id) => walk(pool, forced(id)).length > 0)
    .toSorted();
}

describe('B.12.21 what a client key may ask for limits what instructions can do', () => {
  const everything = POOL.targets.map(({ id }) => id).toSorted();
  const rows: readonly [string, string, readonly string[]][] = [
    ['anyone', 'auto', everything],
    ['stranger', 'auto', everything],
    ['small', 'small', ['d.main.small']],
    ['auto', 'auto', everything],
    ['routed', 'auto', ['d.main.small', 't.main.deep']],
    ['both', 'auto', ['d.main.small']],
    // The model is in no provider's list: the routes are for it, and lead where they lead.
    ['brand', 'brand-new', ['d.main.small', 'n.main.huge', 't.main.deep']],
  ];

  it.each(rows)('force by %s, asking for %s', (clientKey, model, expected) => {
    expect(reach(clientKey, model)).toEqual(expected);
  });

  it('a force outside is refused as something that is not available', () => {
    const refused = onlyReject(tryOut(POOL).begin('a', by('routed', told(['force', 'u.main.rare']))));
    expect(refused).toMatchObject({ code: 'PROVIDER_NOT_AVAILABLE', status: 503, retryAfterMs: null });
    expect(refused.details).toMatchObject({ named: 'u.main.rare', attempted: ['u.main.rare:excluded'] });
  });

  const sticks: readonly [string, readonly Instruction[], readonly string[]][] = [
    ['sticky outside', instructionsOf(['sticky', 'u.main.rare']), ['d.main.small']],
    ['sticky half outside', instructionsOf(['sticky', 'd']), ['d.main.small']],
    ['sticky inside', instructionsOf(['sticky', 't.main.deep']), ['t.main.deep', 'd.main.small']],
    ['enable and allow', instructionsOf(['enable', 'u'], ['allow', 'u']), []],
    ['force, then clear', instructionsOf(['force', 'u.main.rare'], ['clear', '']), ['d.main.small']],
  ];

  it.each(sticks)('%s', (_, instructions, expected) => {
    expect(walk(POOL, by('routed', steered({ instructions })))).toEqual(expected);
  });

  it('a key that asks for one model keeps to it when a provider is named', () => {
    expect(walk(POOL, by('small', { ...told(['force', 'd']), model: 'small' }))).toEqual(['d.main.small']);
    expect(walk(POOL, by('small', { ...told(['sticky', 'd.main']), model: 'small' }))).toEqual(['d.main.small']);
  });

  it('a session that two keys share leads the second no further than it may go', () => {
    const trial = tryOut(POOL);
    expect(trial.serve('a', by('anyone', told(['sticky', 'u.main.rare'])))).toBe('u.main.rare');
    expect(trial.serve('b', by('routed', steered()))).toBe('d.main.small');
    expect(trial.serve('c', by('anyone', steered()))).toBe('u.main.rare');
  });
});

describe('B.4 the routes of a client key', () => {
  it('are those that its signals can find', () => {
    const background = signalling({ latestFromUser: true, isBackground: true });
    const { decision } = tryOut(POOL).send('a', by('both', background));
    expect(decision.routing).toMatchObject({
      requestedRoute: 'default',
      reason: 'fallback:default|thinking:user-input|background:keywords',
    });
    expect(tryOut(POOL).send('a', by('routed', background)).decision.routing!.requestedRoute).toBe('thinking');
  });

  it('always lead to default in the end', () => {
    expect(walk(POOL, by('thinker', signalling({ latestFromUser: true })))).toEqual(['t.main.deep', 'd.main.small']);
    expect(walk(POOL, by('thinker', {}))).toEqual(['d.main.small']);
  });

  it('are no more when an image brings routes along', () => {
    const image = steered({ signals: signalsOf({ hasImage: true, latestFromUser: true }) }, { hasImage: true });
    expect(walk(POOL, by('both', image))).toEqual(['d.main.small']);
    expect(walk(POOL, by('routed', image))).toEqual(['t.main.deep', 'd.main.small']);
  });
});

describe('B.12.21 a client key that may not steer', () => {
  const steering = { clientKeys: [clientOf('anyone', {}), clientOf('plain', { maySteer: false })] };
  const pool = routedPool({ default: [['d.main.small', 'd.spare.small']], nightly: [['n.main.huge']] }, {}, steering);

  it('has its instructions and bans left out, whoever drives the core, and remembers nothing', () => {
    const trial = tryOut(pool);
    const wish: Partial<Steering> = {
      instructions: instructionsOf(['force', 'n.main.huge'], ['disable', 'd.main']),
      bans: ['d.main', 'd.spare'],
    };
    const served = trial.send('a', by('plain', steered(wish)));
    expect(served.target).toMatch(/^d\./);
    expect(served.decision.routing).toMatchObject({ mode: 'none', scope: 'request' });
    expect(trial.router.rememberedSessions).toBe(0);
    // A name that means nothing is no name of its either.
    const unknown = by('plain', steered({ instructions: instructionsOf(['sticky', 'nobody']) }));
    expect(trial.send('b', unknown).target).toMatch(/^d\./);
    expect(trial.send('c', by('anyone', steered({ ...wish, bans: [] }))).target).toBe('n.main.huge');
  });

  it('has its signals and hints heeded', () => {
    expect(tryOut(pool).send('a', by('plain', steered({ routeHint: 'nightly' }))).target).toBe('n.main.huge');
  });
});
