import { findingOf } from '../decision-row.ts';
import { encodePayload, type LogInput } from '../payload.ts';
import type { LoggedSnapshot } from '../logged-snapshot.ts';
import type { LogRecorder } from '../recorder.ts';
import { createRequestFollower, type RequestFollower, type RunWords } from '../request-follower.ts';
import { withHashedSession } from '../session-hash.ts';
import { transitionRow } from '../transition-row.ts';
import type { SpoolWriter } from './spool-writer.ts';

/** A recorder that writes straight into the spool, without rows on the way. */
export interface LiveRecorder extends LogRecorder {
  /** What it knows of open requests; to be resumed after a restart. */
  readonly follower: RequestFollower;
}

/**
 * All that belongs to one input (its outcome, decisions, snapshot) is taken or dropped together, so that a log that
 * had to drop something has gaps between inputs and never half of one.
 *
 * @param sessionSalt as in `createRecorder`
 */
export function createLiveRecorder(writer: SpoolWriter, sessionSalt: string | null): LiveRecorder {
  const follower = createRequestFollower();
  const { encoder } = writer;
  let sequenceAtHand = -1;
  let isTaken = false;

  const takes = (sequence: number): boolean => {
    if (sequence !== sequenceAtHand) {
      sequenceAtHand = sequence;
      isTaken = writer.accepts();
    }
    if (!isTaken) writer.countDropped();
    return isTaken;
  };

  return {
    follower,
    input(sequence, atMs, kind, payload) {
      const input = { sequence, atMs, kind, payload } as LogInput;
      const logged =
        input.kind === 'begin' && sessionSalt !== null
          ? { ...input, payload: withHashedSession(input.payload, sessionSalt) }
          : input;
      follower.note(logged);
      if (!takes(sequence)) return;
      if (logged.kind === 'begin') encoder.begin(sequence, atMs, logged.payload);
      else if (logged.kind === 'observe') encoder.observe(sequence, atMs, logged.payload);
      else encoder.input(sequence, atMs, kind, encodePayload(logged.payload));
      writer.appended();
    },
    commands(sequence, atMs, commands) {
      let ordinal = 0;
      for (const command of commands) {
        const finding = findingOf(command);
        if (finding !== null) {
          const request = follower.open.get(finding.requestId)?.request;
          if (request === undefined) throw new Error(`the core decided on ${finding.requestId}, which is not open`);
          if (follower.run === null) throw new Error('the core decided before the log was told how it is configured');
          if (takes(sequence)) encoder.decision(sequence, ordinal, atMs, finding, request, follower.run);
          ordinal += 1;
        }
        follower.settle(command);
      }
      if (ordinal > 0 && isTaken) writer.appended();
    },
    outcome(sequence, atMs, outcome, target) {
      if (!takes(sequence)) return;
      encoder.outcome(sequence, atMs, outcome, target);
      writer.appended();
    },
    policy(row) {
      if (!writer.accepts()) {
        writer.countDropped();
        return;
      }
      encoder.policy(row);
      writer.appended();
    },
    snapshot(sequence, atMs, snapshot) {
      if (!takes(sequence)) return;
      encoder.snapshot(sequence, atMs, encodePayload({ ...snapshot, ...snapshotWords(follower.run) }));
      writer.appended();
    },
    shadow(sequence, ordinal, atMs, heard) {
      if (!takes(sequence)) return;
      encoder.shadow(sequence, ordinal, atMs, heard);
      writer.appended();
    },
    transition(step) {
      if (!writer.accepts()) {
        writer.countDropped();
        return;
      }
      encoder.transition(transitionRow(step));
      writer.appended();
    },
  };
}

/** Rows of decisions name hashes of policies, which a snapshot alone does not tell. */
function snapshotWords(run: RunWords | null): Partial<Pick<LoggedSnapshot, 'policyHash' | 'canaryWords'>> {
  if (run === null) return {};
  const { policyHash, canary: canaryWords } = run;
  return canaryWords === null ? { policyHash } : { policyHash, canaryWords };
}
