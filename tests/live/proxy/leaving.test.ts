/** Clients that leave, in every phase of their request, and clients that read slowly: nothing of them stays behind. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import {
  CHAT,
  DONE,
  httpChunk,
  LAST_CHUNK,
  sendStream,
  STOP,
  streamHead,
  text,
  USAGE,
  wholeAnswer,
  type Behaviour,
} from '../upstream/rough-server.ts';
import { until } from './until.ts';
import { failingDevice } from '../../log/live/failing-device.ts';
import { expectParity, readLogged } from './logged-rows.ts';
import { chatBytes, roughClient, type RoughClient } from './rough-client.ts';
import { shared } from './proxy-of-test.ts';
import { atRest } from './running-proxy.ts';
import { startScripted, type Lane } from './scripted-lanes.ts';

const BUDGET_TOKENS = 1_000_000_000;
const device = failingDevice();
const running = shared(() =>
  startScripted(
    { pair: 1, solo: 12, narrow: 2 },
    {
      policy: {
        // Nobody is to be answered by the passing of time.
        retry: { attemptsMax: 3, backoffBaseMs: 60_000, backoffMaxMs: 60_000, deadlineMs: 600_000 },
        queue: { timeoutMs: 600_000 },
        health: { minSamples: 1_000_000 },
      },
      // Of everybody, as it has no secret.
      clientKeys: [{ name: 'default', budgets: [{ metric: 'tokens', window: '5m', limit: BUDGET_TOKENS }] }],
      start: { logOptions: { device } },
    },
  ),
);

// A test that fails must not hold up all others.
afterEach(() => {
  device.isHanging = false;
});

/** Sends a chat request with an id of its own, by which the log is asked later. */
async function ask(id: string, body: Readonly<Record<string, unknown>>): Promise<RoughClient> {
  const client = await roughClient(running().url);
  client.socket.write(chatBytes(body, [`x-token-pool-request-id: ${id}`]));
  return client;
}

const isOpen = (id: string): boolean => running().proxy.driver.isOpen(id);
const gone = (id: string): Promise<void> => until(() => !isOpen(id), `${id} is over`);

