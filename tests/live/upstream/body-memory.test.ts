import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createUpstreamClient, type UpstreamClient } from '../../../src/proxy/upstream/index.ts';
import { BodyMemory } from '../../../src/proxy/upstream/body-memory.ts';
import { record } from './recorded-attempt.ts';
import { startRoughServer, wholeAnswer } from './rough-server.ts';

const KIB = 1_024;
const MIB = 1_048_576;
const ANSWER = '{"object":"chat.completion","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}';

describe('the memory of bodies', () => {
  it('is lent again when it was given back, in any length that fits', () => {
    const memory = new BodyMemory();
    const first = memory.lend(20 * KIB);
    expect(first).toHaveLength(20 * KIB);
    expect(first.buffer.byteLength).toBe(32 * KIB);
    expect(memory.lend(20 * KIB).buffer).not.toBe(first.buffer);
    memory.giveBack(first);
    const second = memory.lend(32 * KIB);
    expect(second.buffer).toBe(first.buffer);
    expect(second).toHaveLength(32 * KIB);
  });

  it('is never lent to two, however often it is given back', () => {
    const memory = new BodyMemory();
    const body = memory.lend(5_000);
    memory.giveBack(body);
    memory.giveBack(body);
    expect(memory.lend(5_000).buffer).toBe(body.buffer);
    expect(memory.lend(5_000).buffer).not.toBe(body.buffer);
  });

  it.each([
    ['of somebody else', () => Buffer.alloc(8 * KIB)],
    ['of another memory', () => new BodyMemory().lend(8 * KIB)],
  ])('takes nothing %s', (_whose, make) => {
    const memory = new BodyMemory();
    const body = make();
    memory.giveBack(body);
    expect(memory.lend(8 * KIB).buffer).not.toBe(body.buffer);
  });

  it('is of the next power of two', () => {
    const sizes = [4_096, 4_097, 8_192, 8_193, MIB - 1, MIB];
    expect(sizes.map((bytes) => new BodyMemory().lend(bytes).buffer.byteLength)).toEqual([
      4_096,
      8_192,
      8_192,
      16_384,
      MIB,
      MIB,
    ]);
  });

  it('is not kept for what is very short or very long', () => {
    const memory = new BodyMemory();
    const long = memory.lend(MIB + 1);
    memory.giveBack(long);
    expect(memory.lend(MIB + 1).buffer).not.toBe(long.buffer);
    const [short, next] = [memory.lend(100), memory.lend(100)];
    expect([short.length, next.length]).toEqual([100, 100]);
    memory.giveBack(short);
    short.fill(1);
    next.fill(2);
    expect(short.every((byte) => byte === 1)).toBe(true);
  });

  it('is kept up to a bound', () => {
    const memory = new BodyMemory();
    const lent = Array.from({ length: 6 }, () => memory.lend(MIB));
    for (const body of lent) memory.giveBack(body);
    const known = new Set(lent.map(({ buffer }) => buffer));
    const again = Array.from({ length: 6 }, () => memory.lend(MIB).buffer);
    expect(again.filter((buffer) => known.has(buffer))).toHaveLength(4);
  });
});

/** A body of so many bytes that says which one it is all over. */
function fill(body: Buffer, ordinal: number): Buffer {
  return body.fill(`${ordinal};`);
}

describe('bodies on the wire', () => {
  let client: UpstreamClient;
  const closing: (() => Promise<void>)[] = [];

  afterEach(async () => {
    client.close();
    for (const close of closing.splice(0)) await close();
  });

  it('reach the provider as they were, many at a time, in memory that is used again', async () => {
    client = createUpstreamClient();
    const wrong: string[] = [];
    const server = await startRoughServer((socket, { body }) => {
      const ordinal = Number(body.slice(0, body.indexOf(';')));
      if (body !== fill(Buffer.alloc(body.length), ordinal).toString()) wrong.push(`${ordinal}: ${body.slice(0, 40)}`);
      // Some are refused, which are clean ends too; some hear nothing more.
      if (ordinal % 7 === 0) socket.destroy();
      else socket.write(wholeAnswer(200, ANSWER));
    });
    closing.push(() => server.close());
    const memories = new Set<ArrayBufferLike>();
    let calls = 0;
    const one = async (): Promise<void> => {
      for (let turn = 0; turn < 12; turn += 1) {
        calls += 1;
        const ordinal = calls;
        const body = fill(client.lendBody(5_000 + ((ordinal * 7_919) % 120_000)), ordinal);
        memories.add(body.buffer);
        const { kind } = await record(client, { origin: server.origin, body, isStream: false }).result;
        expect(kind).toBe(ordinal % 7 === 0 ? 'failure' : 'success');
      }
    };
    await Promise.all(Array.from({ length: 24 }, one));
    expect(wrong).toEqual([]);
    expect(calls).toBe(24 * 12);
    expect(memories.size).toBeLessThan(calls / 2);
  });

  it('are left alone when the provider answers before it has read them', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tokenpool-bodies-'));
    // The operating system takes much less of a body here than it does for TCP.
    const socketPath = join(folder, 'provider.sock');
    client = createUpstreamClient({ connect: { socketPath } });
    let arrived = '';
    const sockets: Socket[] = [];
    const server = createServer({ pauseOnConnect: true }, (socket) => {
      sockets.push(socket);
      socket.setEncoding('utf8').on('data', (text) => (arrived += String(text)));
      socket.on('error', () => undefined);
      socket.write(wholeAnswer(200, ANSWER));
    });
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    closing.push(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true });
    });
    const body = fill(client.lendBody(MIB), 1);
    const { kind } = await record(client, { origin: 'http://provider.invalid', body, isStream: false }).result;
    expect(kind).toBe('success');
    // Another client's prompt, in whatever memory is lent now.
    fill(client.lendBody(MIB), 2);
    sockets[0]!.resume();
    await expect.poll(() => arrived.length, { timeout: 10_000 }).toBeGreaterThan(MIB);
    expect(arrived.slice(arrived.indexOf('\r\n\r\n') + 4)).toMatch(/^[1;]+$/);
  });
});
