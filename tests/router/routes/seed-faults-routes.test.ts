/**
 * Faults of the original virtual router (seed-semantics B.12), a test or more for each that the core could have, which
 * show the fault gone. The others are faults of the file, of the wire or of the log, and are tested there.
 */
import { describe, expect, it } from 'vitest';
import { reconfigureRouter, type InstructionKind } from '../../../src/router/index.ts';
import { instructionsOf, routedPool, signalling, steered, told, walk } from '../routed-pool.ts';
import { BAD_REQUEST, CANCELLED, FAILED, policyWith, poolOf, targetOf } from '../small-pool.ts';
import { onlyReject, onlySend, rejections, trialOf, tryOut, type Trial } from '../trial.ts';

const CHEAP = { prices: { inputMicroUsdPerToken: 0, outputMicroUsdPerToken: 0 } };
const GLM = ['glm.main.glm-4.7', 'glm.spare.glm-4.7'] as const;
const AIR = 'glm.spare.glm-4.5-air';
const GPT = 'gpt.main.gpt-4.1';
/** Models have dots; the second key of glm has two of them, and no route names the model `air`. */
const POOL = routedPool({ default: [[...GLM, GPT]] }, { [GPT]: CHEAP, [AIR]: {} });

/** What the requests of a session that was told this can still be served by. */
function left(...instructions: readonly (readonly [InstructionKind, string])[]): string[] {
  const trial = tryOut(POOL);
  trial.begin('told', told(...instructions));
  return walkOn(trial);
}

function walkOn(trial: Trial): string[] {
  const found = trial.begin(`look-${trial.router.snapshot().flow.decisions}`, steered())[0];
  if (found?.kind === 'send') trial.end(found, CANCELLED);
  const decision = found?.kind === 'wait' ? null : (found?.decision ?? null);
  return (decision?.candidates ?? []).filter(({ rejection }) => rejection === null).map(({ target }) => target);
}

describe('B.12.1 force', () => {
  it('lasts for the one request: it is not part of what the session remembers', () => {
    const trial = tryOut(POOL);
    expect(trial.serve('a', told(['force', AIR]))).toBe(AIR);
    expect(trial.router.snapshot().state.sessions).toEqual([]);
    expect(trial.serve('b', steered())).toBe(GPT);
  });
});

describe('B.12.2 an exact target', () => {
  it.each(['force', 'sticky'] as const)('is not served by %s while it is banned, resting or disabled', (kind) => {
    const away: readonly ((trial: Trial) => unknown)[] = [
      (trial) => trial.begin('ban', told(['disable', 'glm.2'])),
      (trial) => trial.order('cool', AIR, 60_000),
      (trial) => trial.order('disable', AIR),
    ];
    for (const keepOut of away) {
      const trial = tryOut(POOL);
      keepOut(trial);
      const command = trial.begin('a', told([kind, AIR]))[0]!;
      if (kind === 'force') expect(command).toMatchObject({ kind: 'reject', code: 'PROVIDER_NOT_AVAILABLE' });
      else expect(command).toMatchObject({ kind: 'send', target: GPT });
    }
  });

  it('is not served by sticky to a session that allows others alone', () => {
    expect(walk(POOL, told(['allow', 'gpt'], ['sticky', AIR]))).toEqual([GPT]);
  });

  it('fails like any other: its failures count, and it rests', () => {
    const trial = tryOut(POOL, { retry: { attemptsMax: 1 } });
    for (let index = 0; index < 10; index++) trial.serve(`fails-${index}`, told(['force', AIR]), FAILED);
    expect(trial.state(AIR)).toBe('cooldown');
    expect(onlyReject(trial.begin('a', told(['force', AIR]))).code).toBe('PROVIDER_NOT_AVAILABLE');
  });
});

describe('B.12.3 an unknown provider', () => {
  it.each(['force', 'sticky'] as const)('in %s is refused by its name, and not ignored in silence', (kind) => {
    const refused = onlyReject(tryOut(POOL).begin('a', told([kind, 'nobody.model'])));
    expect(refused).toMatchObject({ code: 'PROVIDER_NOT_AVAILABLE', status: 503, details: { named: 'nobody.model' } });
  });
});

