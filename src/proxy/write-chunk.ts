/**
 * Writes a piece of a stream to a client. Node's own `response.write` hands the socket a chunk in four pieces, one
 * turn of the event loop later; for the short events of a chat that is most of what a relayed chunk costs. Here a
 * short chunk goes out framed (RFC 9112, section 7.1) and in one piece.
 */
import type { ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';

/** Longer ones are not copied. */
const FRAMED_BYTES_MAX = 8_192;
const CR = 0x0d;
const LF = 0x0a;

/**
 * @param response its head has been written
 * @returns null; or, when the client is slower than what comes, whose `drain` event to wait for
 */
export function writeChunk(response: ServerResponse, chunk: Buffer): Writable | null {
  const { socket } = response;
  // Without chunks: a client of HTTP/1.0. Without a socket: a client that has left, or asks ahead of its turn.
  const isPlain = socket === null || !response.chunkedEncoding || chunk.length > FRAMED_BYTES_MAX || chunk.length === 0;
  if (isPlain) return response.write(chunk) ? null : response;
  return socket.write(framed(chunk)) ? null : socket;
}

/** The length in hexadecimal digits, a line end, the bytes, a line end. */
function framed(chunk: Buffer): Buffer {
  const { length } = chunk;
  const digits = length < 0x10 ? 1 : length < 0x100 ? 2 : length < 0x1000 ? 3 : 4;
  const frame = Buffer.allocUnsafe(digits + 4 + length);
  for (let at = digits - 1, rest = length; at >= 0; at--, rest >>>= 4) {
    const digit = rest & 0xf;
    frame[at] = digit < 10 ? 0x30 + digit : 0x57 + digit;
  }
  frame[digits] = CR;
  frame[digits + 1] = LF;
  frame.set(chunk, digits + 2);
  frame[digits + 2 + length] = CR;
  frame[digits + 3 + length] = LF;
  return frame;
}
