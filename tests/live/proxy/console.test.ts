/** The console of a real proxy under traffic: what its page sees live, and how it ends. */
import type { Socket } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { TimelinePage } from '../../../src/proxy/watch/index.ts';
import { PageClient } from '../../proxy/console/page-client.ts';
import { CHAT, DONE, httpChunk, LAST_CHUNK, sendStream, STOP, streamHead, text } from '../upstream/rough-server.ts';
import { wholeAnswer, type Behaviour } from '../upstream/rough-server.ts';
import { forTest } from './proxy-of-test.ts';
import { sha256, startBeforeRough, type LiveProxy, type LiveSettings } from './running-proxy.ts';
import { until } from './until.ts';

const TOKEN = 'operators-only-3f9c';
const ENVIRONMENT = { ROUGH_KEY: 'sk-rough-provider', ADMIN: TOKEN };

interface WithConsole extends LiveProxy {
  readonly page: PageClient;
}

/** A provider, a proxy before it, and a page that has logged in. */
async function start(behave: Behaviour, changes: Partial<LiveSettings> = {}): Promise<WithConsole> {
  const settings = { admin: { tokenEnv: 'ADMIN' }, environment: ENVIRONMENT, ...changes };
  const live = await forTest(startBeforeRough([behave], settings));
  const page = new PageClient(Number(new URL(live.url).port));
  expect((await page.login(settings.environment.ADMIN ?? '')).status).toBe(200);
  return Object.assign(live, { page });
}

const answerAtOnce: Behaviour = (socket) => socket.write(wholeAnswer(200, CHAT));

/** Chats one after the other until told to stop; gives how many there were. */
function keepChatting(live: LiveProxy): () => Promise<number> {
  const over = new AbortController();
  let count = 0;
  const lanes = Array.from({ length: 4 }, async () => {
    for (; !over.signal.aborted; count++) await (await live.chat()).text();
  });
  return async () => {
    over.abort();
    await Promise.all(lanes);
    return count;
  };
}

describe('live frames of a proxy at work', () => {
  it('come once a second however much goes on, and miss no count', async () => {
    const live = await start(answerAtOnce);
    const startedMs = performance.now();
    const [stream, second] = [await live.page.live(), await live.page.live()];
    await stream.framesCome(1);
    const stop = keepChatting(live);
    await stream.framesCome(4);
    const chats = await stop();
    const ended = (): number => stream.frames.reduce((sum, { endedSinceLast }) => sum + endedSinceLast, 0);
    await until(() => ended() >= chats, 'all requests in frames');
    const elapsedS = (performance.now() - startedMs) / 1_000;
    const { frames } = stream;
    // The first at once, then one a second.
    expect(frames.length).toBeLessThanOrEqual(2 + elapsedS);
    expect(chats).toBeGreaterThan(20);
    expect(ended()).toBe(chats);
    for (const { requests, endedSinceLast } of frames) expect(requests).toHaveLength(Math.min(20, endedSinceLast));
    const last = frames.at(-1)!;
    expect(last.status.targets).toMatchObject([{ target: 'a.main.m', usage: { attempts: chats } }]);
    expect(last.rates.requestsPerS).toBeGreaterThan(0);
    // Both see the same, to the letter.
    await until(() => second.events.length >= 3, 'the other reader');
    const seen = stream.events.map(({ data }) => data);
    expect(seen).toEqual(expect.arrayContaining(second.events.slice(1, 3).map(({ data }) => data)));

    const timeline = (await live.page.get('/console/api/timeline')).json() as TimelinePage;
    for (const { requests } of [timeline.hour, timeline.day]) {
      expect(requests.reduce((sum, count) => sum + count, 0)).toBe(chats);
    }
    const explained = await live.page.get(`/console/api/explain/${last.requests[0]?.requestId ?? lastOf(frames)}`);
    expect([explained.status, explained.text]).toEqual([200, expect.stringContaining('a.main.m')]);
  });

  it('hold no secret and no text', async () => {
    const clientSecret = 'tp-MARKED-client';
    const live = await start((socket) => sendStream(socket, [text('MARKED-completion'), STOP, DONE]), {
      clientKeys: [{ name: 'team', secretSha256: sha256(clientSecret) }],
      environment: { ROUGH_KEY: 'sk-MARKED-provider', ADMIN: 'admin-MARKED-token' },
    });
    const stream = await live.page.live();
    const headers = { authorization: `Bearer ${clientSecret}`, 'x-token-pool-session': 'MARKED-session' };
    for (const messages of [[{ role: 'user', content: 'MARKED-prompt' }]]) {
      const answer = await live.chat({ stream: true, messages, user: 'MARKED-user' }, { headers });
      expect(await answer.text()).toContain('MARKED-completion');
    }
    await live.page.login('admin-MARKED-wrong');
    await until(() => stream.frames.some(({ requests }) => requests.length === 1), 'the request in a frame');
    const pages = ['session', 'api/status', 'api/client-keys', 'api/timeline', 'api/requests', 'api/policies'];
    const texts = [JSON.stringify(stream.events), JSON.stringify(stream.response.headers)];
    for (const path of pages) texts.push((await live.page.get(`/console/${path}`)).text);
    expect(texts[0]).toContain('"keyId\\":\\"team\\"');
    for (const secret of ['MARKED', sha256(clientSecret), sha256('admin-MARKED-token')]) {
      expect(texts.filter((found) => found.includes(secret))).toEqual([]);
    }
  });

  it('are left out for a reader that hangs, while everybody else is served', async () => {
    const live = await start(answerAtOnce);
    const hung = await live.page.live(false);
    const stream = await live.page.live();
    await stream.framesCome(3);
    expect((await live.chat()).status).toBe(200);
    hung.read();
    await hung.framesCome(2);
    hung.leave();
  });
});