describe('B.12.4 a forced model', () => {
  it('is found in the whole pool, and not in the candidate routes alone', () => {
    expect(walk(POOL, told(['force', 'glm.glm-4.5-air']))).toEqual([AIR]);
  });
});

describe('B.12.5 models with dots', () => {
  it('do not keep a ban of an alias from matching', () => {
    expect(left(['disable', 'glm.spare'])).toEqual([GLM[0], GPT]);
    expect(left(['disable', 'glm.glm-4.7'])).toEqual([GPT]);
    expect(left(['disable', 'glm.main.glm-4.7'])).toEqual([GLM[1], GPT]);
    expect(left(['disable', 'gpt.gpt-4.1'])).toEqual([...GLM]);
  });
});

describe('B.12.6 a ban by the number of a key', () => {
  it('keeps out that key, with all of its models, and counts from 1', () => {
    expect(left(['disable', 'glm.1'])).toEqual([GLM[1], GPT]);
    expect(left(['disable', 'glm.2'])).toEqual([GLM[0], GPT]);
    const trial = tryOut(POOL);
    const facts = steered({ instructions: instructionsOf(['disable', 'glm.2'], ['force', AIR]) });
    expect(onlyReject(trial.begin('a', facts)).code).toBe('PROVIDER_NOT_AVAILABLE');
  });

  it('means the same in a ban of one request', () => {
    expect(rejections(tryOut(POOL).send('a', steered({ bans: ['glm.1'] })))).toMatchObject({
      [GLM[0]]: 'excluded',
      [GLM[1]]: null,
    });
  });
});

describe('B.12.7 the number of a key', () => {
  it('counts keys in the order of the pool, not targets', () => {
    const pool = poolOf([targetOf('p.zeta.a'), targetOf('p.zeta.b'), targetOf('p.zeta.c'), targetOf('p.alpha.a')]);
    expect(walk(pool, told(['force', 'p.2']))).toEqual(['p.alpha.a']);
    expect(walk(pool, told(['sticky', 'p.1'])).slice(0, 3)).toEqual(['p.zeta.a', 'p.zeta.b', 'p.zeta.c']);
    expect(onlyReject(tryOut(pool).begin('a', told(['force', 'p.3']))).details!.named).toBe('p.3');
  });
});

describe('B.12.8 bans of one request', () => {
  it('are added to those of the session, and do not take their place', () => {
    const trial = tryOut(POOL);
    trial.serve('a', told(['disable', 'gpt']));
    expect(rejections(trial.send('b', steered({ bans: ['glm.1'] })))).toEqual({
      [GLM[0]]: 'excluded',
      [GLM[1]]: null,
      [GPT]: 'excluded',
    });
  });

  it('are not remembered, not even with an instruction in the same message', () => {
    const trial = tryOut(POOL);
    trial.serve('a', steered({ bans: ['glm'], instructions: instructionsOf(['disable', 'glm.2']) }));
    expect(trial.router.snapshot().state.sessions).toMatchObject([
      ['anyone:session:s', { instructions: { disabled: ['glm.2'] } }],
    ]);
    expect(walkOn(trial)).toEqual([GLM[0], GPT]);
  });

  it('hold on every attempt of their request', () => {
    const trial = tryOut(POOL);
    const first = trial.send('a', steered({ bans: ['glm.1'] }));
    trial.end(first, FAILED);
    const second = onlySend(trial.pass(10_000));
    expect([first.target, second.target]).toEqual([GPT, GLM[1]]);
    expect(onlyReject(trial.end(second, FAILED)).code).toBe('ALL_PROVIDER_FAILED');
  });
});

describe('B.12.9 what is remembered', () => {
  it('does not grow with the number of requests', () => {
    const trial = tryOut(POOL, { sessions: { entriesMax: 20 }, affinity: { stick: 'key' } });
    for (let index = 0; index < 200; index++) {
      const scopeId = `anyone:request:r${index}`;
      const instructions = instructionsOf(['sticky', 'glm.glm-4.7']);
      const facts = steered({ scope: 'request', scopeId, instructions: index % 2 === 0 ? instructions : [] });
      trial.serve(`r${index}`, { ...facts, sessionId: `s${index}` });
    }
    expect(trial.router.snapshot().state.sessions).toHaveLength(20);
  });
});

