/** Faults of the original state handling (seed-semantics A.4.12 to 16, A.6.7 to 9), one test each that shows the fault gone. */
import { describe, expect, it } from 'vitest';
import type { AttemptOutcome } from '../../src/router/index.ts';
import { BAD_REQUEST, CANCELLED, FAILED, LIMITED, poolOf, targetOf, UNAUTHORISED } from './small-pool.ts';
import { onlyReject, onlyWait, rejections, tryOut, type Trial } from './trial.ts';

const TARGET = 'aurora.main.small';
const POOL = poolOf([targetOf(TARGET)]);

function serveMany(trial: Trial, name: string, count: number, outcome: Partial<AttemptOutcome> = {}): void {
  for (let index = 0; index < count; index++) trial.serve(`${name}-${index}`, {}, outcome);
}

describe('the state of a target', () => {
  it('A.4.12 forgets a bad hour and is not shielded by a good year', () => {
    const trial = tryOut(POOL);
    serveMany(trial, 'good year', 3_000);
    trial.pass(70_000);
    serveMany(trial, 'bad', 10, FAILED);
    expect(trial.state(TARGET)).toBe('cooldown');
    trial.pass(60_000);
    serveMany(trial, 'probe', 3);
    serveMany(trial, 'again', 6);
    trial.serve('one failure', {}, FAILED);
    expect(trial.state(TARGET)).toBe('healthy');
  });

  it('A.4.12 gives no verdict on fewer attempts than the minimum sample', () => {
    const trial = tryOut(POOL);
    serveMany(trial, 'bad', 9, FAILED);
    expect(trial.state(TARGET)).toBe('healthy');
  });

  it('A.4.13 follows the outcomes by itself and recovers by itself', () => {
    const trial = tryOut(POOL);
    serveMany(trial, 'bad', 10, FAILED);
    expect(trial.state(TARGET)).toBe('cooldown');
    trial.pass(60_000);
    trial.send('comes later');
    expect(trial.state(TARGET)).toBe('probing');
  });

  it('A.4.14 degraded still gets traffic, at .7 of the score, and recovers', () => {
    const other = 'borealis.main.small';
    const pool = poolOf([targetOf(TARGET), targetOf(other)], { modelAliases: { here: [TARGET] } });
    const trial = tryOut(pool, { mode: 'weighted', score: { sharpness: 2 } });
    for (let index = 0; index < 9; index++) trial.serve(`r${index}`, { model: 'here' }, index < 7 ? {} : FAILED);
    trial.serve('third failure', { model: 'here' }, FAILED);
    expect(trial.state(TARGET)).toBe('degraded');
    let served = 0;
    for (let index = 0; index < 300; index++) if (trial.serve(`any-${index}`) === TARGET) served++;
    expect(served).toBeGreaterThan(20);
    expect(trial.state(TARGET)).toBe('healthy');
  });

  it('A.4.14 unhealthy is probed by a few, not by a flood', () => {
    const trial = tryOut(POOL);
    serveMany(trial, 'bad', 10, FAILED);
    trial.pass(60_000);
    trial.send('probe');
    for (let index = 0; index < 10; index++) onlyWait(trial.begin(`waits-${index}`));
    expect(onlyReject(trial.begin('one too many')).code).toBe('QUEUE_FULL');
  });

  it('A.4.15 cooldown is entered by itself, and a latency spike is a number', () => {
    const trial = tryOut(POOL, { health: { latencySpikeFactor: 2 } });
    serveMany(trial, 'usual', 30, { firstTokenMs: 500 });
    serveMany(trial, 'a little slower', 30, { firstTokenMs: 800 });
    expect(trial.state(TARGET)).toBe('healthy');
    serveMany(trial, 'much slower', 20, { firstTokenMs: 2_000 });
    expect(trial.state(TARGET)).toBe('degraded');
    serveMany(trial, 'bad', 100, CANCELLED);
    for (let index = 0; trial.state(TARGET) !== 'cooldown'; index++) trial.serve(`bad-${index}`, {}, FAILED);
  });

  it.each<[string, Partial<AttemptOutcome>, string, string | null]>([
    ['a 401 takes the key out', UNAUTHORISED, 'cooldown', 'cooldown'],
    ['a 429 limits the key and says nothing of its health', LIMITED, 'healthy', 'rate_limited'],
    ['a 500 is a failure among others', FAILED, 'healthy', null],
    ["a 400 is the client's own", BAD_REQUEST, 'healthy', null],
    ["a disconnect is the client's own", CANCELLED, 'healthy', null],
  ])('A.4.16 %s', (_, outcome, state, rejection) => {
    const other = 'borealis.main.small';
    const trial = tryOut(poolOf([targetOf(TARGET), targetOf(other)], { modelAliases: { here: [TARGET] } }));
    const before = trial.send('before').decision.candidates![0]!.terms.success;
    trial.serve('odd', { model: 'here' }, outcome);
    expect(trial.state(TARGET)).toBe(state);
    const sent = trial.send('after');
    expect(rejections(sent)[TARGET]).toBe(rejection);
    const { success } = sent.decision.candidates![0]!.terms;
    if (outcome === FAILED) expect(success).toBeLessThan(before);
    else if (rejection === null) expect(success).toBe(before);
  });

  it('A.6.7 is not degraded by load, which is paid once, in the load term', () => {
    const pool = poolOf([targetOf(TARGET)], { keys: { 'aurora.main': { concurrencyLimit: 2 } } });
    const trial = tryOut(pool);
    const idle = trial.send('a').decision.candidates![0]!;
    const half = trial.send('b').decision.candidates![0]!;
    expect(half).toMatchObject({ state: 'healthy', terms: { ...idle.terms, load: 0.5 } });
    // The weight of load for chat is .045 of .815 in all.
    expect(idle.score - half.score).toBeCloseTo((0.5 * 0.045) / 0.815, 9);
    onlyWait(trial.begin('c'));
    expect(trial.state(TARGET)).toBe('healthy');
  });

  it('A.6.8 is not judged by the success of a lifetime', () => {
    const trial = tryOut(POOL);
    for (let round = 0; round < 20; round++) {
      serveMany(trial, `bad-${round}`, 5, FAILED);
      trial.pass(70_000);
    }
    serveMany(trial, 'good', 10);
    expect(trial.state(TARGET)).toBe('healthy');
  });

  it('A.6.9 and the reason for a rejection never contradict each other', () => {
    const other = 'borealis.main.small';
    const trial = tryOut(poolOf([targetOf(TARGET), targetOf(other)]));
    trial.order('cool', TARGET, 30_000);
    for (let step = 0; step < 40; step++) {
      const sent = trial.send(`r${step}`);
      trial.end(sent);
      const { state, rejection } = sent.decision.candidates![0]!;
      expect(rejection).toBe(trial.nowMs < 30_000 ? 'cooldown' : null);
      expect(state === 'cooldown').toBe(rejection === 'cooldown');
      trial.pass(1_000);
    }
  });
});
