import { describe, expect, it } from 'vitest';
import { restoreRouter, type InstructionKind, type RouterSnapshot } from '../../../src/router/index.ts';
import { instructionsOf, routedPool, steered, told, walk } from '../routed-pool.ts';
import { CANCELLED, FAILED, LIMITED } from '../small-pool.ts';
import { onlyReject, onlySend, onlyWait, rejections, tryOut, type Trial } from '../trial.ts';

const CHEAP = { prices: { inputMicroUsdPerToken: 0, outputMicroUsdPerToken: 0 } };
/** The route takes aurora and borealis; the keys of cirrus are in no route. The score prefers aurora. */
const POOL = routedPool(
  { default: [['aurora.main.small', 'aurora.spare.small', 'borealis.main.large']] },
  {
    'aurora.main.small': CHEAP,
    'cirrus.one.deep': {},
    'cirrus.two.deep': {},
    'cirrus.three.deep': {},
  },
);
const CIRRUS = ['cirrus.one.deep', 'cirrus.two.deep', 'cirrus.three.deep'];

function serveMany(trial: Trial, count: number, facts = steered()): string[] {
  const start = trial.router.snapshot().flow.decisions;
  return Array.from({ length: count }, (_, index) => trial.serve(`many-${start + index}`, facts));
}

describe('B.7 force', () => {
  it('exact: that target, with the pool id forced, and the route that was asked for', () => {
    const { target, decision } = tryOut(POOL).send('a', told(['force', 'borealis.main.large']));
    expect(target).toBe('borealis.main.large');
    expect(decision.propensity).toBe(1);
    expect(decision.routing).toMatchObject({
      requestedRoute: 'default',
      route: null,
      pool: 'forced',
      mode: 'force',
      reason: 'fallback:default',
    });
  });

  it('lasts one turn', () => {
    const trial = tryOut(POOL);
    expect(trial.serve('a', told(['force', 'cirrus.one.deep']))).toBe('cirrus.one.deep');
    expect(trial.send('b', steered()).decision.routing).toMatchObject({ mode: 'none', route: 'default' });
  });

  it('holds on every hop of a tool loop, where the message of the user is still the latest of theirs', () => {
    const trial = tryOut(POOL);
    const hop = { ...told(['force', 'cirrus.one.deep']), hasTools: true };
    for (const id of ['first', 'second', 'third']) expect(trial.serve(id, hop)).toBe('cirrus.one.deep');
    expect(trial.serve('next', steered())).toBe('aurora.main.small');
  });

  it('filter: the keys of the model take turns, whatever the mode', () => {
    for (const mode of ['ranked', 'lowest-cost', 'weighted'] as const) {
      const trial = tryOut(POOL, { mode });
      const turns = serveMany(trial, 6, told(['force', 'cirrus.deep']));
      expect(turns.slice(0, 3).toSorted()).toEqual(CIRRUS.toSorted());
      expect(turns.slice(3)).toEqual(turns.slice(0, 3));
    }
  });

  it('filter: overrides sticky for the turn, and leaves it there', () => {
    const trial = tryOut(POOL);
    trial.serve('a', told(['sticky', 'borealis.main.large']));
    expect(trial.serve('b', told(['force', 'cirrus.one.deep']))).toBe('cirrus.one.deep');
    expect(trial.serve('c', steered())).toBe('borealis.main.large');
  });

  it('goes over allow, for one turn', () => {
    const trial = tryOut(POOL);
    trial.serve('a', told(['allow', 'aurora']));
    expect(trial.serve('b', told(['force', 'cirrus.one.deep']))).toBe('cirrus.one.deep');
    expect(walk(POOL, told(['allow', 'aurora'], ['force', 'borealis']))).toEqual(['borealis.main.large']);
    expect(rejections(trial.send('c', steered()))['borealis.main.large']).toBe('excluded');
  });

  it('tries no other target when the one is unavailable, and says so', () => {
    const trial = tryOut(POOL);
    trial.order('disable', 'cirrus.one.deep');
    const refused = onlyReject(trial.begin('a', told(['force', 'cirrus.one.deep'])));
    expect(refused).toMatchObject({ code: 'PROVIDER_NOT_AVAILABLE', status: 503 });
    expect(refused.details).toEqual({
      route: 'default',
      named: 'cirrus.one.deep',
      attempted: ['cirrus.one.deep:health'],
      allowedProviders: [],
      disabled: [],
    });
  });

  it('fails over to the other keys of a forced model, and nowhere else', () => {
    const trial = tryOut(POOL, { retry: { attemptsMax: 5 } });
    const forced = told(['force', 'cirrus.deep']);
    let sent = trial.send('a', forced);
    const tried = [sent.target];
    for (let more = 0; more < 2; more++) {
      onlyWait(trial.end(sent, FAILED));
      sent = onlySend(trial.pass(10_000));
      tried.push(sent.target);
    }
    expect(tried.toSorted()).toEqual(CIRRUS.toSorted());
    expect(onlyReject(trial.end(sent, FAILED)).code).toBe('ALL_PROVIDER_FAILED');
  });
});

