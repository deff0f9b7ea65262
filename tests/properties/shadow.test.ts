import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRouter, restoreRouter, type Decision, type Router } from '../../src/router/index.ts';
import { decidesOtherwise, otherwise } from './other-policies.ts';
import { CROWDED_POOL, policies, RandomRun, runLimits, steps } from './random-run.ts';

interface Heard {
  readonly requestId: string;
  readonly real: Decision;
  readonly shadow: Decision;
}

describe('a shadow', () => {
  it('changes nothing of what the router does', () => {
    fc.assert(
      fc.property(policies, otherwise, fc.maxSafeInteger(), steps, (policy, [mode, soft, sharp], seed, script) => {
        const router = createRouter(CROWDED_POOL, policy, { seed, explain: true });
        const alone = createRouter(CROWDED_POOL, policy, { seed, explain: true });
        let decisions = 0;
        router.shadow(decidesOtherwise(policy, mode, soft, sharp), () => decisions++);
        const run = new RandomRun(router, CROWDED_POOL, (call, commands) => {
          const sent = commands.filter((command) => command.kind !== 'wait' && command.decision !== null);
          expect(decisions).toBe(sent.length);
          decisions = 0;
          expect(call(alone)).toEqual(commands);
        });
        for (const step of script) run.play(step);
        run.drain();
      }),
      runLimits(20_301, 300),
    );
  });

  it('of the same policy decides the same', () => {
    fc.assert(
      fc.property(policies, fc.maxSafeInteger(), steps, (policy, seed, script) => {
        const router = createRouter(CROWDED_POOL, policy, { seed, explain: true });
        // Of several reasons to reject a target another may be found first, once it was looked at.
        const plain = (decision: Decision): unknown => ({
          ...decision,
          candidates: decision.candidates!.map((each) => ({ ...each, rejection: each.rejection !== null })),
        });
        router.shadow(policy, (_request, _attempt, real, shadow) => expect(plain(shadow)).toEqual(plain(real)));
        const run = new RandomRun(router, CROWDED_POOL);
        for (const step of script) run.play(step);
        run.drain();
      }),
      runLimits(20_302, 300),
    );
  });

  it('decides on an arrival what a router of its policy in that very state decides', () => {
    let compared = 0;
    fc.assert(
      fc.property(policies, otherwise, fc.maxSafeInteger(), steps, (policy, [mode, soft, sharp], seed, script) => {
        const other = decidesOtherwise(policy, mode, soft, sharp);
        const router = createRouter(CROWDED_POOL, policy, { seed, explain: true });
        const heard: Heard[] = [];
        router.shadow(other, ({ requestId }, _attempt, real, shadow) => heard.push({ requestId, real, shadow }));
        const asIfOther = (): Router => restoreRouter({ ...router.snapshot(), policy: other });
        let before = asIfOther();
        const run = new RandomRun(router, CROWDED_POOL, (call) => {
          const commands = call(before);
          for (const { requestId, real, shadow } of heard) {
            const command = commands.find((each) => each.requestId === requestId && each.kind === 'send');
            // Only the first decision of an input: what the others find depends on what the first did.
            if (real.cause !== 'arrival' || heard.length > 1 || command?.kind !== 'send') continue;
            expect(shadow).toEqual(command.decision);
            compared += 1;
          }
          heard.length = 0;
          before = asIfOther();
        });
        for (const step of script) run.play(step);
        run.drain();
      }),
      runLimits(20_303, 100),
    );
    expect(compared).toBeGreaterThan(300);
  });
});
