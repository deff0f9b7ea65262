/**
 * Where server-sent events end: at an empty line, with lines ended by LF, CR LF or CR (WHATWG HTML, section
 * 9.2.6). All positions are in bytes; ends are exclusive.
 */

const LF = 0x0a;
const CR = 0x0d;

/** No end of an event has more line-ending bytes than CR LF CR LF. */
export const BOUNDARY_BYTES_MAX = 4;

/**
 * The end of the last event that is over, looking no further back than `from`; -1 when there is none. A CR at the
 * very end is not trusted, as it may be half of a CR LF.
 */
export function lastEventEnd(bytes: Uint8Array, from: number, end: number): number {
  for (let last = end - 1; last > from; last--) {
    const byte = bytes[last];
    if (byte !== LF && byte !== CR) continue;
    if (byte === CR && (last === end - 1 || bytes[last + 1] === LF)) continue;
    const before = byte === LF && bytes[last - 1] === CR ? last - 2 : last - 1;
    if (before >= from && isLineEnd(bytes[before])) return last + 1;
  }
  return -1;
}

/** The end of the first event from `from` on, or `end` when none is over. */
export function firstEventEnd(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end) {
    if (!isLineEnd(bytes[at])) {
      at++;
      continue;
    }
    const next = afterLineEnd(bytes, at);
    if (next < end && isLineEnd(bytes[next])) return Math.min(end, afterLineEnd(bytes, next));
    at = next;
  }
  return end;
}

/** The first byte from `from` on that ends no line: empty lines before an event belong to nobody. */
export function eventStart(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && isLineEnd(bytes[at])) at++;
  return at;
}

function afterLineEnd(bytes: Uint8Array, at: number): number {
  return bytes[at] === CR && bytes[at + 1] === LF ? at + 2 : at + 1;
}

function isLineEnd(byte: number | undefined): boolean {
  return byte === LF || byte === CR;
}
