import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createRouter,
  REJECT_CODES,
  REJECTIONS,
  TARGET_STATES,
  type Command,
  type Decision,
} from '../../src/router/index.ts';
import { CROWDED_POOL, expectSame, policies, RandomRun, runLimits, steps } from './random-run.ts';

const seeds = fc.maxSafeInteger();

/** The decision without what only an explained one has. */
function plain(commands: readonly Command[]): unknown {
  const bare = (decision: Decision | null): unknown => decision && { ...decision, candidates: null };
  return commands.map((command) =>
    command.kind === 'wait' ? command : { ...command, decision: bare(command.decision) },
  );
}

describe('random sequences of requests, ends, cancellations, orders and time', () => {
  it('end every request exactly once, pick no rejected target, keep to slots and tried sets', () => {
    fc.assert(
      fc.property(policies, seeds, steps, (policy, seed, script) => {
        const run = new RandomRun(createRouter(CROWDED_POOL, policy, { seed, explain: true }), CROWDED_POOL);
        for (const step of script) run.play(step);
        run.drain();
      }),
      runLimits(20_261, 400),
    );
  });

  it('are answered alike with and without explanations', () => {
    fc.assert(
      fc.property(policies, seeds, steps, (policy, seed, script) => {
        const silent = createRouter(CROWDED_POOL, policy, { seed });
        const run = new RandomRun(
          createRouter(CROWDED_POOL, policy, { seed, explain: true }),
          CROWDED_POOL,
          (call, commands) => expectSame(call(silent), plain(commands)),
        );
        for (const step of script) run.play(step);
        run.drain();
      }),
      runLimits(20_262, 150),
    );
  });

  it('are answered alike whether or not somebody reads states, budgets and snapshots all the time', () => {
    fc.assert(
      fc.property(policies, seeds, steps, (policy, seed, script) => {
        const router = createRouter(CROWDED_POOL, policy, { seed });
        const unread = createRouter(CROWDED_POOL, policy, { seed });
        const run = new RandomRun(router, CROWDED_POOL, (call, commands) => {
          expectSame(call(unread), commands);
          router.targetIds.forEach((_, index) => router.stateOf(index));
          router.budgetLabels.forEach((_, rule) => router.budgetUse(rule));
          router.snapshot();
        });
        for (const step of script) run.play(step);
        run.drain();
      }),
      runLimits(20_267, 150),
    );
  });

  it('reach the places they are meant to reach', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(policies, seeds, steps, (policy, seed, script) => {
        const run = new RandomRun(createRouter(CROWDED_POOL, policy, { seed, explain: true }), CROWDED_POOL);
        for (const step of script) run.play(step);
        for (const command of run.history) {
          if (command.kind === 'reject') seen.add(command.code);
          else if (command.kind === 'wait') seen.add(command.reason);
          else seen.add(command.decision.cause);
          const candidates = command.kind === 'wait' ? [] : (command.decision?.candidates ?? []);
          for (const { state, rejection } of candidates) seen.add(state).add(rejection ?? 'eligible');
        }
      }),
      runLimits(20_263, 300),
    );
    const waits = ['queued', 'backoff'];
    const causes = ['arrival', 'retry', 'queue'];
    const expected = [...REJECT_CODES, ...TARGET_STATES, ...REJECTIONS, 'eligible', ...waits, ...causes];
    expect([...seen].sort()).toEqual([...new Set<string>(expected)].sort());
  });
});
