/** Replays on all cores: threads that share one trace in memory. Which thread does what changes no result. */
import { Worker } from 'node:worker_threads';
import type { ReplayFigures } from '../../../simulator/tune/block-figures.ts';
import { SearchInterrupted, type PolicyReplay } from '../../../simulator/tune/policy-replay.ts';
import { BadInput } from '../../config/bad-input.ts';
import type { FromWorker, ToWorker, WorkerSettings } from './worker-messages.ts';

export interface ReplayPool {
  readonly workers: number;
  /**
   * Runs replays; figures are in the order of the list.
   *
   * @param onDone told of each one as it ends, in any order
   * @throws SearchInterrupted after {@link interrupt}
   * @throws BadInput when the trace cannot be replayed
   */
  run(
    replays: readonly PolicyReplay[],
    onDone: (replay: PolicyReplay, figures: ReplayFigures) => void,
  ): Promise<readonly ReplayFigures[]>;
  /** Drops what is being replayed, for good. */
  interrupt(): void;
  close(): Promise<void>;
}

interface Batch {
  readonly replays: readonly PolicyReplay[];
  readonly figures: ReplayFigures[];
  readonly onDone: (replay: PolicyReplay, figures: ReplayFigures) => void;
  readonly resolve: (figures: readonly ReplayFigures[]) => void;
  readonly reject: (error: Error) => void;
  next: number;
  left: number;
}

/**
 * Starts the threads and waits until they are ready.
 *
 * @param workers how many, at least 1
 * @throws BadInput when the recording cannot be read
 */
export async function startReplayPool(settings: WorkerSettings, workers: number): Promise<ReplayPool> {
  const entry = new URL('./worker-entry.js', import.meta.url);
  const threads = Array.from({ length: workers }, () => new Worker(entry, { workerData: settings, execArgv: [] }));
  const idle = new Set<Worker>();
  let batch: Batch | null = null;
  let ended: Error | null = null;

  const end = (error: Error): void => {
    ended ??= error;
    batch?.reject(ended);
    batch = null;
    for (const thread of threads) void thread.terminate();
  };

  const hand = (thread: Worker): void => {
    if (batch === null || batch.next >= batch.replays.length) {
      idle.add(thread);
      return;
    }
    idle.delete(thread);
    const id = batch.next++;
    thread.postMessage({ id, replay: batch.replays[id]! } satisfies ToWorker, []);
  };

  const take = (thread: Worker, id: number, figures: ReplayFigures): void => {
    const current = batch!;
    current.figures[id] = figures;
    current.left -= 1;
    current.onDone(current.replays[id]!, figures);
    if (current.left === 0) {
      batch = null;
      current.resolve(current.figures);
    }
    hand(thread);
  };

  await Promise.all(
    threads.map(
      (thread) =>
        new Promise<void>((resolve, reject) => {
          thread.on('message', (message: FromWorker) => {
            if (message.kind === 'done') {
              if (ended === null) take(thread, message.id, message.figures);
            } else if (message.kind === 'ready') {
              idle.add(thread);
              resolve();
            } else {
              const error = message.isBadInput ? new BadInput(message.message) : new Error(message.message);
              reject(error);
              end(error);
            }
          });
          thread.on('error', (error) => {
            reject(error);
            end(error);
          });
        }),
    ),
  );

  return {
    workers,
    run: (replays, onDone) =>
      new Promise((resolve, reject) => {
        if (ended !== null) return reject(ended);
        if (replays.length === 0) return resolve([]);
        batch = { replays, figures: [], onDone, resolve, reject, next: 0, left: replays.length };
        for (const thread of idle) hand(thread);
      }),
    interrupt: () => end(new SearchInterrupted('the search was told to stop')),
    async close() {
      ended ??= new Error('the pool is closed');
      await Promise.all(threads.map((thread) => thread.terminate()));
    },
  };
}
