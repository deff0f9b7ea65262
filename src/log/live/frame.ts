import { crc32 } from 'node:zlib';
import type { BatchBuffer } from './batch-buffer.ts';
import { FRAME_BYTES_MAX, FRAME_HEADER_BYTES } from './spool-format.ts';

/** Fills in the header of the frame that stands in `batch`. */
export function sealFrame(batch: BatchBuffer, records: number): void {
  const body = batch.bytes.subarray(FRAME_HEADER_BYTES, batch.length);
  batch.patchU32(0, body.length);
  batch.patchU32(4, crc32(body));
  batch.patchU32(8, records);
}

/** What stands at a place of a spool file. */
export type FoundFrame =
  | { readonly kind: 'frame'; readonly bodyStart: number; readonly bodyEnd: number; readonly records: number }
  /** The bytes end before the frame does; `needed` is how many it has, as far as one can tell. */
  | { readonly kind: 'incomplete'; readonly needed: number; readonly records: number }
  /** The bytes are there but were never written like this. */
  | { readonly kind: 'damaged' };

/** Looks for a frame at `offset` of `bytes`. */
export function findFrame(bytes: Buffer, offset: number): FoundFrame {
  const available = bytes.length - offset;
  if (available < FRAME_HEADER_BYTES) return { kind: 'incomplete', needed: FRAME_HEADER_BYTES, records: 1 };
  const length = bytes.readUInt32LE(offset);
  const records = bytes.readUInt32LE(offset + 8);
  if (length === 0 || length > FRAME_BYTES_MAX) return { kind: 'damaged' };
  const needed = FRAME_HEADER_BYTES + length;
  if (available < needed) return { kind: 'incomplete', needed, records };
  const bodyStart = offset + FRAME_HEADER_BYTES;
  const bodyEnd = bodyStart + length;
  if (crc32(bytes.subarray(bodyStart, bodyEnd)) !== bytes.readUInt32LE(offset + 4)) return { kind: 'damaged' };
  return { kind: 'frame', bodyStart, bodyEnd, records };
}
