import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { STAGE_FILE, STATE_FILE } from '../../src/policies/promotion-store.ts';
import { policyStanding } from '../../src/policies/standing.ts';
import { poolOf, policyWith, targetOf } from '../router/small-pool.ts';
import { temporaryFolder } from '../log/temporary-folder.ts';
import { appliedAs, bringToActive, FILE, startHost } from './host-in-small.ts';

const path = temporaryFolder();
let folders = 0;
function newFolder(): string {
  const folder = path(`state-${(folders += 1)}`);
  mkdirSync(folder);
  return folder;
}

const OTHER = policyWith({ score: { sharpness: 20 } });

describe('a good candidate', () => {
  it('goes from stage to stage, each written down with who and why', () => {
    const small = startHost(newFolder());
    expect(small.applied).toEqual({ main: FILE, canary: null });
    const { promotion, warnings } = small.promote('cheap');
    expect(warnings).toEqual([]);
    expect(promotion).toMatchObject({ policyName: 'cheap', incumbentName: 'file', stage: 'staged' });

    small.pass(1_000);
    expect(small.shadowed?.name).toBe('cheap');
    expect(small.applied).toMatchObject({ main: { name: 'file' }, canary: null });
    small.heard = { decisions: 500, differs: 20 };
    small.pass(59_000);
    expect(small.lifecycle.open).toMatchObject({ stage: 'shadow', shadow: { decisions: 500, differs: 20 } });
    small.pass(1_000);
    expect(small.shadowed).toBeNull();
    expect(small.applied).toMatchObject({
      main: { name: 'file' },
      canary: { name: 'cheap', id: promotion.id, share: 0.05 },
    });

    small.serve('main', 500);
    small.serve('canary', 150);
    small.pass(599_000);
    expect(small.lifecycle.open).toMatchObject({
      stage: 'canary',
      figures: { main: { requests: 500 }, canary: { requests: 150 } },
      guards: [{ state: 'holds' }, { state: 'holds' }, { state: 'holds' }, { state: 'holds' }],
    });
    small.pass(1_000);
    expect(small.applied).toMatchObject({ main: { name: 'cheap' }, canary: null });
    expect(small.lifecycle.open).toBeNull();
    expect(small.transitions.map(({ from, to, who, why }) => [from, to, who, why])).toEqual([
      ['draft', 'staged', 'anna', 'evidence of 2026-01-10T00:00:00Z over 20000 requests: cost is 20 to 40 % lower'],
      ['staged', 'shadow', 'proxy', 'its decisions are heard first'],
      [
        'shadow',
        'canary',
        'proxy',
        'it would have chosen otherwise in 20 of 500 decisions; 5 % of the sessions from now on',
      ],
      ['canary', 'active', 'proxy', 'no guard was broken in 10m and 150 requests'],
    ]);
    expect(policyStanding(small.lifecycle)).toMatchObject({
      name: 'cheap',
      source: 'promotion',
      why: expect.stringMatching(/^promoted by anna, active since 2026-01-15/) as string,
      candidate: null,
    });
  });

  it('can do without shadow and without canary', () => {
    const small = startHost(newFolder());
    small.promote('cheap', { plan: { shadowForMs: 0, canaryShare: 0 } });
    small.pass(1_000);
    expect(small.steps()).toEqual(['draft -> staged', 'staged -> active']);
    expect(small.applied).toMatchObject({ main: { name: 'cheap' } });
  });

  it('waits for requests, and is rolled back when they do not come', () => {
    const small = startHost(newFolder());
    small.promote('cheap', { plan: { shadowForMs: 0 } });
    small.pass(1_000);
    small.serve('main', 500);
    small.serve('canary', 99);
    small.pass(1_700_000);
    expect(small.lifecycle.open?.stage).toBe('canary');
    small.pass(100_000);
    expect(small.applied).toMatchObject({ main: { name: 'file' }, canary: null });
    expect(small.transitions.at(-1)).toMatchObject({
      to: 'rolled_back',
      why: 'only 99 requests of the canary in 30m, and 100 are needed',
    });
  });

  it('is not judged by many requests of a few sessions', () => {
    const small = startHost(newFolder());
    small.promote('cheap', { plan: { shadowForMs: 0, requestsMin: 3 } });
    small.pass(1_000);
    small.serve('main', 500);
    small.serve('canary', 5);
    small.pass(1_800_000);
    expect(small.transitions.at(-1)).toMatchObject({
      to: 'rolled_back',
      why: expect.stringContaining('too few sessions'),
    });
  });
});

