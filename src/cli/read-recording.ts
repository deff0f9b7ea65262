/** Reads the outcomes of a log for replays of a trace in a scenario. */
import type { TraceSource } from '../../datasets/index.ts';
import { alignRecording } from '../../simulator/counterfactual/alignment.ts';
import { RecordingBuilder, type Recording } from '../../simulator/counterfactual/recording.ts';

import type { Scenario } from '../../simulator/scenario.ts';
import { BadInput } from '../config/bad-input.ts';
import { openAttemptLog } from '../log/logged-attempts.ts';

/** Targets that a message names. */
const NAMED_MAX = 3;
/** Of the ids that trace and log share, how many must be of the same requests; ids are used twice now and then. */
const SAME_RATIO_MIN = 0.9;

export interface ReadRecording {
  readonly recording: Recording;
  /** What a person should know of it, one line each. */
  readonly notes: readonly string[];
}

/**
 * @param path a log in a file or a folder
 * @throws BadInput when it is no log, has no outcomes, or knows none of the scenario's targets
 */
export async function readRecording(path: string, scenario: Scenario): Promise<ReadRecording> {
  const attempts = await openAttemptLog(path);
  try {
    const builder = new RecordingBuilder(attempts.attempts);
    let latestMs = -Infinity;
    for await (const batch of attempts.batches()) {
      for (const attempt of batch) {
        if (attempt.sentAtMs < latestMs) {
          throw new BadInput(
            `${path}: the clock goes back at request ${attempt.requestId}; outcomes of such a log cannot be put in time, use --outcomes twin`,
          );
        }
        latestMs = attempt.sentAtMs;
        builder.add(attempt);
      }
    }
    const recording = builder.build(path);
    if (recording.rows === 0) {
      throw new BadInput(
        [`${path}: has no outcomes of attempts; name a log of served requests`, ...attempts.notes].join('; '),
      );
    }
    return { recording, notes: [...attempts.notes, ...poolNotes(recording, scenario)] };
  } finally {
    attempts.close();
  }
}

/** What the log and the scenario do not share. @throws BadInput when they share no target */
function poolNotes({ name, targets }: Recording, { name: scenarioName, pool, faults }: Scenario): string[] {
  const foreign = targets.filter((id) => pool.targets.every((target) => target.id !== id));
  const named = `${foreign.slice(0, NAMED_MAX).join(', ')}${foreign.length > NAMED_MAX ? ', ...' : ''}`;
  if (foreign.length === targets.length) {
    throw new BadInput(
      `${name}: none of its targets (${named}) is in the pool of the scenario ${scenarioName}; name a scenario of the same pool`,
    );
  }
  const notes: string[] = [];
  if (foreign.length > 0) {
    notes.push(
      `${name}: outcomes of ${foreign.length} of its ${targets.length} targets are not used, as the scenario ${scenarioName} does not have them: ${named}`,
    );
  }
  if (faults.length > 0) {
    notes.push(
      `${name}: logged outcomes are taken as they were, so the faults of the scenario ${scenarioName} act on the twins' answers only (--outcomes twin: on all)`,
    );
  }
  return notes;
}

/** The shift of `alignRecording`. @throws BadInput when trace and log are not of the same requests */
export async function clockShiftOf(trace: TraceSource, recording: Recording): Promise<number> {
  const { sameIds, sameRequests, shiftMs } = await alignRecording(trace, recording);
  const advice = 'name the log that this trace was recorded in';
  if (sameIds === 0) throw new BadInput(`${recording.name}: has none of the requests of ${trace.name}; ${advice}`);
  if (shiftMs === null || sameRequests < sameIds * SAME_RATIO_MIN) {
    throw new BadInput(
      `${recording.name}: has ids of ${trace.name}, but ${sameIds - sameRequests} of ${sameIds} are of other requests; ${advice}`,
    );
  }
  return shiftMs;
}
