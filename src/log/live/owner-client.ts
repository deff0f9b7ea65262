/** The owner's thread as the thread that serves requests sees it. */
import { Worker } from 'node:worker_threads';
import { BadInput } from '../../config/bad-input.ts';
import { OwnerPatience } from './owner-patience.ts';
import type { FromOwner, OwnerCalls, OwnerSettings, Recovery, ToOwner, WrittenPlace } from './owner/owner-messages.ts';

/** How often it is considered whether to tell the owner how far the spool is written, ms. */
const TELL_MS = 200;
/** Questions that may wait for the owner at a time. */
const CALLS_MAX = 256;

export interface OwnerClient {
  readonly recovery: Recovery;
  /** Tells the owner, now or soon, how far the spool is written. */
  written(file: number, offset: number): void;
  call<K extends keyof OwnerCalls>(call: K, params: OwnerCalls[K]['params']): Promise<OwnerCalls[K]['result']>;
  /** Lets the owner take in everything up to there, and ends its thread. */
  close(place: WrittenPlace): Promise<void>;
}

export interface OwnerEvents {
  /** So many bytes of all that was written are in the database. */
  onCommitted(totalBytes: number): void;
  /** The database cannot be written; null when it can again. */
  onTrouble(message: string | null): void;
}

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Starts the owner and waits until it has recovered what the last run left behind.
 *
 * @param patienceBytes spool that may wait while this thread is busy
 * @throws BadInput when the folder cannot be used
 */
export async function startOwner(
  settings: OwnerSettings,
  events: OwnerEvents,
  patienceBytes: number,
): Promise<OwnerClient> {
  const worker = new Worker(new URL('./owner/owner-entry.js', import.meta.url), { workerData: settings, execArgv: [] });
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  let place: WrittenPlace | null = null;
  const patience = new OwnerPatience(patienceBytes);
  let timer: NodeJS.Timeout | null = null;
  let ended: Error | null = null;

  const tell = (): void => {
    timer = null;
    if (place === null || ended !== null) return;
    if (!patience.isDue()) {
      timer = setTimeout(tell, TELL_MS);
      return;
    }
    worker.postMessage({ kind: 'written', ...place } satisfies ToOwner, []);
  };

  const end = (error: Error): void => {
    ended ??= error;
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
  };

  const ready = new Promise<Recovery>((resolve, reject) => {
    worker.on('message', (message: FromOwner) => {
      if (message.kind === 'ready') resolve(message.recovery);
      else if (message.kind === 'unusable') reject(errorOf(message));
      else if (message.kind === 'committed') events.onCommitted(message.totalBytes);
      else if (message.kind === 'trouble') events.onTrouble(message.message);
      else settle(waiting, message);
    });
    worker.on('error', (error) => {
      reject(error);
      events.onTrouble(`the owner of the log has died: ${error.message}`);
      end(error);
    });
    worker.on('exit', () => end(new Error('the owner of the log has ended')));
  });

  const call: OwnerClient['call'] = (name, params) => {
    if (ended !== null) return Promise.reject(ended);
    if (waiting.size >= CALLS_MAX) {
      return Promise.reject(new BadInput(`${CALLS_MAX} questions wait for the log already; ask again later`));
    }
    lastId += 1;
    const id = lastId;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      worker.postMessage({ kind: 'call', id, call: name, params } as ToOwner, []);
    });
  };

  const recovery = await ready;
  return {
    recovery,
    written(file, offset) {
      patience.written(place?.file === file ? offset - place.offset : offset);
      place = { file, offset };
      timer ??= setTimeout(tell, TELL_MS);
    },
    call,
    async close(last) {
      if (timer !== null) clearTimeout(timer);
      const exited = new Promise<void>((resolve) => {
        worker.once('exit', () => resolve());
      });
      try {
        if (ended === null) await call('close', last);
      } finally {
        if (ended === null) await exited;
      }
    },
  };
}

function settle(
  waiting: Map<number, Waiting>,
  message: Extract<FromOwner, { readonly kind: 'reply' | 'refusal' }>,
): void {
  const found = waiting.get(message.id);
  waiting.delete(message.id);
  if (message.kind === 'reply') found?.resolve(message.value as never);
  else found?.reject(errorOf(message));
}

function errorOf({ message, isBadInput }: { readonly message: string; readonly isBadInput: boolean }): Error {
  return isBadInput ? new BadInput(message) : new Error(message);
}