describe('a bad candidate', () => {
  it('is rolled back as soon as a guard is broken', () => {
    const small = startHost(newFolder());
    small.promote('dear', { plan: { shadowForMs: 0 } });
    small.pass(1_000);
    small.serve('main', 500);
    small.serve('canary', 60, 9_000);
    small.pass(1_000);
    expect(small.applied).toEqual({ main: FILE, canary: null });
    expect(small.transitions.at(-1)).toMatchObject({
      from: 'canary',
      to: 'rolled_back',
      who: 'proxy',
      why: expect.stringMatching(/^a guard is broken: it costs at least 5\.00 times/) as string,
    });
    expect(small.lifecycle.past).toMatchObject([{ policyName: 'dear', figures: { canary: { requests: 60 } } }]);
    expect(policyStanding(small.lifecycle).why).toMatch(/^as configured; dear was rolled back at .*a guard is broken/);
    expect(small.lines.at(-1)).toMatch(/^warn: dear: canary -> rolled_back: a guard is broken/);
    // The next one may come.
    expect(small.promote('other', { policy: OTHER }).promotion.stage).toBe('staged');
  });

  it('is refused, unless somebody gives a reason', () => {
    const small = startHost(newFolder());
    expect(() => small.promote('cheap', { evidence: null })).toThrow(/^cheap: there is no evidence with it/);
    expect(small.transitions).toEqual([]);
    const { warnings } = small.promote('cheap', { evidence: null, force: 'trying it out' });
    expect(warnings).toEqual([expect.stringMatching(/^overlooked: there is no evidence with it/)]);
    expect(small.transitions[0]!.why).toMatch(/^forced: trying it out; overlooked: there is no evidence with it/);
  });

  it('that the core refuses is over at once, with everything as it was', () => {
    const small = startHost(newFolder());
    small.promote('odd', { plan: { shadowForMs: 0 } });
    small.failsToApply = true;
    small.pass(1_000);
    expect(small.applied).toEqual({ main: FILE, canary: null });
    expect(small.transitions.at(-1)).toMatchObject({
      from: 'canary',
      to: 'rolled_back',
      why: 'it could not be applied: the core refused',
    });
  });
});

describe('orders', () => {
  it('one promotion at a time: the second learns who was first, and since when', () => {
    const small = startHost(newFolder());
    small.promote('cheap');
    expect(() => small.promote('other', { policy: OTHER, who: 'bert' })).toThrow(
      'cheap is on its way already, in stage staged, promoted by anna at 2026-01-15T00:00:00.000Z: wait for its end, or roll it back',
    );
    expect(small.steps()).toEqual(['draft -> staged']);
  });

  it('what is in force is not promoted again', () => {
    const small = startHost(newFolder());
    expect(() => small.promote('same', { policy: FILE.policy })).toThrow(/in force already, as file/);
  });

  it('a rollback ends what is on its way, then goes back one policy at a time, to that of the configuration', () => {
    const small = startHost(newFolder());
    small.promote('first');
    bringToActive(small);
    small.promote('second', { policy: OTHER });
    bringToActive(small);
    expect(small.applied?.main.name).toBe('second');
    small.promote('third', { policy: policyWith({ score: { sharpness: 30 } }) });
    small.pass(1_000);

    expect(small.lifecycle.rollback('bert', 'changed my mind')).toMatchObject({
      policyName: 'third',
      stage: 'rolled_back',
    });
    expect(small.transitions.at(-1)).toMatchObject({ from: 'shadow', who: 'bert', why: 'changed my mind' });
    expect([small.shadowed, small.applied?.main.name]).toEqual([null, 'second']);
    small.lifecycle.rollback('bert', 'too dear');
    expect(small.applied?.main.name).toBe('first');
    expect(small.transitions.slice(-2).map(({ policyName, from, to }) => [policyName, from, to])).toEqual([
      ['second', 'active', 'rolled_back'],
      ['first', 'retired', 'active'],
    ]);
    small.lifecycle.rollback('bert', 'too dear as well');
    expect(small.applied?.main).toEqual(FILE);
    expect(() => small.lifecycle.rollback('bert', 'more')).toThrow(/nothing to roll back: file is the policy of/);
  });
});