describe('a reload', () => {
  it('with another admin token ends every session and stream', async () => {
    const live = await start(answerAtOnce);
    const stream = await live.page.live();
    await stream.framesCome(1);
    expect((await live.page.post('/console/api/reload')).json()).toMatchObject({ reloaded: true, changed: [] });
    await stream.framesCome(2);
    live.rewrite({ environment: { ...ENVIRONMENT, ADMIN: 'another-admin-token' } });
    expect((await live.page.post('/console/api/reload')).status).toBe(200);
    expect((await live.page.get('/console/api/status')).status).toBe(401);
    await stream.ends();
    expect(stream.events.at(-1)!.event).toBe('expired');
    expect((await live.page.login(TOKEN)).status).toBe(401);
    expect((await live.page.login('another-admin-token')).status).toBe(200);
  });

  it('that switches the console off leaves nothing of it but the admin API', async () => {
    const live = await start(answerAtOnce);
    live.rewrite({ admin: { tokenEnv: 'ADMIN', console: false } });
    expect((await live.page.post('/console/api/reload')).json()).toMatchObject({ changed: ['admin'] });
    expect((await live.page.get('/console/session')).status).toBe(404);
    const status = await live.page.get('/admin/status', { authorization: `Bearer ${TOKEN}` });
    expect(status.status).toBe(200);
    live.rewrite({ admin: { tokenEnv: 'ADMIN' } });
    live.proxy.reload();
    expect((await live.page.get('/console/session')).status).toBe(200);
  });
});

describe('a shutdown', () => {
  it('does not wait for those who look', async () => {
    const live = await start(answerAtOnce, { server: { drainTime: 60_000 } });
    const streams = [await live.page.live(), await live.page.live(), await live.page.live(false)];
    await streams[0]!.framesCome(2);
    const startedMs = performance.now();
    await live.close();
    expect(performance.now() - startedMs).toBeLessThan(10_000);
    await streams[0]!.ends();
    await streams[1]!.ends();
    // Ended in order, not cut off.
    expect(streams.slice(0, 2).map(({ response }) => response.complete)).toEqual([true, true]);
    // Not an end of the session: the page may come back.
    expect(streams[0]!.events.at(-1)!.event).toBe('frame');
  });

  it('shows that requests are drained, and lets them end', async () => {
    const sockets: Socket[] = [];
    const live = await start(
      (socket) => {
        sockets.push(socket);
        socket.write(streamHead() + httpChunk(text('begin')));
      },
      { server: { drainTime: 60_000 } },
    );
    const answer = await live.chat({ stream: true });
    const stream = await live.page.live();
    await stream.framesCome(1);
    const closing = live.close();
    await until(() => stream.frames.some(({ status }) => status.isDraining), 'a frame of the drain');
    expect(stream.frames.at(-1)!.status.openRequests).toBe(1);
    sockets[0]!.write(httpChunk(STOP) + httpChunk(DONE) + LAST_CHUNK);
    expect(await answer.text()).toBe(text('begin') + STOP + DONE);
    await closing;
    await stream.ends();
  });
});

it('costs a proxy that nobody looks at no timer', async () => {
  const live = await start(answerAtOnce);
  const [set, clear] = [vi.spyOn(globalThis, 'setInterval'), vi.spyOn(globalThis, 'clearInterval')];
  onTestFinished(() => void vi.restoreAllMocks());
  await (await live.chat()).text();
  await live.page.get('/console/api/status');
  expect(set).not.toHaveBeenCalled();
  const stream = await live.page.live();
  await stream.framesCome(2);
  expect(set.mock.calls.map(([, everyMs]) => everyMs)).toEqual([1_000]);
  expect(clear).not.toHaveBeenCalled();
  stream.leave();
  await until(() => clear.mock.calls.length > 0, 'the timer ended');
  expect(clear).toHaveBeenCalledExactlyOnceWith(set.mock.results[0]!.value);
});

/** Id of the newest request in any frame. */
function lastOf(frames: PageClientFrames): string {
  return frames.findLast(({ requests }) => requests.length > 0)!.requests[0]!.requestId;
}
type PageClientFrames = Awaited<ReturnType<PageClient['live']>>['frames'];
