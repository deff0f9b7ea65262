import { describe, expect, it } from 'vitest';
import { reconfigureRouter, type Policy, type PoolDefinition } from '../../../src/router/index.ts';
import { instructionsOf, routedPool, signalling, steered, told, type RouteSketch } from '../routed-pool.ts';
import { FAILED, policyWith, type PolicyChanges, type TargetFacts } from '../small-pool.ts';
import { onlyReject, onlySend, onlyWait, trialOf, tryOut, type Trial } from '../trial.ts';

const CODING = signalling({ lastTool: 'write' });
const TARGETS: Readonly<Record<string, TargetFacts>> = {
  'c.main.x': {},
  'd.main.x': {},
  'd.spare.x': {},
  'u.main.x': {},
};

/** The same targets whatever the routes are; a key serves one request at a time. */
function poolWith(sketch: RouteSketch | null, without: readonly string[] = []): PoolDefinition {
  const slots = Object.fromEntries(
    ['c.main', 'd.main', 'd.spare', 'u.main'].map((key) => [key, { concurrencyLimit: 1 }]),
  );
  const pool = routedPool(sketch ?? {}, TARGETS, { keys: slots });
  const targets = pool.targets.filter(({ id }) => !without.includes(id));
  return { ...pool, targets, routing: sketch === null ? null : pool.routing };
}

const BOTH = poolWith({ default: [['d.main.x']], coding: [['c.main.x']] });
const DEFAULT_ONLY = poolWith({ default: [['d.main.x']] });

function goOn(trial: Trial, pool: PoolDefinition, changes: PolicyChanges | Policy = {}): Trial {
  return trialOf(reconfigureRouter(trial.router, pool, policyWith(changes), trial.nowMs), trial.nowMs);
}

describe('a reload of routes', () => {
  it('lets routes come, go and change for the requests that begin then', () => {
    const trial = tryOut(DEFAULT_ONLY);
    expect(trial.serve('a', CODING)).toBe('d.main.x');
    const more = goOn(trial, BOTH);
    expect(more.serve('b', CODING)).toBe('c.main.x');
    const other = goOn(more, poolWith({ default: [['d.main.x']], coding: [['d.spare.x']] }));
    expect(other.serve('c', CODING)).toBe('d.spare.x');
    const none = goOn(other, poolWith(null));
    expect(none.send('d', CODING).decision.routing).toBeNull();
  });

  it('lets one that waits for a route be served where the route leads now', () => {
    const trial = tryOut(BOTH);
    const busy = [trial.send('one', CODING), trial.send('two', CODING)];
    expect(busy.map(({ target }) => target)).toEqual(['c.main.x', 'd.main.x']);
    onlyWait(trial.begin('waiting', CODING));
    const after = goOn(trial, poolWith({ default: [['d.main.x']], coding: [['d.spare.x']] }));
    expect(after.router.nextWakeAtMs).toBe(after.nowMs);
    const sent = onlySend(after.pass(0));
    expect([sent.requestId, sent.target]).toEqual(['waiting', 'd.spare.x']);
    expect(sent.decision.routing).toMatchObject({ requestedRoute: 'coding', route: 'coding' });
  });

  it('moves those whose route is gone to default, behind those who wait there', () => {
    const trial = tryOut(BOTH);
    const [coding, usual] = [trial.send('one', CODING), trial.send('two')];
    onlyWait(trial.begin('first', CODING));
    onlyWait(trial.begin('second'));
    onlyWait(trial.begin('third', CODING));
    const after = goOn(trial, DEFAULT_ONLY);
    expect(after.pass(0)).toEqual([]);
    expect(after.router.waitingRequests).toBe(3);
    // The target that is in no route any more is none of theirs.
    expect(after.end(coding)).toEqual([]);
    const order = [usual];
    for (let served = 0; served < 3; served++) order.push(onlySend(after.end(order.at(-1)!)));
    order.shift();
    expect(order.map(({ requestId }) => requestId)).toEqual(['second', 'first', 'third']);
    expect(order.every(({ target }) => target === 'd.main.x')).toBe(true);
    expect(order[0]!.decision.routing!.route).toBe('default');
  });

  it('keeps the line of a route that stays as it was', () => {
    const trial = tryOut(BOTH);
    const [coding] = [trial.send('one', CODING), trial.send('two')];
    for (const id of ['first', 'second']) onlyWait(trial.begin(id, CODING));
    const after = goOn(trial, { ...BOTH }, { explorationRate: 0.5 });
    expect(after.pass(0)).toEqual([]);
    const next = onlySend(after.end(coding));
    expect(next.requestId).toBe('first');
    expect(onlySend(after.end(next)).requestId).toBe('second');
  });

  it('lets a retry go where the route leads now, and never back to what it tried', () => {
    const trial = tryOut(BOTH);
    const first = trial.send('a', CODING);
    onlyWait(trial.end(first, FAILED));
    const after = goOn(trial, poolWith({ default: [['u.main.x']], coding: [['c.main.x', 'd.spare.x']] }));
    const second = onlySend(after.pass(10_000));
    expect([second.attempt, second.target]).toEqual([2, 'd.spare.x']);
  });

  it('answers one that asked for a model that was only routed', () => {
    const routes = { default: [['d.main.x']] };
    const pool = { ...poolWith(routes), routing: { ...poolWith(routes).routing!, models: ['brand'] } };
    const trial = tryOut(pool);
    trial.send('one', { model: 'brand' });
    onlyWait(trial.begin('waiting', { model: 'brand' }));
    const refused = onlyReject(goOn(trial, poolWith(null)).pass(0));
    expect(refused).toMatchObject({ requestId: 'waiting', code: 'UNKNOWN_MODEL' });
  });
});

