/** A server kills itself at a step of a rotation; what its folder then says, before and after another server was there. */
import { readdir, readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { openLiveLog } from '../../../src/log/live/live-log.ts';
import type { Manifest } from '../../../src/log/live/manifest.ts';
import type { RotationStep } from '../../../src/log/live/owner/rotate.ts';
import { openLog } from '../../../src/log/log-reader.ts';
import type { ParityResult } from '../../../src/log/parity.ts';
import { killedRun } from './kill-rounds.ts';
import { readWhole, verify } from './live-rows.ts';

export interface CrashedRotation {
  /** Ends of attempts that the server had acknowledged. */
  readonly acknowledged: number;
  readonly inputs: number;
  /** Whether the inputs are there once each and in order, as a reader finds them before any other server. */
  readonly isInOrder: boolean;
  /** Whether a reader finds the same inputs and decisions after another server was there. */
  readonly isKept: boolean;
  /** Requests with an acknowledged end, and those of them that have an outcome. */
  readonly requests: number;
  readonly requestsWithOutcome: number;
  /** Outcomes of a sequence that another outcome has, too. */
  readonly doubledOutcomes: number;
  readonly parity: ParityResult;
  /** Files of segments: those that the list names, and those that there are. */
  readonly named: readonly string[];
  readonly found: readonly string[];
}

const OPTIONS = { rotateBytes: 150_000 };

/** @param pauseMs as in the orders of the victim: with a pause it comes to its rotation with fewer rows */
export async function crashWhileRotating(
  folder: string,
  crashAt: RotationStep,
  pauseMs: number,
): Promise<CrashedRotation> {
  const acknowledged = await killedRun({ folder, options: { ...OPTIONS, crashAt }, pauseMs }, null);
  const before = await readWhole(folder);
  const log = await openLiveLog(folder, OPTIONS);
  await log.close();
  const after = await readWhole(folder);
  const reader = await openLog(folder);
  const outcomes = await reader.outcomesOf(...acknowledged);
  reader.close();
  return {
    acknowledged: acknowledged.length,
    inputs: before.inputs.length,
    isInOrder: before.inputs.every(({ sequence }, index) => sequence === index),
    isKept:
      isDeepStrictEqual(after.inputs, before.inputs) &&
      isDeepStrictEqual(after.decisions.slice(0, before.decisions.length), before.decisions),
    requests: new Set(acknowledged).size,
    requestsWithOutcome: new Set(outcomes.map(({ request_id: id }) => id)).size,
    doubledOutcomes: outcomes.length - new Set(outcomes.map(({ sequence }) => sequence)).size,
    parity: await verify(folder),
    named: await namedFiles(folder),
    found: await foundFiles(folder),
  };
}

async function namedFiles(folder: string): Promise<string[]> {
  const { generations } = JSON.parse(await readFile(`${folder}/segments.json`, 'utf8')) as Manifest;
  return generations.flatMap(({ files }) => files.map(({ path }) => path)).sort();
}

async function foundFiles(folder: string): Promise<string[]> {
  const names = await readdir(`${folder}/segments`, { recursive: true });
  return names
    .filter((name) => name.includes('day=') && name.includes('.parquet'))
    .map((name) => `segments/${name}`)
    .sort();
}
