import { connect, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { forTest } from './proxy-of-test.ts';
import { startScripted } from './scripted-lanes.ts';
import { until } from './until.ts';

/** More than the 511 that Node lets wait by itself. */
const CROWD = 900;

it('lets a crowd connect at once, though the proxy has no moment for any of them', { timeout: 60_000 }, async () => {
  const live = await forTest(startScripted({ solo: 1 }, { isServed: true }));
  // It takes nobody, so all of them wait with the system.
  live.served.signal('SIGSTOP');
  const sockets: Socket[] = [];
  onTestFinished(() => {
    live.served.signal('SIGCONT');
    for (const socket of sockets) socket.destroy();
  });
  let connected = 0;
  const { hostname, port } = new URL(live.url);
  for (let count = 0; count < CROWD; count++) {
    const socket = connect(Number(port), hostname, () => (connected += 1));
    socket.on('error', () => undefined);
    sockets.push(socket);
  }
  await until(() => connected === CROWD, 'all connected');
  live.served.signal('SIGCONT');
  expect((await fetch(`${live.url}/health`)).status).toBe(200);
});
