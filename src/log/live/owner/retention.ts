import { writeManifest, type Generation, type Manifest } from '../manifest.ts';
import { removeFile } from './rotate.ts';

const MS_PER_DAY = 86_400_000;

export interface RetentionLimits {
  /** Segments closed longer ago go; null keeps them. */
  readonly days: number | null;
  /** When all segments together are larger, the oldest go; null keeps them. */
  readonly bytes: number | null;
}

/** The generations that have to go, oldest first. */
export function outdated(
  generations: readonly Generation[],
  limits: RetentionLimits,
  nowMs: number,
): readonly Generation[] {
  let bytes = generations.reduce((sum, generation) => sum + sizeOf(generation), 0);
  let count = 0;
  for (const generation of generations) {
    const isOld = limits.days !== null && generation.closedAtMs < nowMs - limits.days * MS_PER_DAY;
    const isTooMuch = limits.bytes !== null && bytes > limits.bytes;
    if (!isOld && !isTooMuch) break;
    bytes -= sizeOf(generation);
    count += 1;
  }
  return generations.slice(0, count);
}

/** Deletes what the limits do not allow any more; first from the manifest, then from the disk. */
export async function applyRetention(
  folder: string,
  manifest: Manifest,
  limits: RetentionLimits,
  nowMs: number,
): Promise<Manifest> {
  const gone = outdated(manifest.generations, limits, nowMs);
  if (gone.length === 0) return manifest;
  const next = { ...manifest, generations: manifest.generations.slice(gone.length) };
  await writeManifest(folder, next);
  for (const { files } of gone) {
    for (const { path } of files) await removeFile(folder, path);
  }
  return next;
}

function sizeOf({ files }: Generation): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}
