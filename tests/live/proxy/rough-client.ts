/** A client over a bare socket: it sends what it is told, reads when it is told, and leaves in the rudest way. */
import { connect, type Socket } from 'node:net';

export interface RoughClient {
  readonly socket: Socket;
  /** What has come so far, head included. */
  text(): string;
  /** Bytes that have come so far. */
  bytes(): number;
  isClosed(): boolean;
  /** Gone with a reset, as a process that was killed leaves. */
  leave(): void;
}

/** @param keepsText false for answers too large to be kept */
export async function roughClient(url: string, keepsText = true): Promise<RoughClient> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const parts: string[] = [];
  let bytes = 0;
  let isClosed = false;
  socket.setEncoding('latin1');
  socket.on('data', (part: string) => {
    bytes += part.length;
    if (keepsText) parts.push(part);
  });
  socket.on('close', () => (isClosed = true));
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  return {
    socket,
    text: () => parts.join(''),
    bytes: () => bytes,
    isClosed: () => isClosed,
    leave: () => socket.resetAndDestroy(),
  };
}

/** The bytes of a chat request. */
export function chatBytes(body: Readonly<Record<string, unknown>>, headers: readonly string[] = []): string {
  const text = JSON.stringify({ messages: [{ role: 'user', content: 'Hello' }], ...body });
  const head = [
    'POST /v1/chat/completions HTTP/1.1',
    'host: proxy',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(text)}`,
    ...headers,
  ];
  return `${head.join('\r\n')}\r\n\r\n${text}`;
}