describe('B.7 sticky', () => {
  it('exact: that target every time, also one that no route has', () => {
    const trial = tryOut(POOL);
    trial.serve('a', told(['sticky', 'cirrus.one.deep']));
    expect(serveMany(trial, 4)).toEqual(Array(4).fill('cirrus.one.deep'));
    expect(trial.send('b', steered()).decision.routing).toMatchObject({ mode: 'sticky', pool: 'sticky', route: null });
  });

  it.each(['ranked', 'weighted', 'lowest-cost', 'random'] as const)(
    'filter: the second request takes another key, in mode %s',
    (mode) => {
      const trial = tryOut(POOL, { mode });
      const first = trial.serve('a', told(['sticky', 'cirrus.deep']));
      const turns = [first, ...serveMany(trial, 5)];
      expect(turns[1]).not.toBe(turns[0]);
      expect(turns.slice(0, 3).toSorted()).toEqual(CIRRUS.toSorted());
      expect(turns.slice(3)).toEqual(turns.slice(0, 3));
    },
  );

  it('filter: only the live keys take turns', () => {
    const trial = tryOut(POOL);
    trial.serve('a', told(['sticky', 'cirrus.deep']));
    trial.order('disable', 'cirrus.two.deep');
    expect(new Set(serveMany(trial, 4))).toEqual(new Set(['cirrus.one.deep', 'cirrus.three.deep']));
  });

  const hindrances: readonly [string, (trial: Trial) => void, (trial: Trial) => void][] = [
    [
      'disabled',
      (trial) => trial.order('disable', 'cirrus.one.deep'),
      (trial) => trial.order('enable', 'cirrus.one.deep'),
    ],
    ['resting', (trial) => trial.order('cool', 'cirrus.one.deep', trial.nowMs + 50_000), (trial) => trial.pass(50_000)],
    [
      'limited',
      (trial) =>
        trial.end(trial.send('limited', { model: 'cirrus.one.deep' }), {
          ...LIMITED,
          retryAfterMs: 40_000,
          reachedClient: true,
        }),
      (trial) => trial.pass(40_000),
    ],
  ];

  it.each(hindrances)('unusable (%s): the routes decide this once, and it is kept', (_, hinder, help) => {
    const trial = tryOut(POOL);
    trial.serve('told', told(['sticky', 'cirrus.one.deep']));
    hinder(trial);
    const sent = trial.send('meanwhile', steered());
    expect(sent.target).toBe('aurora.main.small');
    expect(sent.decision.routing).toMatchObject({ mode: 'none', route: 'default', pool: 'main' });
    trial.end(sent, CANCELLED);
    help(trial);
    expect(trial.serve('again', steered())).toBe('cirrus.one.deep');
  });

  it('fails over from its target to the routes within a request', () => {
    const trial = tryOut(POOL);
    const first = trial.send('a', told(['sticky', 'cirrus.one.deep']));
    onlyWait(trial.end(first, FAILED));
    const second = onlySend(trial.pass(10_000));
    expect(second.target).toBe('aurora.main.small');
    expect(second.decision.routing).toMatchObject({ mode: 'none', route: 'default' });
  });

  it('is passed over by a request that it cannot serve', () => {
    const pool = {
      ...POOL,
      targets: POOL.targets.map((target) =>
        target.provider === 'cirrus' ? { ...target, contextTokens: 10_000 } : target,
      ),
    };
    const trial = tryOut(pool);
    trial.serve('a', told(['sticky', 'cirrus.deep']));
    expect(trial.serve('b', steered({}, { inputTokens: 20_000 }))).toBe('aurora.main.small');
    expect(CIRRUS).toContain(trial.serve('c', steered()));
  });

  it('goes before the pools of the route, in whatever order they are', () => {
    const pool = routedPool({ default: [['first.main.x'], ['second.main.x']] });
    expect(walk(pool, told(['sticky', 'second.main.x']))).toEqual(['second.main.x', 'first.main.x']);
  });

  it('is waited for when it is busy and its route has nobody at all', () => {
    const pool = routedPool(
      { default: [['off.main.x']] },
      { 'u.main.x': {} },
      { keys: { 'u.main': { concurrencyLimit: 1 } } },
    );
    const trial = tryOut(pool);
    trial.order('disable', 'off.main.x');
    const first = trial.send('first', told(['sticky', 'u.main.x']));
    onlyWait(trial.begin('second', steered()));
    expect(trial.router.waitingRequests).toBe(1);
    const saved = restoreRouter(JSON.parse(JSON.stringify(trial.router.snapshot())) as RouterSnapshot);
    expect(saved.waitingRequests).toBe(1);
    expect(onlySend(trial.end(first)).target).toBe('u.main.x');
  });

  it('serves a request that waits as soon as its own target is free', () => {
    const pool = {
      ...POOL,
      keys: POOL.keys.map((key) => ({ ...key, concurrencyLimit: 1 })),
    };
    const trial = tryOut(pool);
    const stuck = trial.send('stuck', { model: 'cirrus.one.deep' });
    for (const id of ['one', 'two', 'three']) trial.send(id);
    onlyWait(trial.begin('waiting', told(['sticky', 'cirrus.one.deep'])));
    const sent = onlySend(trial.end(stuck));
    expect([sent.requestId, sent.target]).toEqual(['waiting', 'cirrus.one.deep']);
    expect(sent.decision).toMatchObject({ cause: 'queue', routing: { mode: 'sticky' } });
  });
});

