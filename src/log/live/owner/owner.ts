/** The work of the owner's thread: recovery, taking in, rotation, and the questions of the admin API. */
import { BadInput } from '../../../config/bad-input.ts';
import { createLogReader } from '../../log-reader.ts';
import { databaseSource, type LogSource } from '../../log-source.ts';
import { emptyManifest, readManifest, segmentSources, type Manifest } from '../manifest.ts';
import { createArrowStreams, type ArrowStreams } from './arrow-streams.ts';
import { createIngestion, SPOOL_CLEANER, type Ingestion, type SpoolDamage } from './ingest.ts';
import { openLiveDatabase, type LiveDatabase } from './live-database.ts';
import type { OwnerCalls, OwnerSettings, Recovery, ToOwner, WrittenPlace } from './owner-messages.ts';
import { createInputPortions, recentRequests, type InputPortions } from './owner-queries.ts';
import { applyRetention } from './retention.ts';
import { ADVICE_TO_SERVER, requireDatabase, requireManifest } from '../whole-folder.ts';
import { rotate, settleRotation, type RotationStep } from './rotate.ts';

export interface Owner {
  /** Takes in what an earlier run left behind; to be called first, once a run. */
  recover(): Promise<Recovery>;
  takeIn(place: WrittenPlace): Promise<void>;
  /** Bytes of spool taken in since the start of the run. */
  readonly takenBytes: number;
  perform(message: Extract<ToOwner, { readonly kind: 'call' }>): Promise<unknown>;
  /** Takes in everything up to the end of the spool, which is used up, and closes the database. */
  finish(place: WrittenPlace): Promise<void>;
  /** Lets go of a database in trouble; the next call opens it again. */
  abandon(): void;
}

/** Everything that is open while the database is. */
interface Opened {
  readonly database: LiveDatabase;
  readonly ingestion: Ingestion;
  readonly streams: ArrowStreams;
  readonly inputs: InputPortions;
  manifest: Manifest;
}

/** @throws BadInput when the folder cannot be used */
export async function createOwner(settings: OwnerSettings): Promise<Owner> {
  const { folder } = settings;
  let opened: Opened | null = await openAll(settings);
  /** Of databases that were given up. */
  let takenBefore = 0;

  const open = async (): Promise<Opened> => (opened ??= await openAll(settings));

  const close = (): void => {
    if (opened === null) return;
    takenBefore += opened.ingestion.bytes;
    opened.streams.closeAll();
    opened.inputs.close();
    opened.database.close();
    opened = null;
  };

  const closeSegment = async (all: Opened, nowMs: number): Promise<void> => {
    const onStep = (step: RotationStep): void => {
      if (step === settings.crashAt) process.kill(process.pid, 'SIGKILL');
    };
    const rotation = { folder, coreVersion: settings.coreVersion, nowMs, onStep };
    all.manifest = await rotate(all.database, all.manifest, rotation);
    all.ingestion.forgetDatabaseWords();
    await retain(all, nowMs);
  };

  const retain = async (all: Opened, nowMs: number): Promise<void> => {
    const limits = { days: settings.retentionDays, bytes: settings.retentionBytes };
    all.manifest = await applyRetention(folder, all.manifest, limits, nowMs);
  };

  const closeSegmentWhenDue = async (all: Opened): Promise<void> => {
    const { stagedBytes, stagedSinceMs } = all.database.state;
    const nowMs = Date.now();
    const isOld = stagedSinceMs !== null && nowMs - stagedSinceMs >= settings.rotateAgeMs;
    if (stagedBytes >= settings.rotateBytes || isOld) await closeSegment(all, nowMs);
  };

  return {
    async recover() {
      const all = await open();
      const damages = await all.ingestion.advance(Infinity, Infinity);
      await all.ingestion.finish();
      await retain(all, Date.now());
      await closeSegmentWhenDue(all);
      takenBefore = -all.ingestion.bytes;
      return recoveryOf(damages, all);
    },
    async takeIn({ file, offset }) {
      const all = await open();
      const damages = await all.ingestion.advance(file, offset);
      await closeSegmentWhenDue(all);
      // Written by us a moment ago, so the disk gives back what it was not given.
      if (damages.length > 0) throw new Error(warningOf(damages[0]!));
    },
    get takenBytes() {
      return takenBefore + (opened?.ingestion.bytes ?? 0);
    },
    async perform(message) {
      const all = await open();
      if (message.call !== 'rotate') return answer(message, folder, all);
      await closeSegment(all, Date.now());
      return null;
    },
    async finish({ file, offset }) {
      const all = await open();
      await all.ingestion.advance(file, offset);
      await all.ingestion.finish();
      close();
    },
    abandon() {
      try {
        close();
      } catch {
        opened = null;
      }
    },
  };
}

