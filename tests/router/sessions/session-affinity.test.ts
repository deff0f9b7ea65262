import { describe, expect, it } from 'vitest';
import { routedPool, signalling, steered, told } from '../routed-pool.ts';
import { CANCELLED, FAILED, poolOf, targetOf, type PolicyChanges } from '../small-pool.ts';
import { onlySend, onlyWait, rejections, tryOut, type Trial } from '../trial.ts';

const [A, B, C] = ['p.a.x', 'p.b.x', 'p.c.x'] as const;
const PLAIN = poolOf([targetOf(A), targetOf(B), targetOf(C)]);
/** Who sticks to nothing goes from target to target. */
const STICK: PolicyChanges = { mode: 'round-robin', affinity: { stick: 'target' } };
const MINE = { sessionId: 'mine' };

function bound(trial: Trial, sessionId = 'mine'): string | null {
  const { state } = trial.router.snapshot();
  const entry = state.sessions.find(([id]) => id === sessionId)?.[1];
  return entry === undefined ? null : (trial.router.targetIds[entry.boundTarget] ?? null);
}

describe('affinity of sessions', () => {
  it('is off by default', () => {
    const trial = tryOut(PLAIN, { mode: 'round-robin' });
    expect(new Set([1, 2, 3].map((turn) => trial.serve(`turn-${turn}`, MINE)))).toEqual(new Set([A, B, C]));
    expect(bound(trial)).toBeNull();
  });

  it('target: a session keeps to what served it last; others take turns', () => {
    const trial = tryOut(PLAIN, STICK);
    const first = trial.serve('a', MINE);
    for (const id of ['b', 'c', 'd']) {
      trial.serve(`other-${id}`);
      expect(trial.serve(id, MINE)).toBe(first);
    }
  });

  it('key: a session keeps to the key, whatever the target', () => {
    const pool = poolOf([targetOf('p.a.x'), targetOf('p.a.y'), targetOf('q.b.x'), targetOf('q.b.y')]);
    const trial = tryOut(pool, { ...STICK, affinity: { stick: 'key' } });
    const key = (target: string): string => target.split('.').slice(0, 2).join('.');
    const turns = [1, 2, 3, 4, 5].map((turn) => trial.serve(`turn-${turn}`, MINE));
    expect(new Set(turns.map(key)).size).toBe(1);
    expect(new Set(turns).size).toBe(2);
  });

  it('says of the others that they are outranked, and counts it in the propensity', () => {
    const trial = tryOut(PLAIN, { mode: 'random', affinity: { stick: 'target' } });
    const first = trial.serve('a', MINE);
    const sent = trial.send('b', MINE);
    expect(sent.decision).toMatchObject({ propensity: 1, eligible: 1 });
    const outranked = Object.entries(rejections(sent)).filter(([, rejection]) => rejection === 'outranked');
    expect(outranked.map(([target]) => target)).toEqual([A, B, C].filter((target) => target !== first));
  });

  it.each([
    ['failed', FAILED],
    ['was cancelled', CANCELLED],
  ] as const)('binds only by a request that was served: one that %s does not', (_, outcome) => {
    const trial = tryOut(PLAIN, { ...STICK, retry: { attemptsMax: 1 } });
    trial.end(trial.send('a', MINE), outcome);
    expect(bound(trial)).toBeNull();
  });

  it('is bound to whoever served after a failure', () => {
    const trial = tryOut(PLAIN, STICK);
    const first = trial.send('a', MINE);
    onlyWait(trial.end(first, FAILED));
    const second = onlySend(trial.pass(10_000));
    trial.end(second);
    expect(bound(trial)).toBe(second.target);
    expect(trial.serve('b', MINE)).toBe(second.target);
  });

  it('never brings back what a filter rejected, and returns to it when it is back', () => {
    const trial = tryOut(PLAIN, STICK);
    const first = trial.send('a', MINE).target;
    trial.end({ ...trial.send('b', MINE), requestId: 'a', attempt: 1 });
    trial.order('disable', first);
    const sent = trial.send('c', MINE);
    expect(sent.target).not.toBe(first);
    expect(rejections(sent)[first]).toBe('disabled');
    trial.end(sent, CANCELLED);
    trial.order('enable', first);
    expect(trial.serve('d', MINE)).toBe(first);
  });

  it('keeps nothing of a target that cannot serve the request', () => {
    const pool = poolOf([targetOf(A, { capabilities: { tools: false } }), targetOf(B)]);
    const trial = tryOut(pool, { affinity: { stick: 'target' } });
    expect(trial.serve('a', MINE)).toBe(A);
    expect(trial.serve('b', { ...MINE, hasTools: true })).toBe(B);
  });

  it('reorders among equals only: a better pool and a safer window go before it', () => {
    const pool = routedPool(
      { default: [['p.a.x', 'p.b.x'], ['p.c.x']] },
      { 'p.a.x': { contextTokens: 2_000, maxOutputTokens: 500 } },
    );
    const trial = tryOut(pool, { affinity: { stick: 'target' } });
    trial.order('disable', A);
    trial.order('disable', B);
    expect(trial.serve('a', MINE)).toBe(C);
    trial.order('enable', A);
    trial.order('enable', B);
    expect(trial.serve('b', { ...MINE, inputTokens: 100, maxOutputTokens: 1 })).toBe(A);
    expect(trial.serve('c', { ...MINE, inputTokens: 1_900, maxOutputTokens: 1 })).toBe(B);
  });

  it('holds across routes where the target is one of theirs', () => {
    const pool = routedPool({ default: [[A, B]], coding: [[B, C]] });
    const trial = tryOut(pool, STICK);
    const coding = { ...signalling({ lastTool: 'write' }), ...MINE };
    expect(trial.serve('a', coding)).toBe(B);
    expect(trial.serve('b', MINE)).toBe(B);
  });

  it.each(['target', 'key'] as const)('does not override the rotation of a sticky model (%s)', (stick) => {
    const trial = tryOut(PLAIN, { ...STICK, affinity: { stick } });
    const facts = { ...told(['sticky', 'p.x']), ...MINE };
    expect(new Set([1, 2, 3].map((turn) => trial.serve(`turn-${turn}`, facts)))).toEqual(new Set([A, B, C]));
  });

  it('does not override the rotation of a forced model', () => {
    const trial = tryOut(PLAIN, STICK);
    trial.serve('before', MINE);
    const facts = { ...told(['force', 'p.x']), ...MINE };
    expect(new Set([1, 2, 3].map((turn) => trial.serve(`turn-${turn}`, facts)))).toEqual(new Set([A, B, C]));
  });

  it('does not, either, where the request names the same model as the session sticks to', () => {
    const trial = tryOut(PLAIN, STICK);
    const facts = { ...told(['sticky', 'p.x']), ...MINE, model: 'p.x' };
    trial.serve('before', { ...MINE, model: 'p.x' });
    expect(new Set([1, 2, 3].map((turn) => trial.serve(`turn-${turn}`, facts)))).toEqual(new Set([A, B, C]));
  });

  it('binds nobody to what an instruction named: a force ends with its turn', () => {
    const pool = routedPool({ default: [[A, B]] });
    const trial = tryOut(pool, { affinity: { stick: 'target' } });
    expect(trial.serve('a', { ...steered(), ...MINE })).toBe(A);
    expect(trial.serve('b', { ...told(['force', B]), ...MINE })).toBe(B);
    expect(bound(trial)).toBe(A);
    expect(trial.serve('c', { ...steered(), ...MINE })).toBe(A);
    expect(trial.serve('d', { ...told(['sticky', B]), ...MINE })).toBe(B);
    expect(trial.serve('e', { ...told(['clear', '']), ...MINE })).toBe(A);
  });

  it('is forgotten with the session', () => {
    const trial = tryOut(PLAIN, { ...STICK, sessions: { ttlMs: 1_000 } });
    const first = trial.serve('a', MINE);
    trial.pass(999);
    expect(trial.serve('b', MINE)).toBe(first);
    trial.pass(1_000);
    expect(trial.serve('c', MINE)).not.toBe(first);
  });
});
