/** What a replaying command is given: a trace or a log, and the outcomes that a log recorded. */
import { existsSync } from 'node:fs';
import type { TraceSource } from '../../datasets/index.ts';
import type { RecordedOutcomes } from '../../simulator/counterfactual/settle-from-recording.ts';
import type { Scenario } from '../../simulator/scenario.ts';
import { BadInput } from '../config/bad-input.ts';
import { isLogPath, withLogAsTrace } from './log-as-trace.ts';
import type { OutcomesOptions } from './outcomes-option.ts';
import { printNotes } from './print-notes.ts';
import { readTrace } from './read-inputs.ts';
import { clockShiftOf, readRecording } from './read-recording.ts';

export interface ReplayedInput {
  readonly trace: TraceSource;
  /** `undefined`: the twins alone. */
  readonly outcomes: RecordedOutcomes | undefined;
}

/**
 * Reads the trace and the recording, runs something on them and cleans up. Notes go to standard error, unless somebody takes them.
 *
 * @param path a canonical trace, or a log
 * @throws BadInput when either cannot be read, they do not belong together, or the options contradict each other
 */
export async function withReplayedInput<T>(
  path: string,
  options: OutcomesOptions,
  scenario: Scenario,
  run: (input: ReplayedInput) => Promise<T>,
  say: (notes: readonly string[]) => void = printNotes,
): Promise<T> {
  const isLog = await isLogPath(path);
  const recorded = options.recorded ?? (isLog ? path : undefined);
  const mode = options.outcomes ?? (recorded === undefined ? 'twin' : 'auto');
  if (mode !== 'twin' && recorded === undefined) {
    throw new BadInput(
      `--outcomes ${mode}: takes outcomes from a log; name it with --recorded, or replay a log instead of a trace`,
    );
  }
  if (mode === 'twin' && options.recorded !== undefined) {
    throw new BadInput(
      `--recorded ${options.recorded}: --outcomes twin takes nothing from a log; leave one of them out`,
    );
  }
  if (options.recorded !== undefined && existsSync(options.recorded) && !(await isLogPath(options.recorded))) {
    throw new BadInput(
      `${options.recorded}: is not a decision log; name the DuckDB file of a run, or a live log's folder`,
    );
  }
  const notes = new Set<string>();
  const read = async (trace: TraceSource): Promise<T> => {
    if (mode === 'twin' || recorded === undefined) {
      say([...notes]);
      return run({ trace, outcomes: undefined });
    }
    const { recording, notes: ofRecording } = await readRecording(recorded, scenario);
    const shiftMs = await clockShiftOf(trace, recording);
    say([...new Set([...notes, ...ofRecording])]);
    return run({ trace, outcomes: { mode, recording, shiftMs } });
  };
  return isLog ? withLogAsTrace(path, (note) => notes.add(note), read) : read(await readTrace(path));
}
