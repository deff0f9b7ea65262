/** A small server of built pages, for this machine alone. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize, sep } from 'node:path';
import { BadInput } from '../../src/config/bad-input.ts';

const LOOPBACK = '127.0.0.1';
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.json': 'application/json',
  '.arrow': 'application/vnd.apache.arrow.file',
};

export interface PageServer {
  /** `http://127.0.0.1:PORT/` */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * @param folder with the pages
 * @param port 0 for any that is free
 * @throws BadInput when the port is taken
 */
export async function servePages(folder: string, port: number): Promise<PageServer> {
  const server = createServer((request, response) => void answer(folder, request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new BadInput(`--port ${port}: is in use; name another one, or 0 for any`)
          : new BadInput(`--port ${port}: cannot be listened on (${error.code ?? error.message})`),
      );
    });
    server.listen(port, LOOPBACK, resolve);
  });
  const { port: listened } = server.address() as AddressInfo;
  return {
    url: `http://${LOOPBACK}:${listened}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(folder: string, { method, url }: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = await fileOf(folder, url ?? '/');
  if (path === null || (method !== 'GET' && method !== 'HEAD')) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('there is no such page\n');
    return;
  }
  response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' });
  if (method === 'HEAD') response.end();
  else
    createReadStream(path)
      .on('error', () => response.destroy())
      .pipe(response);
}

/** The file behind an address; null when there is none inside of the folder. */
async function fileOf(folder: string, address: string): Promise<string | null> {
  try {
    const { pathname } = new URL(address, `http://${LOOPBACK}`);
    const path = normalize(
      join(folder, decodeURIComponent(pathname.endsWith('/') ? `${pathname}index.html` : pathname)),
    );
    if (!path.startsWith(normalize(folder) + sep)) return null;
    return (await stat(path)).isFile() ? path : null;
  } catch {
    return null;
  }
}