describe('a client that leaves', () => {
  it('while it sends its body', async () => {
    const lane = running().lane('solo');
    const client = await roughClient(running().url);
    client.socket.write(chatBytes({ model: lane.model }).slice(0, -5));
    await until(() => client.socket.bytesWritten > 0, 'a part of the body sent');
    client.leave();
    await atRest(running());
    expect(lane.requests(0)).toEqual([]);
  });

  it('in flight: the provider is told at once', async () => {
    const lane = running().lane('solo', () => undefined);
    const client = await ask('in-flight', { model: lane.model });
    await until(() => lane.requests(0).length === 1, 'asked');
    const open = running().server.open();
    client.leave();
    await gone('in-flight');
    await until(() => running().server.open() < open, 'the connection upstream closed');
  });

  it('while it streams', async () => {
    const lane = running().lane('solo', (socket) => socket.write(streamHead() + httpChunk(text('a') + text('b'))));
    const client = await ask('streaming', { model: lane.model, stream: true });
    await until(() => client.text().includes('"b"'), 'content');
    const open = running().server.open();
    client.leave();
    await gone('streaming');
    await until(() => running().server.open() < open, 'the connection upstream closed');
  });

  it('while it backs off', async () => {
    const lane = running().lane('pair', (socket) => socket.write(wholeAnswer(500, '{}')));
    const client = await ask('backing-off', { model: lane.model });
    const phaseOf = () =>
      running()
        .proxy.driver.router.snapshot()
        .flow.open.requests.map(({ phase }) => phase);
    await until(() => phaseOf().includes('backoff'), 'backing off');
    client.leave();
    await gone('backing-off');
    expect(lane.requests(1)).toEqual([]);
  });

  it('while it is queued: the others move up, and each place is used again', async () => {
    const release: (() => void)[] = [];
    const lane = running().lane('narrow', (socket) => release.push(() => socket.write(wholeAnswer(200, CHAT))));
    const first = await ask('queue-1', { model: lane.model });
    await until(() => lane.requests(0).length === 1, 'the first in flight');
    const second = await ask('queue-2', { model: lane.model });
    await until(() => isOpen('queue-2'), 'the second queued');
    const third = await ask('queue-3', { model: lane.model });
    await until(() => isOpen('queue-3'), 'the third queued');
    const tooMany = await running().chat({ model: lane.model });
    expect(tooMany.status).toBe(429);
    expect(await tooMany.json()).toMatchObject({ error: { code: 'QUEUE_FULL' } });
    second.leave();
    await gone('queue-2');
    const fourth = await ask('queue-4', { model: lane.model });
    await until(() => isOpen('queue-4'), 'the fourth queued in its place');
    release.shift()!();
    await until(() => release.length === 1, 'the third in flight');
    release.shift()!();
    await until(() => release.length === 1, 'the fourth in flight');
    release.shift()!();
    await until(() => [first, third, fourth].every((client) => client.text().includes('200 OK')), 'all answered');
    expect(lane.requests(0)).toHaveLength(3);
    for (const client of [first, third, fourth]) client.leave();
  });

  it('in flight, with others behind it: the next one is sent at once', async () => {
    const sockets: (() => void)[] = [];
    const lane = running().lane('narrow', (socket) => sockets.push(() => socket.write(wholeAnswer(200, CHAT))));
    const first = await ask('ahead', { model: lane.model });
    await until(() => lane.requests(0).length === 1, 'the first in flight');
    const second = await ask('behind', { model: lane.model });
    await until(() => isOpen('behind'), 'the second queued');
    first.leave();
    await gone('ahead');
    await until(() => lane.requests(0).length === 2, 'the second in flight');
    sockets[1]!();
    await until(() => second.text().includes('200 OK'), 'the second answered');
    second.leave();
  });

  it('while its whole answer waits for the log: that is a success, and written down as one', async () => {
    const lane = running().lane('solo', (socket) => socket.write(wholeAnswer(200, CHAT)));
    device.isHanging = true;
    const client = await ask('unwritten', { model: lane.model });
    await until(() => lane.requests(0).length === 1 && !isOpen('unwritten'), 'answered by the provider');
    expect(client.text()).toBe('');
    client.leave();
    await until(() => client.isClosed(), 'the client gone');
    device.isHanging = false;
    await running().proxy.log.flushed();
    await atRest(running());
  });
});

describe('the last byte', () => {
  it.each([false, true])('is kept back until the log has the rows; streamed: %s', async (stream) => {
    const good: Behaviour = stream
      ? (socket) => sendStream(socket, [text('a'), STOP, USAGE, DONE])
      : (socket) => socket.write(wholeAnswer(200, CHAT));
    const lane = running().lane('solo', good);
    device.isHanging = true;
    const client = await ask(`held-${stream}`, { model: lane.model, stream });
    await until(() => lane.requests(0).length === 1 && !isOpen(`held-${stream}`), 'answered by the provider');
    if (stream) await until(() => client.text().includes('"stop"'), 'the stream but for its end');
    else expect(client.text()).toBe('');
    expect(client.text()).not.toContain(stream ? '[DONE]' : '200 OK');
    expect(client.text()).not.toContain('\r\n0\r\n');
    device.isHanging = false;
    const last = stream ? '[DONE]\n\n\r\n0\r\n\r\n' : CHAT;
    await until(() => client.text().endsWith(last), 'the whole answer');
    client.leave();
  });
});

