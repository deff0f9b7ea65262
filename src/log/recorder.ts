import type { AttemptOutcome, Command, RouterSnapshot } from '../router/index.ts';
import { createDecisionRows } from './decision-row.ts';
import { outcomeRow } from './outcome-row.ts';
import { encodePayload, type InputPayloads, type LogInput } from './payload.ts';
import type { InputKind, LogRows, LogTable, PolicyRow } from './schema.ts';
import { withHashedSession } from './session-hash.ts';
import { shadowRow, type HeardShadow } from './shadow-row.ts';
import { transitionRow, type LoggedTransition } from './transition-row.ts';

/** Takes finished rows; how they get to disk is its own affair. */
export type RowSink = <T extends LogTable>(table: T, row: LogRows[T]) => void;

/**
 * What a driver tells the log, in the order in which things happen: each input once the core has taken it, then
 * the commands with which it answered. All methods only build and hand on rows; none waits.
 */
export interface LogRecorder {
  /**
   * One input of the core.
   *
   * @param sequence 0 for `configure`, then 1, 2, ... without a gap
   * @param atMs the time the core was given
   */
  input<K extends InputKind>(sequence: number, atMs: number, kind: K, payload: InputPayloads[K]): void;
  /** All commands with which the core answered the input `sequence`, in their order. */
  commands(sequence: number, atMs: number, commands: readonly Command[]): void;
  /**
   * The end of an attempt; goes with the `observe` input of the same sequence.
   *
   * @param target where the attempt went; null when the client left before one was sent
   */
  outcome(sequence: number, atMs: number, outcome: AttemptOutcome, target: string | null): void;
  policy(row: PolicyRow): void;
  /** The core's state after the input `sequence`. It holds session ids as the core was given them. */
  snapshot(sequence: number, atMs: number, snapshot: RouterSnapshot): void;
  /**
   * What a shadow would have decided at the input `sequence`; after the commands of that input.
   *
   * @param ordinal as of the decision that it stands beside: 0, 1, ... among those of the input
   */
  shadow(sequence: number, ordinal: number, atMs: number, heard: HeardShadow): void;
  /** A policy has come to another stage of its life. */
  transition(step: LoggedTransition): void;
}

/**
 * A recorder that hands its rows to `sink`.
 *
 * @param sessionSalt hashed with every session id, so that ids cannot be read back or guessed from the log;
 *   null when the driver hands the core (and so the log) requests whose sessions are hashed already
 */
export function createRecorder(sink: RowSink, sessionSalt: string | null): LogRecorder {
  const decisions = createDecisionRows();
  return {
    input(sequence, atMs, kind, payload) {
      const input = { sequence, atMs, kind, payload } as LogInput;
      const logged =
        input.kind === 'begin' && sessionSalt !== null
          ? { ...input, payload: withHashedSession(input.payload, sessionSalt) }
          : input;
      decisions.note(logged);
      sink('inputs', { sequence, at_ms: atMs, kind, payload: encodePayload(logged.payload) });
    },
    commands(sequence, atMs, commands) {
      for (const row of decisions.build(sequence, atMs, commands)) sink('decisions', row);
    },
    outcome(sequence, atMs, outcome, target) {
      sink('outcomes', outcomeRow(sequence, atMs, outcome, target));
    },
    policy(row) {
      sink('policies', row);
    },
    snapshot(sequence, atMs, snapshot) {
      sink('snapshots', { sequence, at_ms: atMs, body: encodePayload(snapshot) });
    },
    shadow(sequence, ordinal, atMs, heard) {
      sink('shadows', shadowRow(sequence, ordinal, atMs, heard));
    },
    transition(step) {
      sink('transitions', transitionRow(step));
    },
  };
}
