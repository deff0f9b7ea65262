/**
 * Whether all files of a live log's folder are there. The list of segments names their files, and the database says
 * how many segments were closed and where in the spool it stands, so a file that somebody took away is noticed.
 */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { BadInput } from '../../config/bad-input.ts';
import type { Manifest } from './manifest.ts';
import { DATABASE_NAME, MANIFEST_NAME, spoolPath } from './spool-files.ts';

/** What a reader of a log can do about a file that is gone. */
export const ADVICE_TO_READER = 'put it back from a copy of the folder';
/** And a server, which could also begin anew. */
export const ADVICE_TO_SERVER = `${ADVICE_TO_READER}, or name another folder for the log`;

/** @throws BadInput when the database is missing; to be asked only of a folder that has closed a segment */
export function requireDatabase(folder: string, advice: string): void {
  const path = join(folder, DATABASE_NAME);
  if (existsSync(path)) return;
  throw new BadInput(`${path}: is missing, and with it the rows that are in no closed segment; ${advice}`);
}

/**
 * @param manifest null when the folder has none
 * @param generation of the database: so many segments were closed before its rows
 * @throws BadInput when the list of segments is missing, or one of the two is older than the other
 */
export function requireManifest(folder: string, manifest: Manifest | null, generation: number, advice: string): void {
  const path = join(folder, MANIFEST_NAME);
  if (manifest === null) {
    if (generation === 0) return;
    throw new BadInput(`${path}: is missing, although ${generation} segments were closed; ${advice}`);
  }
  // A rotation that was cut short has named its segment, and not yet emptied the database.
  const isOlder = generation > manifest.lastGeneration + 1;
  const isNewer = generation < manifest.lastGeneration;
  if (!isOlder && !isNewer) return;
  const place = isOlder ? path : join(folder, DATABASE_NAME);
  const other = isOlder ? DATABASE_NAME : MANIFEST_NAME;
  throw new BadInput(`${place}: is older than ${other}, so segments are missing between them; ${advice}`);
}

/** @throws BadInput naming the first file of a segment that is missing or not as long as it was written */
export function requireSegments(folder: string, { generations }: Manifest): void {
  for (const { path: name, bytes } of generations.flatMap(({ files }) => files)) {
    const path = join(folder, name);
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) throw missingSegmentFile(path);
    if (found.size === bytes) continue;
    throw new BadInput(
      `${path}: has ${found.size} bytes, but ${MANIFEST_NAME} says ${bytes}: it was damaged; ${ADVICE_TO_READER}`,
    );
  }
}

/** @throws BadInput when the file with the policies of all segments is missing */
export function requirePolicies(folder: string, { policies }: Manifest): void {
  if (policies === null || existsSync(join(folder, policies))) return;
  throw missingSegmentFile(join(folder, policies));
}

/** @throws BadInput when the database stands inside of a spool file that is not there */
export function requireSpool(folder: string, file: number, offset: number): void {
  const path = spoolPath(folder, file);
  if (offset === 0 || existsSync(path)) return;
  throw new BadInput(
    `${path}: is missing, and with it what the server had not yet put into ${DATABASE_NAME}; ${ADVICE_TO_READER}`,
  );
}

function missingSegmentFile(path: string): BadInput {
  return new BadInput(`${path}: is missing, although ${MANIFEST_NAME} names it; ${ADVICE_TO_READER}`);
}