describe('B.7 precedence', () => {
  type Told = readonly [InstructionKind, string];
  const AURORA = ['aurora.main.small', 'aurora.spare.small'];
  const BOREALIS = ['borealis.main.large'];
  const rows: readonly [string, readonly Told[], readonly string[]][] = [
    [
      'disable beats force exact',
      [
        ['disable', 'borealis'],
        ['force', 'borealis.main.large'],
      ],
      [],
    ],
    [
      'disable beats force of a model',
      [
        ['disable', 'cirrus.2'],
        ['force', 'cirrus.deep'],
      ],
      ['cirrus.one.deep', 'cirrus.three.deep'],
    ],
    [
      'disable beats sticky',
      [
        ['disable', 'borealis'],
        ['sticky', 'borealis.main.large'],
      ],
      AURORA,
    ],
    [
      'disable beats allow',
      [
        ['allow', 'borealis'],
        ['disable', 'borealis.main'],
      ],
      [],
    ],
    [
      'force beats sticky',
      [
        ['sticky', 'borealis.main.large'],
        ['force', 'cirrus.one.deep'],
      ],
      ['cirrus.one.deep'],
    ],
    [
      'force beats allow',
      [
        ['allow', 'aurora'],
        ['force', 'borealis'],
      ],
      BOREALIS,
    ],
    ['sticky beats the order of the routes', [['sticky', 'borealis']], [...BOREALIS, ...AURORA]],
    ['allow beats the routes', [['allow', 'borealis']], BOREALIS],
    [
      'sticky inside allow',
      [
        ['allow', 'aurora'],
        ['sticky', 'aurora.2'],
      ],
      ['aurora.spare.small', 'aurora.main.small'],
    ],
    [
      'sticky outside allow waits until it is allowed',
      [
        ['allow', 'aurora'],
        ['sticky', 'borealis'],
      ],
      AURORA,
    ],
  ];

  it.each(rows)('%s', (_, instructions, expected) => {
    const choices = walk(POOL, told(...instructions));
    expect(choices.toSorted()).toEqual(expected.toSorted());
    expect(choices[0]).toBe(expected[0]);
  });

  it('a ban of the request beats force, sticky and allow of the session', () => {
    const banned = (...instructions: readonly Told[]) =>
      steered({ instructions: instructionsOf(...instructions), bans: ['borealis'] });
    expect(walk(POOL, banned(['force', 'borealis']))).toEqual([]);
    expect(walk(POOL, banned(['sticky', 'borealis']))).toEqual(AURORA);
    expect(walk(POOL, banned(['allow', 'borealis']))).toEqual([]);
  });

  it('a ban of the request can be lifted by no instruction of the message', () => {
    const facts = steered({ instructions: instructionsOf(['enable', 'borealis'], ['clear', '']), bans: ['borealis'] });
    expect(walk(POOL, facts)).toEqual(AURORA);
  });
});
