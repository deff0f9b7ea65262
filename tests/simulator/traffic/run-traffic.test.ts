/** Traffic against the twins themselves: what the client counts is what the twins say they did. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { memoryTrace } from '../../../datasets/memory-trace.ts';
import type { TraceRow } from '../../../datasets/trace.ts';
import { runTraffic, type TrafficSettings } from '../../../simulator/traffic/run-traffic.ts';
import type { TrafficResult } from '../../../simulator/traffic/traffic-result.ts';
import type { Twins } from '../../../simulator/twin-server/start-twins.ts';
import { replay } from '../../../simulator/replay/replay.ts';
import { ONE_PATIENT_ATTEMPT } from '../../../simulator/validate/queues/patient-policy.ts';
import { evenly, rowsAt } from '../replay/rows-in-time.ts';
import {
  scenarioOf,
  type ScenarioChanges,
  type TargetInSmall,
} from '../../../simulator/validate/small/pool-in-small.ts';
import { runningTwins, until } from '../twin-server/running-twins.ts';

const SPEED = 100;

async function twinsOf(twin: TargetInSmall['twin'] = {}, changes: ScenarioChanges = {}, speed = SPEED): Promise<Twins> {
  return runningTwins({ scenario: scenarioOf([{ id: 'aurora.main.large', twin }], changes), speed });
}

/** Rows for the model `large`, sent with the key of its twin. */
function send(
  twins: Twins,
  arrivalsMs: readonly number[],
  row: Partial<TraceRow> = {},
  settings: Partial<TrafficSettings> = {},
): Promise<TrafficResult> {
  const trace = memoryTrace(rowsAt(arrivalsMs, { model: 'large', ...row }), 'made');
  const { baseUrl, keys } = twins.providers[0]!;
  twins.reset();
  return runTraffic({ trace, url: baseUrl, speed: SPEED, secret: keys[0]!.secret, ...settings });
}

const tallyOf = (twins: Twins) => twins.status().providers[0]!.targets[0]!;
const sumOf = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0);

