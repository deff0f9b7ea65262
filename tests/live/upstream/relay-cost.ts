/**
 * What a relayed chunk of a stream costs, in microseconds of this process's CPU time. Run it by hand:
 * `npx tsx tests/live/upstream/relay-cost.ts`. The provider runs in another process; the chunks go nowhere, so that
 * only our half is measured. The floor is undici alone, as in any Node proxy.
 */
import { spawn } from 'node:child_process';
import { Agent, type Dispatcher } from 'undici';
import { StreamUsage } from '../../../src/protocols/openai/index.ts';
import { createUpstreamClient } from '../../../src/proxy/upstream/index.ts';
import { DONE, STOP, USAGE } from './rough-server.ts';

const STREAMS = 64;
const CHUNKS = 1_000;
const ROUNDS = 6;
const EVENT =
  'data: {"id":"chatcmpl-AbCdEf0123456789","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4o-mini",' +
  '"system_fingerprint":"fp_0123456789","choices":[{"index":0,"delta":{"content":" token"},"logprobs":null,' +
  '"finish_reason":null}],"usage":null}\n\n';

/** Writes every event by itself, in turns over all streams, so that each arrives by itself. */
const PROVIDER = `
  const { createServer } = require('node:http');
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.socket.setNoDelay(true);
    let sent = 0;
    const send = () => {
      if (sent++ < ${CHUNKS}) {
        response.write(${JSON.stringify(EVENT)});
        setImmediate(send);
      } else response.end(${JSON.stringify(STOP + USAGE + DONE)});
    };
    send();
  });
  server.listen(0, '127.0.0.1', () => process.stdout.write(String(server.address().port)));
`;

const BODY = Buffer.from('{"model":"m","stream":true}');

async function main(): Promise<void> {
  measureScanner();
  const provider = spawn(process.execPath, ['-e', PROVIDER], { stdio: ['ignore', 'pipe', 'inherit'] });
  const port = await new Promise<number>((resolve) => provider.stdout.once('data', (bytes) => resolve(Number(bytes))));
  const origin = `http://127.0.0.1:${port}`;
  const agent = new Agent({ pipelining: 1 });
  const client = createUpstreamClient();
  for (let round = 0; round < ROUNDS; round++) {
    const floor = await costOf(() => throughUndici(agent, origin));
    const relay = await costOf(() => throughUpstream(client, origin));
    print(
      `round ${round + 1}: undici alone ${floor.toFixed(2)} us a chunk, upstream ${relay.toFixed(2)} us, ` +
        `ratio ${(relay / floor).toFixed(2)}`,
    );
  }
  client.close();
  await agent.destroy();
  provider.kill();
}

function measureScanner(): void {
  const chunk = Buffer.from(EVENT);
  const scanner = new StreamUsage(true);
  const COUNT = 300_000;
  for (let count = 0; count < COUNT; count++) scanner.push(chunk);
  const startedAtMs = performance.now();
  for (let count = 0; count < COUNT; count++) scanner.push(chunk);
  print(
    `scanner alone: ${(((performance.now() - startedAtMs) * 1_000) / COUNT).toFixed(2)} us a chunk of ${chunk.length} bytes`,
  );
}

/** CPU microseconds a chunk over many streams at once; the calls return the number of their chunks. */
async function costOf(stream: () => Promise<number>): Promise<number> {
  const before = process.cpuUsage();
  const chunks = await Promise.all(Array.from({ length: STREAMS }, stream));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / chunks.reduce((sum, count) => sum + count, 0);
}

function throughUndici(agent: Agent, origin: string): Promise<number> {
  return new Promise((resolve, reject) => {
    let chunks = 0;
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: () => undefined,
      onResponseStart: () => undefined,
      onResponseData: () => void chunks++,
      onResponseEnd: () => resolve(chunks),
      onResponseError: (_, error) => reject(error),
    };
    agent.dispatch({ origin, path: '/', method: 'POST', body: BODY }, handler);
  });
}

function throughUpstream(client: ReturnType<typeof createUpstreamClient>, origin: string): Promise<number> {
  return new Promise((resolve, reject) => {
    let chunks = 0;
    const timeouts = { connectMs: 10_000, firstTokenMs: 60_000, idleMs: 60_000, totalMs: 600_000 };
    client.start(
      { origin, path: '/', headers: [], body: BODY, endpoint: 'chat', isStream: true, hidesUsage: true, timeouts },
      {
        onHead: () => undefined,
        onChunk: () => void chunks++,
        onEnd: (result) => (result.kind === 'success' ? resolve(chunks) : reject(new Error(result.errorCode ?? ''))),
      },
    );
  });
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main();
