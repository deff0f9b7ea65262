import { createRouter, type Router } from '../router/index.ts';
import { createDecisionRows } from './decision-row.ts';
import type { LogInput } from './payload.ts';
import type { DecisionRow } from './schema.ts';

/** Runs a log's inputs through a new router. */
export interface Replay {
  /**
   * Feeds one input, at its own time, and gives the decisions it led to.
   *
   * @throws Error when the inputs do not begin with `configure`, when a second one follows, or whatever the
   *   core throws at an input that it would never have accepted
   */
  apply(input: LogInput): readonly DecisionRow[];
}

/** A replay that waits for its `configure` input. The router is made to explain itself. */
export function createReplay(): Replay {
  const decisions = createDecisionRows();
  let router: Router | null = null;
  return {
    apply(input) {
      decisions.note(input);
      if (input.kind === 'configure') {
        if (router !== null) throw new Error('the router is configured a second time');
        const { pool, policy, seed } = input.payload;
        router = createRouter(pool, policy, { seed, explain: true });
        return [];
      }
      if (router === null) throw new Error('no configure input comes before it');
      return decisions.build(input.sequence, input.atMs, answer(router, input));
    },
  };
}

function answer(router: Router, input: Exclude<LogInput, { readonly kind: 'configure' }>) {
  switch (input.kind) {
    case 'begin':
      return router.begin(input.payload, input.atMs);
    case 'observe':
      return router.observe(input.payload, input.atMs);
    case 'wake':
      return router.wake(input.atMs);
    case 'order':
      return router.order(input.payload, input.atMs);
  }
}