describe('traffic', () => {
  it('sends every row once, with its tokens, and knows what came of it', async () => {
    const twins = await twinsOf();
    const result = await send(twins, evenly(300, 100), { inputTokens: 123, outputTokens: 21 });
    expect(result).toMatchObject({ due: 300, sent: 300, heldBack: 0, interrupted: false, askedAsAuto: 0 });
    expect(result.outcomes).toEqual({ success: 300, failure: 0, limited: 0, left: 0, unfinished: 0 });
    expect(result.statuses).toEqual({ 200: 300 });
    expect(result.errors).toEqual({});
    expect(result.tokens).toEqual({ input: 300 * 123, output: 300 * 21, cachedInput: 0 });
    expect(tallyOf(twins)).toMatchObject({ requests: 300, inputTokens: 300 * 123, outputTokens: 300 * 21 });
    expect(sumOf(result.periods.map(({ success }) => success) as never)).toBe(300);
    // 100 ms to the first token and 10 ms for each after it, in the scenario.
    expect(result.firstToken.scenarioMs.count).toBe(300);
    expect(result.firstToken.scenarioMs.p50!).toBeGreaterThan(50);
    expect(result.duration.scenarioMs.p50!).toBeGreaterThan(250);
    expect(result.duration.wallMs.p50! * SPEED).toBeCloseTo(result.duration.scenarioMs.p50!, 6);
  });

  it('keeps to the schedule and says how well', async () => {
    const twins = await twinsOf();
    const result = await send(twins, evenly(400, 500));
    const { wallMs, scenarioMs } = result.drift;
    expect(wallMs.count).toBe(400);
    expect(result.sendingMs).toBeGreaterThanOrEqual((399 * 500) / SPEED);
    expect(wallMs.p50!).toBeLessThan(20);
    expect(scenarioMs.max!).toBeCloseTo(wallMs.max! * SPEED, 6);
    process.stdout.write(
      `later than due, ms on the wall: p50 ${wallMs.p50!.toFixed(2)}, p99 ${wallMs.p99!.toFixed(2)}, max ${wallMs.max!.toFixed(2)}\n`,
    );
  });

  it('is open loop: it does not wait for answers', async () => {
    const firstToken = {
      b0: Math.log(20_000),
      b1: 0,
      n0: 1_000,
      load: 0,
      loadReference: 32,
      residual: { kind: 'constant' },
      drift: null,
      hourFactors: null,
    } as const;
    const twins = await twinsOf({ firstToken });
    const result = await send(twins, evenly(100, 50));
    expect(result.openMax).toBe(100);
    expect(result.sendingMs).toBeLessThan(200);
    expect(result.outcomes.success).toBe(100);
  });

  it('says what it held back rather than sending it later', async () => {
    const firstToken = {
      b0: Math.log(20_000),
      b1: 0,
      n0: 1_000,
      load: 0,
      loadReference: 32,
      residual: { kind: 'constant' },
      drift: null,
      hourFactors: null,
    } as const;
    const twins = await twinsOf({ firstToken });
    const result = await send(twins, evenly(100, 50), {}, { concurrencyMax: 8 });
    expect(result).toMatchObject({ due: 100, sent: 8, heldBack: 92, openMax: 8 });
    expect(tallyOf(twins).requests).toBe(8);
  });

  it('shows an outage when and where it was', async () => {
    const faults = [{ kind: 'failures', probability: 1, scope: 'aurora', startMs: 40_000, endMs: 80_000 }] as const;
    const twins = await twinsOf({}, { faults }, 40);
    const result = await send(twins, evenly(600, 200), {}, { speed: 40 });
    expect(result.outcomes.success + result.outcomes.failure).toBe(600);
    expect(result.errors).toEqual({ '500 server_error': result.outcomes.failure });
    expect(tallyOf(twins).outcomes).toMatchObject({
      success: result.outcomes.success,
      failure: result.outcomes.failure,
    });
    // The twins' clock started a moment before, and the client may be late: so much slack at the borders.
    const slackMs = 5_000 + 2 * result.drift.scenarioMs.max!;
    for (const { fromMs, success, failure } of result.periods) {
      const toMs = fromMs + result.periodMs;
      if (fromMs > 40_000 + slackMs && toMs < 80_000 - slackMs) expect([fromMs, success]).toEqual([fromMs, 0]);
      if (toMs < 40_000 - slackMs || fromMs > 80_000 + slackMs) expect([fromMs, failure]).toEqual([fromMs, 0]);
    }
    expect(result.outcomes.failure).toBeGreaterThan(30);
    expect(result.outcomes.success).toBeGreaterThan(30);
  });

  it('meets the luck of the simulator, request by request', async () => {
    const errors = { serverError: 0.2, connectTimeout: 0, midStreamAbort: 0.2 };
    const scenario = scenarioOf([{ id: 'aurora.main.large', twin: { errors } }]);
    const twins = await runningTwins({ scenario, speed: SPEED, seed: 5 });
    const rows = rowsAt(evenly(400, 100), { model: 'large', outputTokens: 31 });
    const result = await send(twins, evenly(400, 100), { outputTokens: 31 });
    const simulated = { success: 0, tokens: 0, broken: 0 };
    await replay(memoryTrace(rows, 'made'), {
      scenario,
      policy: ONE_PATIENT_ATTEMPT,
      seed: 5,
      observer: {
        timeMoves: () => undefined,
        arrived: () => undefined,
        sent: () => undefined,
        completed: () => undefined,
        rejected: () => undefined,
        cancelled: () => undefined,
        attemptEnded: (_call, outcome) => {
          if (outcome.kind === 'success') simulated.success++;
          if (outcome.errorCode === 'stream_broken') simulated.broken++;
          simulated.tokens += outcome.outputTokens;
        },
      },
    });
    expect(simulated.broken).toBeGreaterThan(40);
    expect(result.outcomes.success).toBe(simulated.success);
    expect(result.errors['broken_answer']).toBe(simulated.broken);
    expect(tallyOf(twins).outputTokens).toBe(simulated.tokens);
  });

  it('tells limits, resets and broken streams apart', async () => {
    const limited = await twinsOf({ rateLimit: { requestsPerMinute: 30, tokensPerMinute: null, retryAfter: true } });
    const { outcomes, errors, statuses } = await send(limited, evenly(60, 10));
    // 30 at once, and one more every 20 ms on the wall.
    expect(outcomes.limited).toBeGreaterThan(10);
    expect(outcomes.success).toBeGreaterThanOrEqual(30);
    expect(outcomes.success + outcomes.limited).toBe(60);
    expect(errors).toEqual({ '429 rate_limit_exceeded': outcomes.limited });
    expect(statuses).toEqual({ 200: outcomes.success, 429: outcomes.limited });
    const broken = await twinsOf({ errors: { serverError: 0, connectTimeout: 0, midStreamAbort: 1 } });
    expect((await send(broken, evenly(20, 10))).errors).toEqual({ broken_answer: 20 });
    expect((await send(broken, evenly(20, 10), { stream: false })).errors).toEqual({ reset_before_answer: 20 });
  });

  it("has the clients' patience", async () => {
    const firstToken = {
      b0: Math.log(20_000),
      b1: 0,
      n0: 1_000,
      load: 0,
      loadReference: 32,
      residual: { kind: 'constant' },
      drift: null,
      hourFactors: null,
    } as const;
    const slow = await twinsOf({ firstToken });
    const clients = { firstTokenTimeoutMs: 10_000, totalTimeoutMs: null };
    const early = await send(slow, evenly(10, 50), {}, { clients });
    expect(early.errors).toEqual({ left_first_token: 10 });
    expect(early.outcomes.left).toBe(10);
    // The twins hear of it a moment after the clients have left.
    await until(() => tallyOf(slow).outcomes.cancelled === 10);
    const late = await send(
      slow,
      evenly(10, 50),
      // Seconds on the wall between the first token, the clients' leaving and the answer's end: these machines pause.
      { outputTokens: 80_000 },
      { clients: { firstTokenTimeoutMs: null, totalTimeoutMs: 400_000 } },
    );
    expect(late.errors).toEqual({ left_total: 10 });
    expect(late.firstToken.wallMs.count).toBe(10);
  });

  it('ends when told to, with what is known', async () => {
    const twins = await twinsOf();
    const controller = new AbortController();
    const sending = send(twins, evenly(2_000, 200), { outputTokens: 2_000 }, { signal: controller.signal });
    await until(() => tallyOf(twins).requests > 40);
    const abortedAtMs = performance.now();
    controller.abort();
    const result = await sending;
    expect(performance.now() - abortedAtMs).toBeLessThan(2_500);
    expect(result.interrupted).toBe(true);
    expect(result.sent).toBeGreaterThan(20);
    expect(result.sent).toBeLessThan(2_000);
    expect(result.outcomes.unfinished).toBeGreaterThan(0);
    expect(sumOf(result.outcomes)).toBe(result.sent);
  });

  it('sends the first so many rows, and unknown models as auto', async () => {
    const twins = await twinsOf();
    const result = await send(twins, evenly(50, 10), { model: 'nobody-has-this' }, { requestsMax: 20 });
    expect(result).toMatchObject({ due: 20, sent: 20, askedAsAuto: 20, errors: { '404 model_not_found': 20 } });
    const named = await send(twins, evenly(50, 10), { model: 'nobody-has-this' }, { model: 'large' });
    expect(named).toMatchObject({ askedAsAuto: 0, outcomes: { success: 50 } });
  });

  it('comes with the key of each client', async () => {
    const scenario = scenarioOf([{ id: 'aurora.a.large' }, { id: 'aurora.b.large' }]);
    const twins = await runningTwins({ scenario, speed: SPEED });
    const rows = rowsAt(evenly(40, 50), { model: 'large' }).map((row, index) => ({
      ...row,
      clientKey: index % 4 === 0 ? 'x' : 'y',
    }));
    const secretByClientKey = new Map([['x', 'twin-aurora-b']]);
    const { baseUrl } = twins.providers[0]!;
    await runTraffic({
      trace: memoryTrace(rows, 'made'),
      url: baseUrl,
      speed: SPEED,
      secret: 'twin-aurora-a',
      secretByClientKey,
    });
    expect(twins.status().providers[0]!.targets.map(({ requests }) => requests)).toEqual([30, 10]);
  });
});

