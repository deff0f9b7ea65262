/**
 * The provider behind the gateways: a process of its own that answers as fast as Node can, so that what is measured is the
 * gateway. It reads no more of HTTP than the gateways of this bench say.
 */
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { planIn, PLAN_WITHIN_BYTES, type StreamPlan } from './prompts.ts';
import { STREAM_END, STREAM_EVENT, STREAM_START, WHOLE_ANSWER } from './provider-answers.ts';

const NOTHING = Buffer.alloc(0);
const HEAD_END = '\r\n\r\n';
const LENGTH = /content-length: *(\d+)/i;
const ID_BYTES = 4;

/** Streams that go on when their client says so, by id. */
const acked = new Map<number, Stream>();

class Stream {
  private readonly socket: Socket;
  private readonly plan: StreamPlan;
  private sent = 1;

  constructor(socket: Socket, plan: StreamPlan) {
    this.socket = socket;
    this.plan = plan;
  }

  start(): void {
    this.socket.write(STREAM_START);
    if (this.plan.pace === 'acked') acked.set(this.plan.id, this);
    else this.scheduleNext();
  }

  private scheduleNext(): void {
    if (this.plan.pace === 'timed') setTimeout(next, this.plan.gapMs, this);
    else if (this.socket.writableNeedDrain) this.socket.once('drain', () => this.next());
    else setImmediate(next, this);
  }

  next(): void {
    if (this.socket.destroyed) {
      acked.delete(this.plan.id);
      return;
    }
    if (this.sent < this.plan.events) {
      this.sent += 1;
      this.socket.write(STREAM_EVENT);
      if (this.plan.pace !== 'acked') this.scheduleNext();
    } else {
      acked.delete(this.plan.id);
      this.socket.write(STREAM_END);
    }
  }
}

function next(stream: Stream): void {
  stream.next();
}

class Caller {
  private readonly socket: Socket;
  private held: Buffer = NOTHING;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  take(chunk: Buffer): void {
    let bytes = this.held.length === 0 ? chunk : Buffer.concat([this.held, chunk]);
    for (;;) {
      const headEnd = bytes.indexOf(HEAD_END);
      if (headEnd < 0) break;
      const bodyStart = headEnd + HEAD_END.length;
      const length = Number(LENGTH.exec(bytes.toString('latin1', 0, headEnd))?.[1] ?? 0);
      if (bytes.length < bodyStart + length) break;
      const plan = planIn(bytes.toString('latin1', bodyStart, bodyStart + Math.min(length, PLAN_WITHIN_BYTES)));
      if (plan === null) this.socket.write(WHOLE_ANSWER);
      else new Stream(this.socket, plan).start();
      bytes = bytes.subarray(bodyStart + length);
    }
    this.held = bytes;
  }
}

const server = createServer({ noDelay: true }, (socket) => {
  const caller = new Caller(socket);
  socket.on('data', (chunk) => caller.take(chunk));
  socket.on('error', () => socket.destroy());
});

/** Takes the ids of streams whose clients have what was sent, four bytes each. */
const acknowledgements = createServer({ noDelay: true }, (socket) => {
  let held: Buffer = NOTHING;
  socket.on('data', (chunk) => {
    const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    let at = 0;
    for (; at + ID_BYTES <= bytes.length; at += ID_BYTES) acked.get(bytes.readUInt32LE(at))?.next();
    held = bytes.subarray(at);
  });
  socket.on('error', () => socket.destroy());
});

server.listen({ host: '127.0.0.1', port: 0, backlog: 4_096 }, () => {
  acknowledgements.listen(0, '127.0.0.1', () => {
    const [port, acknowledgePort] = [server, acknowledgements].map((each) => (each.address() as AddressInfo).port);
    process.stdout.write(`${JSON.stringify({ port, acknowledgePort })}\n`);
  });
});
