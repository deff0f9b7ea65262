import { describe, expect, it } from 'vitest';
import { createRouter, reconfigureRouter, restoreRouter, type Policy } from '../../../src/router/index.ts';
import { steered, steeringOf, told, instructionsOf } from '../routed-pool.ts';
import { policyWith, poolOf, targetOf, type PolicyChanges } from '../small-pool.ts';
import { trialOf, tryOut, type Trial } from '../trial.ts';

const [A, B] = ['p.a.x', 'p.b.x'] as const;
/** The score prefers the first. */
const POOL = poolOf([targetOf(A, { prices: { inputMicroUsdPerToken: 0, outputMicroUsdPerToken: 0 } }), targetOf(B)]);

/** A request of a session that is told to keep to the second target, or of one that was told so before. */
function ofSession(name: string, isTold = false) {
  const instructions = isTold ? instructionsOf(['sticky', B]) : [];
  return { steering: steeringOf({ scopeId: name, instructions }) };
}

function remembered(trial: Trial): string[] {
  return trial.router.snapshot().state.sessions.map(([scopeId]) => scopeId);
}

function goOn(trial: Trial, changes: PolicyChanges | Policy): Trial {
  return trialOf(reconfigureRouter(trial.router, POOL, policyWith(changes), trial.nowMs), trial.nowMs);
}

describe('B.12.9 sessions are bounded', () => {
  it('by number: the one unused for longest goes first', () => {
    const trial = tryOut(POOL, { sessions: { entriesMax: 3 } });
    for (const name of ['one', 'two', 'three']) trial.serve(name, ofSession(name, true));
    trial.serve('again', ofSession('one'));
    trial.serve('four', ofSession('four', true));
    expect(remembered(trial)).toEqual(['three', 'one', 'four']);
    expect(trial.serve('forgotten', ofSession('two'))).toBe(A);
    expect(trial.serve('kept', ofSession('one'))).toBe(B);
  });

  it('by time since the last request, whatever it said', () => {
    const trial = tryOut(POOL, { sessions: { ttlMs: 1_000 } });
    trial.serve('a', ofSession('s', true));
    trial.pass(999);
    expect(trial.serve('b', ofSession('s'))).toBe(B);
    trial.pass(999);
    expect(trial.serve('c', ofSession('s'))).toBe(B);
    trial.pass(1_000);
    expect(trial.serve('d', ofSession('s'))).toBe(A);
  });

  it('drops what has expired when another is written', () => {
    const trial = tryOut(POOL, { sessions: { ttlMs: 1_000 } });
    for (const name of ['one', 'two', 'three']) trial.serve(name, ofSession(name, true));
    trial.pass(1_000);
    trial.serve('four', ofSession('four', true));
    expect(remembered(trial)).toEqual(['four']);
  });

  it('to none at all, if the policy says so: instructions then last for their request', () => {
    const trial = tryOut(POOL, { sessions: { entriesMax: 0 } });
    expect(trial.serve('a', ofSession('s', true))).toBe(B);
    expect(trial.serve('b', ofSession('s'))).toBe(A);
    expect(remembered(trial)).toEqual([]);
  });

  it('does not grow by requests that have nothing to remember', () => {
    const trial = tryOut(POOL);
    for (let index = 0; index < 50; index++) {
      const scopeId = `anyone:resume:plain-${index}`;
      trial.serve(`plain-${index}`, { steering: steeringOf({ scope: 'request', scopeId, bans: [A] }) });
      trial.serve(`forced-${index}`, { ...told(['force', B]), sessionId: `visitor-${index}` });
    }
    expect(remembered(trial)).toEqual([]);
  });

  it('forgets a session as soon as nothing is left of what it was told', () => {
    const trial = tryOut(POOL);
    trial.serve('a', told(['disable', A]));
    expect(remembered(trial)).toHaveLength(1);
    trial.serve('b', told(['enable', 'p']));
    expect(remembered(trial)).toEqual([]);
  });
});

describe('sessions in snapshots', () => {
  it('go on where they were, the bound target and the order of forgetting with them', () => {
    const policy = policyWith({ affinity: { stick: 'target' }, sessions: { entriesMax: 4 }, mode: 'round-robin' });
    const trial = trialOf(createRouter(POOL, policy, { seed: 7, explain: true }), 0);
    trial.serve('a', ofSession('told', true));
    trial.serve('b', { sessionId: 'bound' });
    trial.serve('c', ofSession('told'));
    const snapshot = trial.router.snapshot();
    const other = trialOf(restoreRouter(JSON.parse(JSON.stringify(snapshot)) as typeof snapshot), trial.nowMs);
    expect(other.router.snapshot()).toEqual(snapshot);
    const script = (each: Trial): string[] => [
      each.serve('d', { ...ofSession('told') }),
      each.serve('e', { sessionId: 'bound' }),
      ...['w', 'x', 'y'].map((name) => each.serve(name, ofSession(name, true))),
      each.serve('f', ofSession('told')),
    ];
    expect(script(other)).toEqual(script(trial));
    expect(other.router.snapshot()).toEqual(trial.router.snapshot());
  });
});

describe('sessions of another policy', () => {
  it('live on, as long as the new one says, and as many as it says', () => {
    const trial = tryOut(POOL, { sessions: { ttlMs: 10_000 } });
    for (const name of ['one', 'two', 'three']) {
      trial.serve(name, ofSession(name, true));
      trial.pass(1_000);
    }
    const fewer = goOn(trial, { sessions: { ttlMs: 10_000, entriesMax: 2 } });
    expect(remembered(fewer)).toEqual(['two', 'three']);
    // Two and one second old by now.
    const shorter = goOn(fewer, { sessions: { ttlMs: 1_500 } });
    expect(remembered(shorter)).toEqual(['three']);
    shorter.pass(499);
    expect(shorter.serve('a', ofSession('three'))).toBe(B);
  });

  it('do not come back to life by a longer one', () => {
    const trial = tryOut(POOL, { sessions: { ttlMs: 1_000 } });
    trial.serve('one', ofSession('one', true));
    trial.pass(1_000);
    const longer = goOn(trial, { sessions: { ttlMs: 60_000 } });
    expect(longer.serve('a', ofSession('one'))).toBe(A);
  });

  it('keep what they were told when the target that served them last is gone', () => {
    const trial = tryOut(POOL, { affinity: { stick: 'target' } });
    trial.serve('a', {
      ...steered({ scopeId: 'mine', instructions: instructionsOf(['disable', A]) }),
      sessionId: 'mine',
    });
    const after = trialOf(
      reconfigureRouter(trial.router, poolOf([targetOf(A), targetOf('q.c.x')]), policyWith({}), trial.nowMs),
      trial.nowMs,
    );
    expect(after.router.snapshot().state.sessions).toMatchObject([
      ['mine', { boundTarget: -1, instructions: { disabled: [A] } }],
    ]);
    expect(after.serve('b', steered({ scopeId: 'mine' }))).toBe('q.c.x');
  });
});
