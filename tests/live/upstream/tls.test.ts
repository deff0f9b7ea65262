import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createUpstreamClient } from '../../../src/proxy/upstream/index.ts';
import { record, sleep, until } from './recorded-attempt.ts';
import { DONE, STOP, text } from './rough-server.ts';
import { createSelfSigned } from './self-signed.ts';

const PIECE = text('x'.repeat(1_000));
const PIECES = 20_000;
const { cert, key } = createSelfSigned();

let server: Server;
let origin: string;
let written = 0;
let sockets = 0;

beforeAll(async () => {
  server = createServer({ cert, key }, (request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    written = 0;
    const send = (): void => {
      while (written < PIECES) {
        written++;
        if (!response.write(PIECE)) return void response.once('drain', send);
      }
      response.end(STOP + DONE);
    };
    send();
  });
  server.on('secureConnection', (socket) => {
    sockets++;
    socket.on('close', () => sockets--);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise<void>((resolve) => void server.close(() => resolve())));

describe('a provider over TLS', () => {
  it('is held back by a slow client, and all of its answer arrives', async () => {
    const client = createUpstreamClient({ connect: { ca: cert } });
    const seen = record(client, { origin }, (attempt) => attempt.pause());
    await until(() => seen.order.includes('chunk'), 'the first chunk');
    await sleep(200);
    expect(written).toBeLessThan(PIECES / 2);
    const keepGoing = setInterval(() => seen.attempt.resume(), 1);
    expect(await seen.result).toMatchObject({ kind: 'success', contentEvents: PIECES });
    clearInterval(keepGoing);
    expect(seen.text()).toBe(PIECE.repeat(PIECES) + STOP);
    expect(client.counts()).toMatchObject({ open: 1, idle: 1 });
    client.close();
    await until(() => sockets === 0, 'the socket closed');
  });

  it('is left at once by a client that goes', async () => {
    const client = createUpstreamClient({ connect: { ca: cert } });
    const seen = record(client, { origin }, (attempt) => attempt.abort());
    expect(await seen.result).toMatchObject({ kind: 'cancelled' });
    await until(() => sockets === 0, 'the socket closed');
    expect(client.counts().open).toBe(0);
  });

  it('is not trusted without a reason', async () => {
    const client = createUpstreamClient();
    expect(await record(client, { origin }).result).toMatchObject({
      kind: 'failure',
      status: null,
      errorCode: 'tls_failed',
      isCommitted: false,
    });
    expect(client.counts().open).toBe(0);
  });
});
