/** Takes up the inputs of a log where they can be replayed from, also behind what the log does not hold any more. */
import { BadInput } from '../config/bad-input.ts';
import type { LogReader } from './log-reader.ts';
import { readSnapshot, type LoggedSnapshot } from './logged-snapshot.ts';
import type { LogInput } from './payload.ts';
import type { Replay } from './replay.ts';
import { rowCursor } from './row-cursor.ts';
import type { DecisionRow } from './schema.ts';

/** Where the inputs of a log can be taken up. */
export interface LogStart {
  /** Sequence of the first input to apply. */
  readonly from: number;
  /** The router's state before it; null when that input configures the router. */
  readonly state: LoggedSnapshot | null;
}

/** Where a replay can begin: at the first input when that says how, else behind the first snapshot. */
export async function findStart(reader: LogReader): Promise<LogStart> {
  const first = await firstInput(reader);
  if (first === null || first.sequence === 0) return { from: 0, state: null };
  if (first.kind === 'configure' && isFresh(first)) return { from: first.sequence, state: null };
  const snapshot = await reader.firstSnapshot(first.sequence - 1);
  // Without one the replay itself says what is missing.
  if (snapshot === null) return { from: 0, state: null };
  if (first.kind === 'configure' && snapshot.sequence === first.sequence) return { from: first.sequence, state: null };
  return { from: snapshot.sequence + 1, state: readSnapshot(reader.path, snapshot) };
}

async function firstInput(reader: LogReader): Promise<LogInput | null> {
  const inputs = rowCursor(reader.inputs());
  try {
    return await inputs.take();
  } finally {
    await inputs.close();
  }
}

/**
 * The state with which a `configure` goes on, where the replay cannot carry its own there: after a gap, or at the
 * start. Where it can, it does, because a state that was recomputed proves more than one that was believed.
 */
export async function stateToGoOnFrom(
  reader: LogReader,
  replay: Replay,
  input: LogInput,
  expected: number,
): Promise<LoggedSnapshot | null> {
  if (input.kind !== 'configure' || isFresh(input)) return null;
  if (replay.router !== null && input.sequence === expected) return null;
  const snapshot = await reader.firstSnapshot(input.sequence);
  return snapshot?.sequence === input.sequence ? readSnapshot(reader.path, snapshot) : null;
}

/** Whether a `configure` makes a router without a past. */
export function isFresh(input: LogInput & { readonly kind: 'configure' }): boolean {
  return (input.payload.start ?? 'fresh') === 'fresh';
}

/**
 * Feeds a logged input to the replay.
 *
 * @throws BadInput when it cannot be replayed: only what a core accepted is ever logged
 */
export function applyLogged(
  replay: Replay,
  input: LogInput,
  snapshot: LoggedSnapshot | null,
  path: string,
): readonly DecisionRow[] {
  try {
    return replay.apply(input, snapshot);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BadInput(`${path}: input ${input.sequence} (${input.kind}) cannot be replayed: ${reason}`, { cause });
  }
}
