/** The decision log of a live proxy: crash-safe, in a folder of its own. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BadInput } from '../../config/bad-input.ts';
import { makeOutputFolder, removeEmptyFolders } from '../../config/output-folder.ts';
import { CORE_VERSION, type Router } from '../../router/index.ts';
import type { RequestExplanation } from '../explain-request.ts';
import type { LogRecorder } from '../recorder.ts';
import type { FollowedRequest, PolicyWords } from '../request-follower.ts';
import type { RowSelection } from '../row-selection.ts';
import { holdFolder, releaseFolder } from './held-folders.ts';
import { createLiveRecorder } from './live-recorder.ts';
import { startOwner, type OwnerClient } from './owner-client.ts';
import type { RecentRequests, Recovery } from './owner/owner-messages.ts';
import type { RotationStep } from './owner/rotate.ts';
import { rebuildRouter } from './rebuild-router.ts';
import { DISK, type SpoolDevice } from './spool-device.ts';
import { SPOOL_FOLDER } from './spool-files.ts';
import { SpoolWriter, type Flushed, type SpoolHealth } from './spool-writer.ts';

const MEBIBYTE = 1024 * 1024;
/** Spool that may wait for a calm moment before the database takes it in: some seconds of a proxy that is saturated. */
const PUT_OFF_BYTES_MAX = 128 * MEBIBYTE;

export interface LiveLogOptions {
  /** What the proxy does while the log cannot be written: `flushed` then calls back without or with an error. */
  readonly onFailure?: 'serve' | 'refuse';
  /** Wait for the disk itself, not only for the operating system: survives a power cut. */
  readonly fsync?: boolean;
  /** As in `createRecorder`; null: sessions are hashed already. */
  readonly sessionSalt?: string | null;
  /** A segment is closed after so many bytes of spool, */
  readonly rotateBytes?: number;
  /** or when its first row is this old, ms. */
  readonly rotateAgeMs?: number;
  /** Segments closed longer ago are deleted; null keeps them. */
  readonly retentionDays?: number | null;
  /** When the segments are larger together, the oldest are deleted; null keeps them. */
  readonly retentionBytes?: number | null;
  /** Size of one spool file. */
  readonly spoolFileBytes?: number;
  /** Spool that may wait for the database; beyond it the log counts as failing. */
  readonly spoolBytesMax?: number;
  /** What may wait in memory for the disk. */
  readonly pendingBytesMax?: number;
  /** Records that nobody waits for are written after so long, ms. */
  readonly lazyMs?: number;
  /** Time between tries while the disk fails, ms. */
  readonly retryMs?: number;
  /**
   * The log takes records again after it had to drop some. The driver is to record, at once and before it returns, a
   * `configure` with `start: 'restored'` and the router's snapshot, both with its next sequence: what follows can then
   * be verified in spite of the gap.
   */
  readonly onResumed?: () => void;
  /** For tests: what the spool is written to. */
  readonly device?: SpoolDevice;
  /** For tests: the process kills itself when a rotation has come this far. */
  readonly crashAt?: RotationStep | null;
}

/** What a live log says of itself; reading it costs nothing. */
export interface LiveLogHealth extends SpoolHealth {
  /** The database cannot take rows at present; the spool keeps them. */
  readonly databaseTrouble: string | null;
}

/** What was rebuilt from the log. */
export interface RebuiltRouter {
  readonly router: Router;
  /** Time of the last input, ms: the clock given to the router must never be before it. */
  readonly latestMs: number;
  /** Requests that were open when the last run ended; nobody waits for them any more. */
  readonly openRequests: readonly FollowedRequest[];
  /** Under what names the policy of its canary is logged; null without a canary. */
  readonly canaryWords: PolicyWords | null;
}

export interface LiveLog extends LogRecorder {
  readonly folder: string;
  /** What was found at the start. */
  readonly recovered: Recovery;
  /**
   * The router as the last run left it: the last snapshot and all inputs since, replayed. To be called before anything
   * is recorded. Null when the log is new, or does not say (a warning is then added to the reason).
   */
  rebuildRouter(): Promise<{ readonly rebuilt: RebuiltRouter | null; readonly reason: string | null }>;
  /** Settles when everything recorded so far is in the spool file. Rejects while failing with `onFailure: 'refuse'`. */
  flushed(): Promise<void>;
  /** The same for hot paths. The callback may be called before this returns. */
  whenFlushed(flushed: Flushed): void;
  health(): LiveLogHealth;
  /** All that is known of a request. @throws BadInput when that is nothing */
  explain(requestId: string): Promise<RequestExplanation>;
  /** The last requests, newest first, at most 1000. */
  recent(count: number): Promise<RecentRequests>;
  /** Rows as an Arrow IPC stream. Nothing is read ahead, so whoever reads slowly is waited for. */
  arrow(selection: RowSelection): AsyncGenerator<Uint8Array>;
  /** Closes a segment now. */
  rotate(): Promise<void>;
  /** Takes everything into the database and lets go of the folder. */
  close(): Promise<void>;
  /** Closes a log for which there was no use after all: a folder that was made for it goes again, with all in it. */
  discard(): Promise<void>;
}