describe('a restart', () => {
  it.each([
    ['staged', 0],
    ['shadow', 1],
    ['canary', 2],
    ['active', 3],
  ] as const)('in stage %s goes on from there', (stage, steps) => {
    const folder = newFolder();
    const before = startHost(folder);
    const { promotion } = before.promote('cheap');
    if (steps > 0) before.pass(1_000);
    if (steps > 0) before.heard = { decisions: 70, differs: 7 };
    if (steps > 1) {
      before.heard = { decisions: 500, differs: 7 };
      before.pass(60_000);
      before.serve('main', 300);
      before.serve('canary', 80);
    }
    if (steps > 2) {
      before.serve('canary', 80);
      before.pass(600_000);
    }
    // Long enough for the record of the stage, and no more: it is killed.
    if (steps > 0 && steps < 3) before.pass(20_000);
    const away = { nowMs: before.nowMs + 3_600_000, wallNowMs: before.wallNowMs + 3_600_000 };
    const after = startHost(folder, away);
    expect(after.transitions).toEqual([]);
    const { open, active } = after.lifecycle;
    expect((open ?? active.at(-1))?.id).toBe(promotion.id);
    expect((open ?? active.at(-1))?.stage).toBe(stage);
    expect(after.applied?.main.name).toBe(stage === 'active' ? 'cheap' : 'file');
    expect(after.applied?.canary?.id ?? null).toBe(stage === 'canary' ? promotion.id : null);
    expect(after.shadowed?.name ?? null).toBe(stage === 'shadow' ? 'cheap' : null);
    if (stage === 'shadow') {
      // The time of the stage goes on where it was, and so does what it had heard.
      after.heard = { decisions: 30, differs: 3 };
      after.pass(39_000);
      expect(after.lifecycle.open).toMatchObject({ stage: 'shadow', shadow: { decisions: 100, differs: 10 } });
      after.pass(2_000);
      expect(after.lifecycle.open?.stage).toBe('canary');
    }
    if (stage === 'canary') {
      expect(after.lifecycle.open?.figures).toMatchObject({ main: { requests: 300 }, canary: { requests: 80 } });
      after.serve('canary', 30);
      after.pass(570_000);
      expect(after.lifecycle.open?.stage).toBe('canary');
      after.pass(20_000);
      expect(after.steps()).toEqual(['canary -> active']);
    }
  });

  it('without the record of the stage begins the stage anew', () => {
    const folder = newFolder();
    const before = startHost(folder);
    before.promote('cheap', { plan: { shadowForMs: 0 } });
    before.pass(1_000);
    before.serve('canary', 150);
    before.pass(500_000);
    writeFileSync(join(folder, STAGE_FILE), '{"cut off');
    const after = startHost(folder, before);
    expect(after.lifecycle.open?.figures.canary.requests).toBe(0);
    after.serve('main', 300);
    after.serve('canary', 150);
    after.pass(599_000);
    expect(after.lifecycle.open?.stage).toBe('canary');
    after.pass(1_000);
    expect(after.steps()).toEqual(['canary -> active']);
  });

  it('on which the core refuses the canary ends it', () => {
    const folder = newFolder();
    const before = startHost(folder);
    before.promote('cheap', { plan: { shadowForMs: 0 } });
    before.pass(1_000);
    const { nowMs, wallNowMs } = before;
    const after = startHost(folder, { nowMs, wallNowMs, failsToApply: true });
    expect(after.applied).toEqual({ main: FILE, canary: null });
    expect(after.transitions).toMatchObject([
      { to: 'rolled_back', why: 'it could not go on after a restart: the core refused' },
    ]);
  });

  it('with another policy in the file: the file wins, over what is active and what is on its way', () => {
    const folder = newFolder();
    const before = startHost(folder);
    before.promote('cheap');
    bringToActive(before);
    before.promote('other', { policy: OTHER });
    before.pass(1_000);
    const edited = appliedAs('edited', policyWith({ explorationRate: 0.1 }));
    const after = startHost(folder, before, edited);
    expect(after.applied).toEqual({ main: edited, canary: null });
    const why = expect.stringMatching(
      /^the policy of the configuration was changed, to edited .*: the file wins$/,
    ) as string;
    expect(after.transitions).toMatchObject([
      { policyName: 'other', from: 'shadow', to: 'rolled_back', why },
      { policyName: 'cheap', from: 'active', to: 'retired', why },
    ]);
    // And stays so when the file goes back to what it was.
    const later = startHost(folder, after);
    expect([later.applied, later.transitions]).toEqual([{ main: FILE, canary: null }, []]);
  });
});

