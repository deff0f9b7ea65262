import { readSnapshot } from '../logged-snapshot.ts';
import { createReplay, type Replay } from '../replay.ts';
import { BadInput } from '../../config/bad-input.ts';
import type { OwnerClient } from './owner-client.ts';

/** The replay at the end of the log, or why there is none. */
export interface Rebuilding {
  readonly replay: Replay | null;
  /** Time of the last input. */
  readonly latestMs: number;
  readonly reason: string | null;
}

/**
 * Brings a router to where the log ends: from the last snapshot, or from the first input, through all inputs since.
 * The time it takes grows with the number of inputs since the last snapshot.
 */
export async function rebuildRouter(folder: string, owner: Pick<OwnerClient, 'call'>): Promise<Rebuilding> {
  const replay = createReplay();
  const snapshot = await owner.call('lastSnapshot', null);
  let expected = 0;
  let latestMs = 0;
  try {
    if (snapshot !== null) {
      replay.resume(readSnapshot(folder, snapshot));
      expected = snapshot.sequence + 1;
      latestMs = snapshot.at_ms;
    }
    for (;;) {
      const inputs = await owner.call('inputs', { fromSequence: expected });
      if (inputs.length === 0) {
        return { replay: replay.router === null ? null : replay, latestMs, reason: null };
      }
      for (const input of inputs) {
        const isFresh = input.kind === 'configure' && (input.payload.start ?? 'fresh') === 'fresh';
        if (input.sequence !== expected && !isFresh) return unknown(`input ${expected} is not in the log`);
        replay.apply(input);
        expected = input.sequence + 1;
        latestMs = input.atMs;
      }
    }
  } catch (error) {
    if (error instanceof BadInput) return unknown(error.message);
    return unknown(`input ${expected} cannot be replayed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function unknown(reason: string): Rebuilding {
  return {
    replay: null,
    latestMs: 0,
    reason: `the state of the router cannot be rebuilt from the log, so budgets, cooldowns and orders begin anew: ${reason}`,
  };
}
