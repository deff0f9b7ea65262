/** Reads the body of a call. */
import type { IncomingMessage } from 'node:http';
import { errorCodes, type FastifyRequest } from 'fastify';

type Done = (error: Error | null, body?: Buffer) => void;

/**
 * As Fastify's own reading into a buffer, its errors too, but for this: a body that came in one piece is taken as it is.
 * Node hands each piece over for good, so there is nothing that it would have to be copied for; of prompts of some dozens
 * of kilobytes the copy would be among the dearest things that happen to them here.
 *
 * @param done is called once, with `FST_ERR_CTP_BODY_TOO_LARGE` (413) or the error of a broken connection (400)
 */
export function readBody({ headers, routeOptions }: FastifyRequest, payload: IncomingMessage, done: Done): void {
  const { bodyLimit } = routeOptions;
  if (Number(headers['content-length']) > bodyLimit) done(new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE());
  else new BodyReader(bodyLimit, done).read(payload);
}

class BodyReader {
  private readonly bytesMax: number;
  /** Null once it was called. */
  private done: Done | null;
  private pieces: Buffer[] = [];
  private bytes = 0;

  constructor(bytesMax: number, done: Done) {
    this.bytesMax = bytesMax;
    this.done = done;
  }

  /** No listener is taken away: they go with the call, and taking away costs as much as setting. */
  read(payload: IncomingMessage): void {
    payload.on('data', (piece: Buffer) => this.take(piece));
    payload.on('end', () => this.end(null, this.pieces.length === 1 ? this.pieces[0]! : Buffer.concat(this.pieces)));
    payload.on('error', (error) => this.end(Object.assign(error, { statusCode: 400 })));
  }

  private take(piece: Buffer): void {
    if (this.done === null) return;
    this.bytes += piece.length;
    if (this.bytes > this.bytesMax) this.end(new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE());
    else this.pieces.push(piece);
  }

  private end(error: Error | null, body?: Buffer): void {
    const { done } = this;
    this.done = null;
    this.pieces = [];
    done?.(error, body);
  }
}