describe('a reload', () => {
  it('of the same policy changes nothing; of another one ends the promotion', () => {
    const small = startHost(newFolder());
    small.promote('cheap', { plan: { shadowForMs: 0 } });
    small.pass(1_000);
    small.lifecycle.configured(FILE, small.pool);
    expect(small.lifecycle.canary?.name).toBe('cheap');
    small.lifecycle.configured(appliedAs('edited', OTHER), small.pool);
    expect([small.lifecycle.main.name, small.lifecycle.canary]).toEqual(['edited', null]);
    expect(small.transitions.at(-1)).toMatchObject({
      to: 'rolled_back',
      why: expect.stringContaining('the file wins'),
    });
  });

  it('with another pool ends what is on its way, and leaves what is active', () => {
    const small = startHost(newFolder());
    small.promote('cheap');
    bringToActive(small);
    small.promote('other', { policy: OTHER });
    small.lifecycle.configured(FILE, poolOf([targetOf('a.main.m'), targetOf('c.main.m')]));
    expect(small.lifecycle.main.name).toBe('cheap');
    expect(small.transitions.at(-1)).toMatchObject({
      policyName: 'other',
      to: 'rolled_back',
      why: 'the pool was changed under way (new here: c.main.m; not here: b.main.m): promote it again',
    });
  });
});

describe('a disk that refuses', () => {
  const full = (): never => {
    throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
  };

  it('lets nothing begin, holds steps forward, and does not hold a step back', () => {
    let isFull = true;
    const folder = newFolder();
    const small = startHost(folder, null, FILE, (store) => ({
      ...store,
      save: (state) => (isFull ? full() : store.save(state)),
    }));
    expect(() => small.promote('cheap')).toThrow(/cannot be written down, so nothing was changed: the disk is full/);
    expect([small.lifecycle.open, small.transitions]).toEqual([null, []]);

    isFull = false;
    small.promote('cheap', { plan: { shadowForMs: 0 } });
    isFull = true;
    small.pass(1_000);
    small.pass(1_000);
    expect(small.lifecycle.open?.stage).toBe('staged');
    expect(small.lines.filter((line) => line.includes('a step waits'))).toHaveLength(1);
    isFull = false;
    small.pass(1_000);
    expect(small.lifecycle.canary?.name).toBe('cheap');

    isFull = true;
    small.lifecycle.rollback('anna', 'at once');
    expect(small.applied).toEqual({ main: FILE, canary: null });
    const stored = (): unknown =>
      (JSON.parse(readFileSync(join(folder, STATE_FILE), 'utf8')) as { open: unknown }).open;
    expect(stored()).not.toBeNull();
    isFull = false;
    small.pass(1_000);
    expect(stored()).toBeNull();
  });
});