/**
 * Opens a live log in a folder, which is made when it is missing, and recovers what a killed server left behind.
 *
 * @throws BadInput when the folder cannot be made or another server holds it
 */
export async function openLiveLog(folder: string, options: LiveLogOptions = {}): Promise<LiveLog> {
  const made = await makeOutputFolder(folder);
  await mkdir(join(folder, SPOOL_FOLDER), { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    throw new BadInput(`${folder}: cannot be used for the log (${error.code}); name another folder`);
  });
  holdFolder(folder);
  try {
    return await openHeld(folder, made, options);
  } catch (error) {
    releaseFolder(folder);
    await removeMade(folder, made);
    throw error;
  }
}

/** @param made the folders that did not exist before, the log's own being the last */
async function removeMade(folder: string, made: readonly string[]): Promise<void> {
  if (made.length === 0) return;
  await rm(folder, { recursive: true, force: true });
  await removeEmptyFolders(made.slice(0, -1));
}

async function openHeld(folder: string, made: readonly string[], options: LiveLogOptions): Promise<LiveLog> {
  let databaseTrouble: string | null = null;
  // Committed bytes are only told after something was written, so the writer is there by then.
  let writer: SpoolWriter | null = null;
  const spoolBytesMax = options.spoolBytesMax ?? 1_024 * MEBIBYTE;
  const owner = await startOwner(
    {
      folder,
      coreVersion: CORE_VERSION,
      rotateBytes: options.rotateBytes ?? 128 * MEBIBYTE,
      rotateAgeMs: options.rotateAgeMs ?? 3_600_000,
      retentionDays: options.retentionDays ?? null,
      retentionBytes: options.retentionBytes ?? null,
      crashAt: options.crashAt ?? null,
    },
    {
      onCommitted: (totalBytes) => writer?.committed(totalBytes),
      onTrouble: (message) => {
        databaseTrouble = message;
      },
    },
    Math.min(PUT_OFF_BYTES_MAX, spoolBytesMax / 4),
  );
  writer = new SpoolWriter({
    folder,
    firstFile: owner.recovery.firstFile,
    device: options.device ?? DISK,
    fileBytesMax: options.spoolFileBytes ?? 64 * MEBIBYTE,
    pendingBytesMax: options.pendingBytesMax ?? 16 * MEBIBYTE,
    spoolBytesMax,
    lazyMs: options.lazyMs ?? 20,
    retryMs: options.retryMs ?? 500,
    fsync: options.fsync ?? false,
    onFailure: options.onFailure ?? 'serve',
    onWritten: (file, offset) => owner.written(file, offset),
    onResumed: options.onResumed ?? (() => undefined),
  });
  return liveLog(folder, made, options, writer, owner, () => databaseTrouble);
}

function liveLog(
  folder: string,
  made: readonly string[],
  options: LiveLogOptions,
  writer: SpoolWriter,
  owner: OwnerClient,
  databaseTrouble: () => string | null,
): LiveLog {
  const { follower, ...recorder } = createLiveRecorder(writer, options.sessionSalt ?? null);
  let closing: Promise<void> | null = null;

  /** A question is answered from everything that was recorded before it was asked. */
  const caughtUp = async (): Promise<void> => {
    await new Promise<void>((resolve) => {
      writer.whenFlushed(() => resolve());
    });
    const { file, offset } = writer.position;
    await owner.call('catchUp', { file, offset });
  };

  const close = async (): Promise<void> => {
    await writer.close();
    const { file, offset } = writer.position;
    try {
      await owner.close({ file, offset });
    } finally {
      releaseFolder(folder);
    }
  };

  return {
    ...recorder,
    folder,
    recovered: owner.recovery,
    async rebuildRouter() {
      const { replay, latestMs, reason } = await rebuildRouter(folder, owner);
      if (replay === null || replay.router === null) return { rebuilt: null, reason };
      follower.takeOver(replay.follower);
      return {
        rebuilt: {
          router: replay.router,
          latestMs,
          openRequests: [...follower.open.values()],
          canaryWords: follower.run?.canary ?? null,
        },
        reason,
      };
    },
    flushed: () =>
      new Promise((resolve, reject) => {
        writer.whenFlushed((trouble) => {
          if (trouble === null) resolve();
          else reject(trouble);
        });
      }),
    whenFlushed: (flushed) => writer.whenFlushed(flushed),
    health: () => ({ ...writer.health, databaseTrouble: databaseTrouble() }),
    async explain(requestId) {
      await caughtUp();
      return owner.call('explain', { requestId });
    },
    async recent(count) {
      await caughtUp();
      return owner.call('recent', { count });
    },
    async *arrow(selection) {
      await caughtUp();
      const stream = await owner.call('openArrow', selection);
      try {
        for (;;) {
          const piece = await owner.call('nextArrow', { stream });
          if (piece === null) return;
          yield piece;
        }
      } finally {
        await owner.call('closeArrow', { stream }).catch(() => undefined);
      }
    },
    async rotate() {
      await caughtUp();
      await owner.call('rotate', null);
    },
    close: () => (closing ??= close()),
    async discard() {
      await (closing ??= close());
      await removeMade(folder, made);
    },
  };
}
