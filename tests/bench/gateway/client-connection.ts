/** One keep-alive connection of the load generator: raw, because a full HTTP client would cost as much as the gateway. */
import { connect, type Socket } from 'node:net';

/** Who sends requests on a connection. Each response is told as one `firstByte`, then `events`, then `ended`. */
export interface Caller {
  /** The first byte of a body. */
  firstByte(): void;
  /** So many server-sent events have come with one read. */
  events(count: number): void;
  ended(): void;
  /** Not a whole answer with status 200. */
  failed(reason: string): void;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const LENGTH = /content-length: *(\d+)/i;
const LAST_CHUNK = Buffer.from('0\r\n\r\n');
const EVENT_START = 'data: ';
const STATUS_AT = 9;

export class ClientConnection {
  caller: Caller | null = null;
  private readonly socket: Socket;
  private held: Buffer | null = null;
  /** Of the body at hand: bytes to come; -1 while the head is awaited, Infinity when it is chunked. */
  private left = -1;
  private hasBody = false;

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.on('data', (chunk) => this.take(chunk));
    this.socket.on('error', () => this.socket.destroy());
    this.socket.on('close', () => this.caller?.failed('closed'));
  }

  /** @param request a whole one; the answer before it must have ended */
  send(request: Buffer, caller: Caller): void {
    this.caller = caller;
    this.socket.write(request);
  }

  get isOpen(): boolean {
    return !this.socket.destroyed;
  }

  close(): void {
    this.caller = null;
    this.socket.destroy();
  }

  private take(chunk: Buffer): void {
    let bytes = chunk;
    if (this.left < 0) {
      bytes = this.held === null ? chunk : Buffer.concat([this.held, chunk]);
      const headEnd = bytes.indexOf(HEAD_END);
      if (headEnd < 0) {
        this.held = bytes;
        return;
      }
      this.held = null;
      const head = bytes.toString('latin1', 0, headEnd);
      if (!head.startsWith('200', STATUS_AT)) {
        this.end(`status ${head.slice(STATUS_AT, STATUS_AT + 3)}`);
        return;
      }
      this.left = Number(LENGTH.exec(head)?.[1] ?? Infinity);
      this.hasBody = false;
      bytes = bytes.subarray(headEnd + HEAD_END.length);
    }
    if (bytes.length > 0) this.takeBody(bytes);
  }

  private takeBody(bytes: Buffer): void {
    if (!this.hasBody) {
      this.hasBody = true;
      this.caller?.firstByte();
    }
    if (this.left !== Infinity) {
      this.left -= bytes.length;
      if (this.left <= 0) this.end(null);
      return;
    }
    const count = countEvents(bytes);
    if (count > 0) this.caller?.events(count);
    if (bytes.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK)) this.end(null);
  }

  private end(problem: string | null): void {
    const { caller } = this;
    this.caller = null;
    this.left = -1;
    if (problem === null) {
      caller?.ended();
      return;
    }
    this.socket.destroy();
    caller?.failed(problem);
  }
}

function countEvents(bytes: Buffer): number {
  const text = bytes.toString('latin1');
  let count = 0;
  for (let at = text.indexOf(EVENT_START); at >= 0; at = text.indexOf(EVENT_START, at + 1)) count += 1;
  return count;
}