describe('B.12.10 a success', () => {
  it('is one that was seen: choosing a target wipes none of its failures', () => {
    const trial = tryOut(POOL, { retry: { attemptsMax: 1 } });
    for (let index = 0; index < 9; index++) trial.serve(`fails-${index}`, told(['force', AIR]), FAILED);
    const chosen = trial.send('chosen', told(['force', AIR]));
    expect(trial.router.viewTarget(trial.router.targetIds.indexOf(AIR), 0)).toMatchObject({
      recentAttempts: 9,
      recentFailures: 9,
    });
    trial.end(chosen, FAILED);
    expect(trial.state(AIR)).toBe('cooldown');
  });
});

describe('B.12.11 the end of a cooldown', () => {
  it('lets a probe through and not everybody, and looking at it changes nothing', () => {
    const pool = routedPool({ default: [['a.main.x'], ['b.main.x']] });
    const trial = tryOut(pool);
    trial.order('cool', 'a.main.x', 60_000);
    trial.pass(60_000);
    const before = JSON.stringify(trial.router.snapshot());
    trial.router.viewTarget(0, trial.nowMs);
    trial.router.stateOf(0);
    expect(JSON.stringify(trial.router.snapshot())).toBe(before);
    expect(['one', 'two', 'three'].map((id) => trial.send(id).target)).toEqual(['a.main.x', 'b.main.x', 'b.main.x']);
    expect(trial.state('a.main.x')).toBe('probing');
  });
});

describe('B.12.12 a refused request', () => {
  it("says nothing of the key: a client's 4xx takes nobody out, and neither does one 5xx", () => {
    const trial = tryOut(POOL, { retry: { attemptsMax: 1 } });
    for (let index = 0; index < 20; index++) {
      const refused = trial.send(`bad-${index}`, told(['force', AIR]));
      expect(onlyReject(trial.end(refused, BAD_REQUEST)).code).toBe('UPSTREAM_REJECTED');
    }
    trial.serve('broken', told(['force', AIR]), FAILED);
    expect(trial.state(AIR)).toBe('healthy');
    expect(trial.serve('fine', told(['force', AIR]))).toBe(AIR);
  });
});

describe('B.12.13 what an instruction decided', () => {
  it('is said as such: no other route took the request, so that nobody need call it a fallback', () => {
    const routingOf = (facts: ReturnType<typeof told>) => tryOut(POOL).send('a', facts).decision.routing!;
    const none = { requestedRoute: 'default', route: null };
    expect(routingOf(told(['sticky', AIR]))).toMatchObject({ ...none, mode: 'sticky', pool: 'sticky' });
    expect(routingOf(told(['sticky', 'glm.glm-4.7']))).toMatchObject({ ...none, mode: 'sticky', pool: 'sticky' });
    expect(routingOf(told(['force', AIR]))).toMatchObject({ ...none, mode: 'force', pool: 'forced' });
  });

  it('is told apart from a request that did fall back to default', () => {
    const trial = tryOut(routedPool({ default: [['d.main.x']], coding: [['c.main.x']] }));
    trial.order('disable', 'c.main.x');
    expect(trial.send('a', signalling({ lastTool: 'write' })).decision.routing).toMatchObject({
      requestedRoute: 'coding',
      route: 'default',
      mode: 'none',
    });
  });
});

describe('B.12.14 images', () => {
  const SEEING = signalling({ hasImage: true, latestFromUser: true });
  const INLINE = { inlineVision: true };
  const images = routedPool(
    {
      default: [['d.inline.x', 'd.plain.x']],
      vision: [['v.main.x']],
      longcontext: [['l.main.x']],
    },
    { 'd.inline.x': INLINE },
  );

  it('with a long context keep the order of the routes', () => {
    expect(walk(images, { ...SEEING, inputTokens: 200_000 })[0]).toBe('v.main.x');
  });

  it('fall back to the other targets of a pool when the inline ones are down', () => {
    expect(walk(images, SEEING)).toEqual(['d.inline.x', 'd.plain.x', 'v.main.x']);
    const trial = tryOut(images, { queue: { recoveryWaitMaxMs: 0 } });
    trial.order('cool', 'd.inline.x', 60_000);
    expect(trial.serve('a', SEEING)).toBe('d.plain.x');
  });
});

