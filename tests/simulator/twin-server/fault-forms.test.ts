/** Trouble as it looks over real sockets, and that nothing of it stays behind. */
import { connect, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startTwins, type Twins } from '../../../simulator/twin-server/start-twins.ts';
import { smallScenario, STEADY_TWIN } from '../../../simulator/validate/small/small-scenario.ts';
import { postChat, runningTwins, until } from './running-twins.ts';

const always = { scope: 'aurora', startMs: 0, endMs: 1e12 };
const errors = { serverError: 0, connectTimeout: 0, midStreamAbort: 0 };
const LONG = { 'x-twin-output-tokens': '101' };

const firstTarget = (twins: Twins) => twins.status().providers[0]!.targets[0]!;

/** How a request ended: its status and text, or with what error, and when, ms on the wall. */
async function ending(answer: Promise<Response>) {
  const sentAtMs = performance.now();
  let status: number | null = null;
  let text = '';
  let error: string | null = null;
  try {
    const response = await answer;
    status = response.status;
    for await (const chunk of response.body!) text += Buffer.from(chunk as Uint8Array).toString();
  } catch (caught) {
    error = (caught as { cause?: { code?: string } }).cause?.code ?? 'broken';
  }
  return { status, text, error, afterMs: performance.now() - sentAtMs };
}