describe('a reload and what sessions were told', () => {
  it('keeps it', () => {
    const trial = tryOut(BOTH);
    trial.serve('a', told(['sticky', 'u.main.x'], ['disable', 'd.spare']));
    const after = goOn(trial, DEFAULT_ONLY);
    expect(after.serve('b', steered())).toBe('u.main.x');
  });

  it('lets the routes decide while the target of a sticky is gone, and goes back to it when it is back', () => {
    const trial = tryOut(BOTH);
    trial.serve('a', told(['sticky', 'u.main.x']));
    const without = goOn(trial, poolWith({ default: [['d.main.x']], coding: [['c.main.x']] }, ['u.main.x']));
    const sent = without.send('b', steered());
    expect([sent.target, sent.decision.routing!.mode]).toEqual(['d.main.x', 'none']);
    without.end(sent);
    expect(goOn(without, BOTH).serve('c', steered())).toBe('u.main.x');
  });

  it('keeps a ban on what is gone for when it is back', () => {
    const trial = tryOut(BOTH);
    trial.serve('a', told(['disable', 'c'], ['disable', 'd.spare']));
    const without = goOn(trial, poolWith({ default: [['d.main.x']] }, ['c.main.x']));
    expect(without.serve('b', told(['enable', 'd']))).toBe('d.main.x');
    expect(goOn(without, BOTH).serve('c', { ...CODING, steering: { ...CODING.steering! } })).toBe('d.main.x');
  });

  it('refuses one that waits for a forced target which is gone, by the name', () => {
    const trial = tryOut(BOTH);
    trial.send('busy', { model: 'u.main.x' });
    onlyWait(trial.begin('forced', told(['force', 'u.main.x'])));
    const after = goOn(trial, poolWith({ default: [['d.main.x']], coding: [['c.main.x']] }, ['u.main.x']));
    const refused = onlyReject(after.pass(0));
    expect(refused).toMatchObject({ requestId: 'forced', code: 'PROVIDER_NOT_AVAILABLE', status: 503 });
    expect(refused.details).toMatchObject({ named: 'u.main.x', route: 'default', attempted: [] });
  });

  it('keeps the bans of a request that waits', () => {
    const trial = tryOut(BOTH);
    trial.send('busy');
    onlyWait(trial.begin('waiting', steered({ bans: ['d.spare'], instructions: instructionsOf(['disable', 'u']) })));
    const after = goOn(trial, poolWith({ default: [['d.main.x', 'd.spare.x', 'u.main.x', 'c.main.x']] }));
    expect(onlySend(after.pass(0)).target).toBe('c.main.x');
  });

  it('serves one that waits for what it sticks to', () => {
    const trial = tryOut(poolWith({ default: [['d.main.x']] }));
    const [sticky] = [trial.send('one', { model: 'u.main.x' }), trial.send('two')];
    onlyWait(trial.begin('waiting', told(['sticky', 'u.main.x'])));
    const after = goOn(trial, BOTH);
    expect(after.pass(0)).toEqual([]);
    expect(onlySend(after.end(sticky))).toMatchObject({ requestId: 'waiting', target: 'u.main.x' });
  });

  it('an unchanged configuration changes nothing at all', () => {
    const trial = tryOut(BOTH, { affinity: { stick: 'key' } });
    const other = steered({ scopeId: 'other', instructions: instructionsOf(['sticky', 'u.main.x']) });
    trial.serve('a', { ...other, sessionId: 's' });
    trial.send('one', CODING);
    trial.send('two', CODING);
    onlyWait(trial.begin('waiting', { ...CODING, sessionId: 's' }));
    const before = trial.router.snapshot();
    expect(goOn(trial, BOTH, { affinity: { stick: 'key' } }).router.snapshot()).toEqual(before);
  });
});
