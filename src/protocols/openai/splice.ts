/** Changes of a body that leave all other bytes as they are. */

/** Replace `body[start, end)` by `by`. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly by: string;
}

export type Allocate = (bytes: number) => Buffer;

/**
 * The bytes with the edits made; `body` itself when they change nothing.
 *
 * @param edits in order of position, not overlapping
 * @param allocate makes a buffer of so many bytes; it is written over from end to end
 */
export function splice(body: Buffer, edits: readonly Edit[], allocate: Allocate = allocateAnew): Buffer {
  let length = body.length;
  let isChanged = false;
  for (const { start, end, by } of edits) {
    const grown = Buffer.byteLength(by) - (end - start);
    length += grown;
    isChanged ||= grown !== 0 || body.toString('utf8', start, end) !== by;
  }
  if (!isChanged) return body;
  const spliced = allocate(length);
  let copied = 0;
  let at = 0;
  for (const { start, end, by } of edits) {
    at += body.copy(spliced, at, copied, start);
    at += spliced.write(by, at);
    copied = end;
  }
  body.copy(spliced, at, copied);
  return spliced;
}

function allocateAnew(bytes: number): Buffer {
  return Buffer.allocUnsafe(bytes);
}
