/**
 * Parity: the log's inputs, fed to a new router, must give every logged decision back, bit for bit. This is
 * what entitles the lab to speak of the live router.
 */
import type { LogReader } from './log-reader.ts';
import { applyLogged, findStart, isFresh, stateToGoOnFrom } from './logged-start.ts';
import { createReplay } from './replay.ts';
import { rowCursor, type RowCursor } from './row-cursor.ts';
import { decisionDifference, type ColumnDifference } from './row-difference.ts';
import type { DecisionRow } from './schema.ts';

/** The first place at which the log and the core part. */
export interface ParityDifference extends ColumnDifference {
  /** The input at which it happens. */
  readonly sequence: number;
  /** The request; null when an input itself is missing. */
  readonly request: string | null;
}

export interface ParityResult {
  /** Decisions of the log and of the core, those that match counted once. */
  readonly decisions: number;
  /** Decisions that both have, equal in every bit. */
  readonly identical: number;
  /** Null when nothing differs. */
  readonly firstDifference: ParityDifference | null;
  /**
   * Stretches of inputs, both ends included, that say nothing: a live log does not hold them any more, or had to drop
   * them while its disk failed, and goes on behind them with a state that it kept. Left out when there are none.
   */
  readonly unverified?: readonly { readonly from: number; readonly to: number }[];
}

/**
 * Recomputes all decisions of a log. A decision that only one side has shows as a difference in the column
 * `decision` (the value is its chosen target, or `none`), a gap in the inputs as one in `inputs.sequence` unless a
 * `configure` behind it says from which state it goes on. A log whose beginning was deleted is verified from its
 * first snapshot on.
 *
 * @param onInput called after each input with the number of inputs done
 * @throws BadInput when an input cannot be replayed: only what a core accepted is ever logged
 */
export async function verifyLog(
  reader: LogReader,
  onInput: (done: number) => void = () => undefined,
): Promise<ParityResult> {
  const tally = createTally();
  const replay = createReplay();
  const start = await findStart(reader);
  if (start.state !== null) replay.resume(start.state);
  if (start.from > 0) tally.unverified(0, start.from - 1);
  const logged = rowCursor(reader.decisions(start.from));
  let done = 0;
  let expected = start.from;
  try {
    for await (const input of reader.inputs(start.from)) {
      const snapshot = await stateToGoOnFrom(reader, replay, input, expected);
      if (input.sequence !== expected) {
        const isDeclared = input.kind === 'configure' && (snapshot !== null || isFresh(input));
        if (isDeclared) tally.unverified(expected, input.sequence - 1);
        else tally.misplacedInput(input.sequence, expected);
      }
      for (const row of applyLogged(replay, input, snapshot, reader.path)) await match(row, logged, tally);
      expected = input.sequence + 1;
      done += 1;
      onInput(done);
    }
    for (let row = await logged.take(); row !== null; row = await logged.take()) tally.unmatched(row, 'logged');
  } finally {
    await logged.close();
  }
  return tally.result();
}

/** Both sides are in order of (sequence, ordinal), so one pass pairs them. */
async function match(row: DecisionRow, logged: RowCursor<DecisionRow>, tally: Tally): Promise<void> {
  let other = await logged.peek();
  while (other !== null && orderOf(other, row) < 0) {
    tally.unmatched(other, 'logged');
    await logged.take();
    other = await logged.peek();
  }
  if (other !== null && orderOf(other, row) === 0) {
    tally.matched(other, row);
    await logged.take();
  } else {
    tally.unmatched(row, 'recomputed');
  }
}

function orderOf(a: DecisionRow, b: DecisionRow): number {
  return a.sequence - b.sequence || a.ordinal - b.ordinal;
}

interface Tally {
  matched(logged: DecisionRow, recomputed: DecisionRow): void;
  unmatched(row: DecisionRow, side: 'logged' | 'recomputed'): void;
  misplacedInput(found: number, expected: number): void;
  unverified(from: number, to: number): void;
  result(): ParityResult;
}

function createTally(): Tally {
  let decisions = 0;
  let identical = 0;
  let first: ParityDifference | null = null;
  const unverified: { from: number; to: number }[] = [];
  return {
    matched(logged, recomputed) {
      decisions += 1;
      const difference = decisionDifference(logged, recomputed);
      if (difference === null) identical += 1;
      else first ??= { sequence: recomputed.sequence, request: recomputed.request_id, ...difference };
    },
    unmatched(row, side) {
      decisions += 1;
      const target = row.chosen_target ?? 'none';
      const values = { logged: side === 'logged' ? target : null, recomputed: side === 'logged' ? null : target };
      first ??= { sequence: row.sequence, request: row.request_id, column: 'decision', ...values };
    },
    misplacedInput(found, expected) {
      first ??= { sequence: found, request: null, column: 'inputs.sequence', logged: found, recomputed: expected };
    },
    unverified(from, to) {
      unverified.push({ from, to });
    },
    result() {
      const result = { decisions, identical, firstDifference: first };
      return unverified.length === 0 ? result : { ...result, unverified };
    },
  };
}