describe('a slow client', () => {
  it('makes the provider wait, not the memory grow, and gets everything in the end', async () => {
    const chunk = httpChunk(text('x'.repeat(60_000)));
    const chunks = 1_500;
    let written = 0;
    const lane = running().lane('solo', (socket) => {
      socket.write(streamHead());
      const more = (): void => {
        while (written < chunks) {
          written += 1;
          if (!socket.write(chunk)) {
            socket.once('drain', more);
            return;
          }
        }
        socket.write(httpChunk(STOP) + httpChunk(DONE) + LAST_CHUNK);
      };
      more();
    });
    const client = await roughClient(running().url, false);
    client.socket.pause();
    client.socket.write(chatBytes({ model: lane.model, stream: true }, ['x-token-pool-request-id: slow']));
    // Blocked: two looks in a row at the same place, while the loop turned many times.
    let place = -1;
    for (let same = 0; same < 20; same = written === place ? same + 1 : 0) {
      place = written;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(written).toBeGreaterThan(0);
    // The buffers of four sockets and a bit, of ninety megabytes.
    expect(written).toBeLessThan(500);
    const other = running().lane('solo', (socket) => socket.write(wholeAnswer(200, CHAT)));
    expect((await running().chat({ model: other.model })).status).toBe(200);
    client.socket.resume();
    await until(() => !isOpen('slow') && client.bytes() > chunks * 60_000, 'everything', 20_000);
    client.leave();
  });
});

describe('memory and sockets', () => {
  it(
    'are where they were after hundreds of requests that were left, broken or retried',
    { timeout: 60_000 },
    async () => {
      const live = running();
      const waits = live.lane('solo', () => undefined);
      const streams = live.lane('solo', (socket) => socket.write(streamHead() + httpChunk(text('a'.repeat(2_000)))));
      const breaks = live.lane('solo', (socket) => socket.end(streamHead() + httpChunk(text('a'.repeat(2_000)))));
      const good = live.lane('solo', (socket) => socket.write(wholeAnswer(200, CHAT)));
      const content = 'm'.repeat(20_000);
      const messages = [{ role: 'user', content }];

      async function left(lane: Lane, hasCome: (client: RoughClient) => boolean): Promise<void> {
        const before = lane.requests(0).length;
        const client = await roughClient(live.url);
        client.socket.write(chatBytes({ model: lane.model, messages, stream: true }));
        await until(() => lane.requests(0).length > before && hasCome(client), 'under way');
        client.leave();
      }
      async function answered(lane: Lane, stream: boolean): Promise<void> {
        const client = await roughClient(live.url);
        client.socket.write(chatBytes({ model: lane.model, messages, stream }, ['connection: close']));
        await until(() => client.isClosed(), 'answered and closed');
      }
      async function rounds(count: number): Promise<{ readonly heap: number; readonly sockets: number }> {
        for (let round = 0; round < count; round++) {
          await Promise.all([
            left(waits, () => true),
            left(streams, (client) => client.bytes() > 2_000),
            answered(breaks, true),
            answered(good, false),
          ]);
          live.forgetRequests();
        }
        await atRest(live);
        await until(() => live.server.open() <= 4, 'the connections upstream closed');
        await live.proxy.log.flushed();
        return { heap: heapAfterCollection(), sockets: openSockets() };
      }

      const before = await rounds(30);
      const after = await rounds(120);
      expect(after.sockets).toBeLessThanOrEqual(before.sockets + 4);
      // A request of twenty kilobytes that stayed would show hundreds of times.
      expect(after.heap - before.heap).toBeLessThan(5_000_000);
    },
  );
});

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function heapAfterCollection(): number {
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const openSockets = (): number => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;

describe('afterwards', () => {
  it('the log tells who left when, and decides the same again', async () => {
    await atRest(running());
    const { router } = running().proxy.driver;
    expect(router.budgetLabels[0]).toContain('default');
    const usedTokens = Math.round(router.budgetUse(0) * BUDGET_TOKENS);
    await running().close();
    await until(() => running().server.open() === 0, 'no connection upstream');
    const logged = await readLogged(running().logFolder);
    expectParity(logged);
    // Nothing of what was reserved for an attempt outlives it.
    const { outcomes } = logged;
    expect(usedTokens).toBe(outcomes.reduce((sum, { input_tokens: i, output_tokens: o }) => sum + i + o, 0));
    expect(usedTokens).toBeGreaterThan(0);
    const endOf = (id: string) =>
      logged.outcomes
        .filter(({ request_id: each }) => each === id)
        .map(({ attempt, kind, error_code: code }) => `${attempt} ${kind} ${code ?? ''}`.trim());
    expect(endOf('in-flight')).toEqual(['1 cancelled client_left']);
    expect(endOf('streaming')).toEqual(['1 cancelled client_left']);
    expect(endOf('backing-off')).toEqual(['1 failure server_error', '0 cancelled client_left']);
    expect(endOf('queue-2')).toEqual(['0 cancelled client_left']);
    expect(endOf('ahead')).toEqual(['1 cancelled client_left']);
    for (const id of ['queue-1', 'queue-3', 'queue-4', 'behind', 'unwritten', 'slow', 'held-true', 'held-false']) {
      expect([id, ...endOf(id)]).toEqual([id, '1 success']);
    }
  });
});
