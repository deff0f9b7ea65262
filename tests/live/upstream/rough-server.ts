import { createServer, type AddressInfo, type Socket } from 'node:net';

export interface RoughRequest {
  /** The head as it came, request line included. */
  readonly head: string;
  readonly body: string;
  /** 1, 2, ... on its connection. */
  readonly ordinal: number;
}

/** What the server does with one request; the socket is its own. */
export type Behaviour = (socket: Socket, request: RoughRequest) => void;

export interface RoughServer {
  readonly origin: string;
  behave: Behaviour;
  /** Connections open now. */
  readonly open: () => number;
  /** Connections accepted so far. */
  readonly accepted: () => number;
  readonly requests: RoughRequest[];
  readonly close: () => Promise<void>;
}

/** An HTTP server over bare sockets: it reads requests properly and answers in whatever way a test wants. */
export async function startRoughServer(behave: Behaviour): Promise<RoughServer> {
  const sockets = new Set<Socket>();
  const requests: RoughRequest[] = [];
  let accepted = 0;
  const server = createServer((socket) => {
    accepted++;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    let pending = Buffer.alloc(0);
    let ordinal = 0;
    socket.on('data', (bytes) => {
      pending = Buffer.concat([pending, bytes]);
      for (let request = take(); request !== null; request = take()) {
        requests.push(request);
        rough.behave(socket, request);
      }
    });
    function take(): RoughRequest | null {
      const end = pending.indexOf('\r\n\r\n');
      if (end < 0) return null;
      const head = pending.toString('latin1', 0, end);
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (pending.length < end + 4 + length) return null;
      const body = pending.toString('utf8', end + 4, end + 4 + length);
      pending = pending.subarray(end + 4 + length);
      return { head, body, ordinal: ++ordinal };
    }
  });
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog: 2_048 }, resolve));
  const { port } = server.address() as AddressInfo;
  const rough: RoughServer = {
    origin: `http://127.0.0.1:${port}`,
    behave,
    open: () => sockets.size,
    accepted: () => accepted,
    requests,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
  return rough;
}

/** Head of an answer that is sent in HTTP chunks. */
export function streamHead(extra = '', type = 'text/event-stream'): string {
  return `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ntransfer-encoding: chunked\r\n${extra}\r\n`;
}

/** One HTTP chunk. */
export function httpChunk(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

export const LAST_CHUNK = '0\r\n\r\n';

/** A whole answer. */
export function wholeAnswer(status: number, body: string, extra = '', type = 'application/json'): string {
  return `HTTP/1.1 ${status} X\r\ncontent-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${extra}\r\n${body}`;
}

export const event = (data: string): string => `data: ${data}\n\n`;
export const ROLE = event('{"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}');
export const text = (content: string): string =>
  event(JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: null }], usage: null }));
export const STOP = event('{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}');
export const USAGE = event(
  '{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":4}}}',
);
export const DONE = event('[DONE]');
export const CHAT = JSON.stringify({
  choices: [{ message: { content: 'hi' } }],
  usage: { prompt_tokens: 9, completion_tokens: 2 },
});

/** Sends a whole stream, event by event. */
export function sendStream(socket: Socket, events: readonly string[], extra = ''): void {
  socket.write(streamHead(extra) + events.map(httpChunk).join('') + LAST_CHUNK);
}