describe('an attempt', () => {
  it('whose connection never comes about is accepted, hears nothing, and is reset in the end', async () => {
    const twin = { errors: { ...errors, connectTimeout: 1 } };
    const twins = await runningTwins({ scenario: smallScenario({ twin }), speed: 200 });
    const answer = ending(postChat(twins, { stream: true }));
    await until(() => firstTarget(twins).inFlight === 1);
    const { status, error, afterMs } = await answer;
    expect({ status, error }).toEqual({ status: null, error: expect.stringMatching(/ECONNRESET|UND_ERR_SOCKET/) });
    // 30 s of the scenario.
    expect(afterMs).toBeGreaterThan(145);
    expect(firstTarget(twins)).toMatchObject({ inFlight: 0, outcomes: { timeout: 1 }, statuses: {} });
  });

  it('that breaks off is reset before any byte, or its stream ends without an end', async () => {
    const twin = { errors: { ...errors, midStreamAbort: 1 } };
    const twins = await runningTwins({ scenario: smallScenario({ twin }) });
    const whole = await ending(postChat(twins, {}, LONG));
    expect(whole).toMatchObject({ status: null, error: expect.stringMatching(/ECONNRESET|UND_ERR_SOCKET/) });
    const stream = await ending(postChat(twins, { stream: true }, LONG));
    expect(stream).toMatchObject({ status: 200, error: 'UND_ERR_SOCKET' });
    expect(stream.text).toContain('"role":"assistant"');
    expect(stream.text).not.toContain('[DONE]');
    const { outcomes, statuses, outputTokens } = firstTarget(twins);
    expect(outcomes.failure).toBe(2);
    expect(statuses).toEqual({ 200: 1 });
    expect(outputTokens).toBeGreaterThan(0);
  });

  it('meets the fault schedule at its time, on its provider only', async () => {
    const faults = [{ kind: 'failures', probability: 1, ...always, startMs: 10_000, endMs: 20_000 }] as const;
    const twins = await runningTwins({ scenario: smallScenario({ faults }), speed: 20 });
    const statuses: number[] = [];
    const during: boolean[] = [];
    while (twins.status().nowMs < 26_000) {
      const { status, text } = await ending(postChat(twins, {}, { 'x-twin-output-tokens': '1' }));
      const atMs = twins.status().nowMs;
      // What began and ended on one side of a border is what that side says.
      if (atMs < 10_000 || atMs > 26_000) expect(status).toBe(200);
      if (atMs > 14_000 && atMs < 20_000) {
        expect(status).toBe(500);
        expect(JSON.parse(text)).toMatchObject({ error: { type: 'server_error' } });
        during.push(
          twins.status().providers[0]!.faults.length === 1 && twins.status().providers[1]!.faults.length === 0,
        );
      }
      statuses.push(status!);
    }
    expect(during.length).toBeGreaterThan(0);
    expect(during.every(Boolean)).toBe(true);
    expect(new Set(statuses)).toEqual(new Set([200, 500]));
  });

  it('whose caller leaves ends there, and is billed as far as it came', async () => {
    const twins = await runningTwins({ scenario: smallScenario(), speed: 10 });
    const caller = new AbortController();
    const response = await postChat(twins, { stream: true }, LONG, caller.signal);
    await response.body!.getReader().read();
    expect(firstTarget(twins).inFlight).toBe(1);
    caller.abort();
    await until(() => firstTarget(twins).inFlight === 0);
    const { outcomes, outputTokens, costMicroUsd } = firstTarget(twins);
    expect(outcomes).toMatchObject({ cancelled: 1, success: 0 });
    expect(outputTokens).toBeGreaterThan(0);
    expect(outputTokens).toBeLessThan(101);
    expect(costMicroUsd).toBe(2 * 2 + outputTokens * 8);
    expect(twins.status().open).toBe(0);
  });

  it('whose caller leaves before its first token costs nothing', async () => {
    const twin = { firstToken: { ...STEADY_TWIN.firstToken, b0: Math.log(60_000) } };
    const twins = await runningTwins({ scenario: smallScenario({ twin }), speed: 10 });
    const caller = new AbortController();
    const left = ending(postChat(twins, { stream: true }, LONG, caller.signal));
    await until(() => firstTarget(twins).inFlight === 1);
    caller.abort();
    await left;
    await until(() => firstTarget(twins).inFlight === 0);
    expect(firstTarget(twins)).toMatchObject({ outcomes: { cancelled: 1 }, costMicroUsd: 0 });
  });

  it('that would take for ever is still waited for', async () => {
    const twin = { firstToken: { ...STEADY_TWIN.firstToken, b0: Math.log(1e12) } };
    const twins = await runningTwins({ scenario: smallScenario({ twin }) });
    const caller = new AbortController();
    const left = ending(postChat(twins, {}, LONG, caller.signal));
    await until(() => firstTarget(twins).inFlight === 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(firstTarget(twins).inFlight).toBe(1);
    caller.abort();
    await left;
  });

  it('is read slowly: the answer waits for its reader and is whole', async () => {
    const twins = await runningTwins({ scenario: smallScenario(), speed: 10_000 });
    const response = await postChat(twins, { stream: true }, { 'x-twin-output-tokens': '300000' });
    await until(() => twins.status().nowMs > 3_000_000);
    const text = await response.text();
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    const contents = [...text.matchAll(/"content":"([^"]*)"/g)].map((match) => match[1]!.length);
    expect(contents.reduce((sum, length) => sum + length, 0)).toBe(4 * 300_000);
  });
});

describe('the servers', () => {
  it('begin anew when told to, the same luck again', async () => {
    const residual = { kind: 'exponential' } as const;
    const twin = { firstToken: { ...STEADY_TWIN.firstToken, residual }, errors: { ...errors, serverError: 0.5 } };
    const twins = await runningTwins({ scenario: smallScenario({ twin }), speed: 1_000 });
    const round = (): Promise<(number | null)[]> =>
      Promise.all(
        Array.from({ length: 40 }, (_, index) => ending(postChat(twins, {}, { 'x-request-id': `r${index}` }))),
      ).then((endings) => endings.map(({ status }) => status));
    const first = await round();
    expect(new Set(first)).toEqual(new Set([200, 500]));
    expect(firstTarget(twins).requests).toBe(40);
    const reset = await fetch(`${twins.statusUrl}/reset`, { method: 'POST' });
    const status = (await reset.json()) as ReturnType<Twins['status']>;
    expect(status.nowMs).toBeLessThan(1_000 * 1_000);
    expect(status.providers[0]!.targets[0]!.requests).toBe(0);
    expect(await round()).toEqual(first);
  });

  it('tell what they do as JSON', async () => {
    const twins = await runningTwins({ scenario: smallScenario() });
    const status = (await (await fetch(twins.statusUrl)).json()) as ReturnType<Twins['status']>;
    expect(status).toMatchObject({ scenario: 'small', seed: 1, speed: 100, open: 0, refused: {} });
    expect(status.providers.map(({ id, baseUrl, weather }) => ({ id, baseUrl, weather }))).toEqual(
      twins.providers.map(({ id, baseUrl }) => ({ id, baseUrl, weather: 'up' })),
    );
    expect(status.providers[0]!.keys).toEqual([
      { alias: 'first', secret: 'twin-aurora-first' },
      { alias: 'second', secret: 'twin-aurora-second' },
    ]);
    expect((await fetch(new URL('/elsewhere', twins.statusUrl))).status).toBe(404);
  });

  it.each([
    ['a bearer token', { authorization: 'Bearer twin-aurora-second' }],
    ['an api-key', { 'api-key': 'twin-aurora-second' }],
  ])('tell keys apart by %s, also below an Azure-style path', async (_, headers) => {
    const twins = await runningTwins({ scenario: smallScenario() });
    const origin = new URL(twins.providers[0]!.baseUrl).origin;
    const response = await fetch(`${origin}/openai/deployments/large/chat/completions?api-version=2024-10-21`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ messages: [{ role: 'user', content: 'Hello' }] }),
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('x-twin-target')).toBe('aurora.second.large');
    await response.text();
  });

  it.each([
    ['what is no JSON', 'no', {}, 400],
    ['a body that is no object', '[]', {}, 400],
    ['more than 8 MiB', 'x'.repeat(8 * 1_024 * 1_024 + 1), {}, 413],
    ['more than 8 MiB without a length', 'x'.repeat(8 * 1_024 * 1_024 + 1), { chunked: true }, 413],
  ])('refuse %s', async (_, text, { chunked = false }: { chunked?: boolean }, status) => {
    const twins = await runningTwins({ scenario: smallScenario() });
    const response = await fetch(`${twins.providers[0]!.baseUrl}/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer twin-aurora-first' },
      body: chunked ? new Blob([text]).stream() : text,
      ...(chunked ? { duplex: 'half' } : {}),
    } as RequestInit);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
    expect(twins.status().refused).toEqual({ [status]: 1 });
  });

  it('stop with answers under way and leave no socket open', async () => {
    const twins = await startTwins({ scenario: smallScenario(), seed: 1, speed: 1 });
    const { port } = new URL(twins.providers[0]!.baseUrl);
    const idle = connect(Number(port), '127.0.0.1');
    const closed = new Promise((resolve) => idle.once('close', resolve));
    const answers = [1, 2, 3].map(() => ending(postChat(twins, { stream: true }, LONG)));
    await until(() => firstTarget(twins).inFlight === 3);
    await twins.stop();
    for (const { error } of await Promise.all(answers)) expect(error).not.toBeNull();
    await closed;
    expect(firstTarget(twins)).toMatchObject({ inFlight: 0, outcomes: { cancelled: 3 } });
    await expect(fetch(twins.statusUrl)).rejects.toThrow();
  });

  it('say which port is taken, and keep none of the others', async () => {
    const start = (port: number): Promise<Twins> => startTwins({ scenario: smallScenario(), seed: 1, speed: 1, port });
    const isTaken = /twins: port \d+ of 127\.0\.0\.1 is taken; name another one with --port/;
    // Ports beside each other may belong to a stranger at this moment: then others are tried.
    for (let round = 1; ; round++) {
      const other = createServer();
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
      const { port } = other.address() as { port: number };
      // The status page would have the port before it.
      await expect(start(port - 1)).rejects.toThrow(isTaken);
      await new Promise((resolve) => other.close(resolve));
      const twins = await start(port - 1).catch((error: Error) => error);
      if (twins instanceof Error && round < 10) continue;
      if (twins instanceof Error) throw twins;
      expect(twins.providers.map(({ baseUrl }) => Number(new URL(baseUrl).port))).toEqual([port, port + 1]);
      await twins.stop();
      return;
    }
  });
});
