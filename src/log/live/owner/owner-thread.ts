/**
 * The one thread that opens the database of a live log. It is told how far the spool is written, takes that in, and
 * answers questions. One thing is done at a time, in the order in which it was asked for.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { BadInput } from '../../../config/bad-input.ts';
import { createOwner, type Owner } from './owner.ts';
import type { FromOwner, OwnerSettings, ToOwner, WrittenPlace } from './owner-messages.ts';

const RETRY_MS = 2_000;
/** How often the age of the rows is looked at. */
const TICK_MS = 1_000;

const port = parentPort!;
const settings = workerData as OwnerSettings;

let owner: Owner | null = null;
let written: WrittenPlace | null = null;
let isIngesting = false;
let hasTrouble = false;
let line: Promise<void> = Promise.resolve();

/** Does `work` after all that was asked for before. */
function inLine<T>(work: () => Promise<T>): Promise<T> {
  const result = line.then(work);
  line = result.then(
    () => undefined,
    () => undefined,
  );
  return result;
}

function say(message: FromOwner, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}

/** Brings the database up to what was written. A database in trouble is closed, opened again and tried again. */
async function takeIn(place: WrittenPlace): Promise<void> {
  try {
    owner ??= await createOwner(settings);
    await owner.takeIn(place);
    say({ kind: 'committed', totalBytes: owner.takenBytes });
    if (hasTrouble) say({ kind: 'trouble', message: null });
    hasTrouble = false;
  } catch (error) {
    hasTrouble = true;
    owner?.abandon();
    say({ kind: 'trouble', message: `the database of the log cannot be written: ${messageOf(error)}` });
    throw error;
  }
}

function ingestSoon(): void {
  if (isIngesting || written === null) return;
  isIngesting = true;
  void inLine(async () => {
    isIngesting = false;
    await takeIn(written!);
  }).catch(() => setTimeout(ingestSoon, RETRY_MS).unref());
}

async function answer(message: Extract<ToOwner, { readonly kind: 'call' }>): Promise<void> {
  const { id } = message;
  try {
    const value = await inLine(() => perform(message));
    const bytes = value instanceof Uint8Array ? [value.buffer as ArrayBuffer] : [];
    say({ kind: 'reply', id, value }, bytes);
  } catch (error) {
    say({ kind: 'refusal', id, message: messageOf(error), isBadInput: error instanceof BadInput });
  }
  if (message.call === 'close') {
    clearInterval(ticking);
    port.close();
  }
}

async function perform(message: Extract<ToOwner, { readonly kind: 'call' }>): Promise<unknown> {
  if (message.call === 'catchUp') {
    await takeIn(message.params);
    return null;
  }
  if (message.call === 'close') {
    try {
      owner ??= await createOwner(settings);
      await owner.finish(message.params);
    } finally {
      owner?.abandon();
    }
    return null;
  }
  if (owner === null) throw new Error('the database of the log is out of reach at present');
  return owner.perform(message);
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}

port.on('message', (message: ToOwner) => {
  if (message.kind === 'call') {
    void answer(message);
    return;
  }
  written = message;
  ingestSoon();
});

const ticking = setInterval(ingestSoon, TICK_MS);

await inLine(async () => {
  try {
    owner = await createOwner(settings);
    say({ kind: 'ready', recovery: await owner.recover() });
  } catch (error) {
    owner?.abandon();
    say({ kind: 'unusable', message: messageOf(error), isBadInput: error instanceof BadInput });
    clearInterval(ticking);
    port.close();
  }
});
