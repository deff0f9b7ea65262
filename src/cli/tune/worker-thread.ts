/** One thread of the pool: replays what it is given, one after the other, over the trace that all threads share. */
import { parentPort, workerData } from 'node:worker_threads';
import { rowsOfShared } from '../../../datasets/shared-trace.ts';
import type { RecordedOutcomes } from '../../../simulator/counterfactual/settle-from-recording.ts';
import { runPolicyReplay } from '../../../simulator/tune/policy-replay.ts';
import { BadInput } from '../../config/bad-input.ts';
import type { FromWorker, ToWorker, WorkerSettings } from './worker-messages.ts';

const port = parentPort!;
const { trace, scenarios, recorded } = workerData as WorkerSettings;

function say(message: FromWorker): void {
  port.postMessage(message, []);
}

function fail(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  say({ kind: 'failed', message, isBadInput: error instanceof BadInput });
}

async function readOutcomes(): Promise<RecordedOutcomes | undefined> {
  if (recorded === null) return undefined;
  // What reads logs is loaded by whoever reads one: a thread should be at work soon.
  const { readRecording } = await import('../read-recording.ts');
  const { recording } = await readRecording(recorded.path, scenarios[0]!);
  return { mode: recorded.mode, recording, shiftMs: recorded.shiftMs };
}

try {
  const outcomes = await readOutcomes();
  port.on('message', ({ id, replay }: ToWorker) => {
    const { fromRow, toRow } = replay.stretch;
    const rows = rowsOfShared(trace, fromRow, toRow);
    runPolicyReplay(replay, rows, scenarios[replay.variant]!, outcomes).then(
      (figures) => say({ kind: 'done', id, figures }),
      fail,
    );
  });
  say({ kind: 'ready' });
} catch (error) {
  fail(error);
}