describe('B.12.15 a key that is not registered', () => {
  it('in what a session was told throws nowhere: bans and lists simply have nothing to name', () => {
    const trial = tryOut(POOL);
    trial.serve('a', told(['sticky', 'glm'], ['disable', 'glm.1'], ['allow', 'glm'], ['allow', 'gpt']));
    const pool = routedPool({ default: [[GPT]] });
    const after = trialOf(reconfigureRouter(trial.router, pool, policyWith({}), trial.nowMs), trial.nowMs);
    expect(after.serve('b', steered())).toBe(GPT);
  });
});

describe('B.12.16 round-robin', () => {
  it('stays even while candidates come and go', () => {
    const ids = ['p.a.x', 'p.b.x', 'p.c.x'];
    const trial = tryOut(routedPool({ default: [{ targets: ids, mode: 'round-robin' }] }));
    const counts: Record<string, number> = { 'p.a.x': 0, 'p.b.x': 0, 'p.c.x': 0 };
    const present = { 'p.a.x': 0, 'p.b.x': 0, 'p.c.x': 0 };
    for (let turn = 0; turn < 600; turn++) {
      // The last one is there every other time: a pointer into the list would favour the first for ever.
      trial.order(turn % 2 === 0 ? 'enable' : 'disable', 'p.c.x');
      const target = trial.serve(`turn-${turn}`);
      counts[target]!++;
      present['p.c.x'] += turn % 2 === 0 ? 1 : 0;
    }
    expect(Math.abs(counts['p.a.x']! - counts['p.b.x']!)).toBeLessThanOrEqual(1);
    expect(counts['p.c.x']).toBeGreaterThanOrEqual(present['p.c.x'] / 2);
  });

  it('gives the next turn to whoever waited longest, also after the one before it went', () => {
    const trial = tryOut(routedPool({ default: [{ targets: ['p.a.x', 'p.b.x', 'p.c.x'], mode: 'round-robin' }] }));
    expect([trial.serve('1'), trial.serve('2')]).toEqual(['p.a.x', 'p.b.x']);
    trial.order('disable', 'p.a.x');
    expect([trial.serve('3'), trial.serve('4'), trial.serve('5')]).toEqual(['p.c.x', 'p.b.x', 'p.c.x']);
    trial.order('enable', 'p.a.x');
    expect([trial.serve('6'), trial.serve('7')]).toEqual(['p.a.x', 'p.b.x']);
  });
});

describe('B.12.20b provider.alias.model', () => {
  it('is that model of that alias, however many models the alias has', () => {
    for (const kind of ['force', 'sticky'] as const) {
      expect(walk(POOL, told([kind, AIR]))[0]).toBe(AIR);
      expect(walk(POOL, told([kind, GLM[1]]))[0]).toBe(GLM[1]);
    }
    expect(left(['disable', GLM[1]])).toEqual([GLM[0], GPT]);
  });
});

describe('B.12.20c rotation', () => {
  it('is decided by what is forced, although something else is sticky', () => {
    const trial = tryOut(POOL);
    trial.serve('a', told(['sticky', GPT]));
    const forced = ['one', 'two', 'three', 'four'].map((id) => trial.serve(id, told(['force', 'glm.glm-4.7'])));
    expect(forced[1]).not.toBe(forced[0]);
    expect(new Set(forced)).toEqual(new Set(GLM));
  });

  it('and an exact force does not rotate, although a model is sticky', () => {
    const trial = tryOut(POOL);
    trial.serve('a', told(['sticky', 'glm.glm-4.7']));
    expect(['one', 'two', 'three'].map((id) => trial.serve(id, told(['force', GLM[0]])))).toEqual([
      GLM[0],
      GLM[0],
      GLM[0],
    ]);
  });
});