async function openAll(settings: OwnerSettings): Promise<Opened> {
  const { folder, coreVersion } = settings;
  const found = await readManifest(folder);
  // Numbers would begin anew without the database, and files that no list names would be taken for rubbish.
  if (found !== null) requireDatabase(folder, ADVICE_TO_SERVER);
  const database = await openLiveDatabase(folder, coreVersion);
  try {
    requireManifest(folder, found, database.state.generation, ADVICE_TO_SERVER);
    const manifest = found ?? emptyManifest(coreVersion);
    await settleRotation(database, manifest, folder);
    const ingestion = createIngestion(folder, database, SPOOL_CLEANER);
    return { database, ingestion, streams: createArrowStreams(), inputs: createInputPortions(), manifest };
  } catch (error) {
    database.close();
    throw error;
  }
}

function recoveryOf(damages: readonly SpoolDamage[], { ingestion, database }: Opened): Recovery {
  const count = (problem: SpoolDamage['problem']): number =>
    damages.reduce((sum, damage) => sum + (damage.problem === problem ? damage.records : 0), 0);
  return {
    nextSequence: database.state.nextSequence,
    recoveredRecords: ingestion.records,
    tornRecords: count('torn'),
    damagedRecords: count('damaged'),
    warnings: damages.map(warningOf),
    firstFile: database.state.spoolFile,
  };
}

function warningOf({ file, offset, problem, bytes }: SpoolDamage): string {
  return problem === 'torn'
    ? `spool file ${file}: the last write was cut short, ${bytes} bytes dropped that nobody was told are safe`
    : `spool file ${file}: damaged at byte ${offset}, ${bytes} bytes lost; it was kept with the ending .damaged`;
}

async function answer(
  message: Extract<ToOwner, { readonly kind: 'call' }>,
  folder: string,
  { database, streams, inputs, manifest }: Opened,
): Promise<OwnerCalls[keyof OwnerCalls]['result']> {
  const sources: LogSource[] = [...segmentSources(folder, manifest), databaseSource()];
  const facts = { coreVersion: manifest.coreVersion, notes: [], isHeld: false, close: () => undefined };
  // What goes wrong is told over HTTP, where the paths of this machine are nobody's business.
  const reader = createLogReader('the decision log', database.file, sources, facts);
  switch (message.call) {
    case 'explain': {
      // It comes with the whole core: only who is asked waits for it to load, and no server that starts.
      const { explainRequest, UnknownRequest } = await import('../../explain-request.ts');
      return explainRequest(reader, message.params.requestId).catch((error: unknown) => {
        // Only a request that nobody knows is the asker's mistake; a log that cannot be read is not.
        if (error instanceof BadInput && !(error instanceof UnknownRequest)) throw new Error(error.message);
        throw error;
      });
    }
    case 'recent':
      return recentRequests(database.file, sources, message.params.count);
    case 'openArrow':
      return streams.open(database.file, sources, message.params);
    case 'nextArrow':
      return streams.next(message.params.stream);
    case 'closeArrow':
      streams.close(message.params.stream);
      return null;
    case 'lastSnapshot':
      return reader.lastSnapshot();
    case 'inputs':
      return inputs.take(reader, message.params.fromSequence);
    case 'catchUp':
    case 'close':
    case 'rotate':
      throw new BadInput(`${message.call} is not a question`);
  }
}