describe('traffic refuses', () => {
  const trace = memoryTrace(rowsAt([0]), 'made');

  it.each([
    ['an address that is none', 'nowhere', /--url nowhere: is not an http or https address/],
    [
      'an address where nobody listens',
      'http://127.0.0.1:9/v1',
      /127\.0\.0\.1:9\/v1: does not answer \(ECONNREFUSED\)/,
    ],
  ])('%s', async (_, url, message) => {
    await expect(runTraffic({ trace, url, speed: 1 })).rejects.toThrow(message);
  });

  it('an address with a password in it, without repeating it', async () => {
    const running = runTraffic({ trace, url: 'http://me:planted-secret@127.0.0.1:9/v1', speed: 1 });
    const message = await running.catch((error: Error) => error.message);
    expect(message).toMatch(/--url: holds a name or a password/);
    expect(message).not.toContain('planted-secret');
  });

  it('a key that is refused, without naming it', async () => {
    const twins = await twinsOf();
    const running = runTraffic({ trace, url: twins.providers[0]!.baseUrl, speed: 1, secret: 'planted-secret' });
    const message = await running.catch((error: Error) => error.message);
    expect(message).toMatch(/refuses the key \(401\); set TOKEN_POOL_KEY or name a --key-file/);
    expect(message).not.toContain('planted-secret');
  });
});

describe('streams of other servers', () => {
  /** A server that answers every request with this text as a stream. */
  async function serverOf(text: readonly string[]): Promise<string> {
    const server: Server = createServer((request, response) => {
      request.resume();
      if (request.url === '/v1/models') {
        response.writeHead(404).end();
        return;
      }
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const part of text) response.write(part);
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  }
  const usage = 'data: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":7}}\n\n';

  it.each([
    ['without an end', ['data: {}\n\n', usage], { truncated_stream: 1 }],
    [
      'with an error in them',
      ['data: {}\n\n', 'data: {"error":{"message":"x","code":"STREAM_BROKEN"}}\n\n', 'data: [DONE]\n\n'],
      { 'error_event STREAM_BROKEN': 1 },
    ],
    ['that are empty', [], { truncated_stream: 1 }],
    ['that end well', [': wait\n\n', usage, 'data: [DONE]\n\n'], {}],
  ])('%s', async (_, text, errors) => {
    const url = await serverOf(text);
    const result = await runTraffic({ trace: memoryTrace(rowsAt([0]), 'made'), url, speed: 1 });
    expect(result.errors).toEqual(errors);
    if (result.outcomes.success === 1) expect(result.tokens).toEqual({ input: 5, output: 7, cachedInput: 0 });
  });
});
