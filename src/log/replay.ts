import {
  createRouter,
  reconfigureRouter,
  restoreRouter,
  type Canary,
  type Router,
  type RouterSnapshot,
} from '../router/index.ts';
import { createDecisionRows } from './decision-row.ts';
import type { ConfigurePayload, LogInput } from './payload.ts';
import { runWordsOf, type RequestFollower, type RunWords } from './request-follower.ts';
import type { DecisionRow } from './schema.ts';
import type { LoggedSnapshot } from './logged-snapshot.ts';

/** Runs a log's inputs through a router. */
export interface Replay {
  /**
   * Feeds one input, at its own time, and gives the decisions it led to.
   *
   * @param snapshot the core's state after this input, where the log has it; only a `configure` needs it
   * @throws Error when nothing says in what state the router is, or whatever the core throws at an input that it
   *   would never have accepted
   */
  apply(input: LogInput, snapshot?: RouterSnapshot | null): readonly DecisionRow[];
  /** Goes on from a state that the log kept. */
  resume(snapshot: LoggedSnapshot): void;
  /** The router as it stands; null before the first `configure`. It is made to explain itself. */
  readonly router: Router | null;
  /** The requests that are open by now. */
  readonly follower: RequestFollower;
}

/** A replay that waits for its `configure` input, or for a state to resume. */
export function createReplay(): Replay {
  const decisions = createDecisionRows();
  const { follower } = decisions;
  let router: Router | null = null;

  const restore = (snapshot: RouterSnapshot, words: RunWords): void => {
    router = restoreRouter({ ...snapshot, options: { ...snapshot.options, explain: true } });
    follower.resume(snapshot, words);
  };

  const configure = (payload: ConfigurePayload, atMs: number, snapshot: RouterSnapshot | null): void => {
    const { pool, policy, seed, start = 'fresh' } = payload;
    if (start !== 'fresh' && snapshot !== null) {
      restore(snapshot, runWordsOf(payload));
      return;
    }
    const canary = canaryOf(payload);
    if (start === 'fresh') {
      router = createRouter(pool, policy, { seed, explain: true });
      // A new router has none, so it is given one.
      if (canary !== null) router = reconfigureRouter(router, pool, policy, atMs, canary);
    } else if (router === null) throw new Error(`the router was ${start}, but the log does not have its state`);
    else router = reconfigureRouter(router, pool, policy, atMs, canary);
  };

  return {
    apply(input, snapshot = null) {
      decisions.note(input);
      if (input.kind === 'configure') {
        configure(input.payload, input.atMs, snapshot);
        return [];
      }
      if (router === null) throw new Error('no configure input comes before it');
      return decisions.build(input.sequence, input.atMs, answer(router, input));
    },
    resume(snapshot) {
      const { policyHash, coreVersion, canaryWords = null } = snapshot;
      restore(snapshot, { policyHash, coreVersion, canary: canaryWords });
    },
    get router() {
      return router;
    },
    follower,
  };
}

function canaryOf({ canary }: ConfigurePayload): Canary | null {
  if (!canary) return null;
  const { id, policy, share } = canary;
  return { id, policy, share };
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
