import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';

/** Listens, and then sleeps for ever without accepting anything. */
const SLEEPER = `
  const { createServer } = require('node:net');
  const { parentPort } = require('node:worker_threads');
  const server = createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0), 20);
  });
`;
const FILLERS_MAX = 20;
const CONNECTS_WITHIN_MS = 200;

export interface SilentServer {
  readonly origin: string;
  readonly close: () => Promise<void>;
}

/**
 * A server to which no connection comes about, and none is refused: the queue of those to be accepted is full, so
 * the system drops what comes. As good as an address behind a firewall, and it needs no network.
 */
export async function startSilentServer(): Promise<SilentServer> {
  const worker = new Worker(SLEEPER, { eval: true });
  const port = await new Promise<number>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  const fillers: Socket[] = [];
  let isFull = false;
  while (!isFull) {
    if (fillers.length === FILLERS_MAX) throw new Error('the queue of the silent server does not fill');
    const filler = connect(port, '127.0.0.1');
    fillers.push(filler);
    isFull = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(true), CONNECTS_WITHIN_MS);
      filler.once('connect', () => {
        clearTimeout(timer);
        resolve(false);
      });
      filler.on('error', () => undefined);
    });
  }
  return {
    origin: `http://127.0.0.1:${port}`,
    close: async () => {
      for (const filler of fillers) filler.destroy();
      await worker.terminate();
    },
  };
}
