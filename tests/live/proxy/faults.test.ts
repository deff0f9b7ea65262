/** Trouble upstream through the whole proxy: elsewhere before the first byte, an error event after it, never twice. */
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import {
  CHAT,
  DONE,
  event,
  httpChunk,
  LAST_CHUNK,
  ROLE,
  sendStream,
  STOP,
  streamHead,
  text,
  USAGE,
  wholeAnswer,
  type Behaviour,
} from '../upstream/rough-server.ts';
import { until } from './until.ts';
import { endsWithoutRows, expectParity, readLogged, rejectedChoices, seenEnd, type SeenEnd } from './logged-rows.ts';
import { shared } from './proxy-of-test.ts';
import { atRest } from './running-proxy.ts';
import { startScripted, type Lane } from './scripted-lanes.ts';

const WAIT_MS = 1_000;
const running = shared(() =>
  startScripted(
    { pair: 60, solo: 4 },
    {
      server: { answerMebibytesMax: 1 },
      policy: {
        retry: { attemptsMax: 3, backoffBaseMs: 5, backoffMaxMs: 20 },
        timeouts: { connectMs: 5_000, firstTokenMs: WAIT_MS, idleMs: WAIT_MS, totalMs: 2 * WAIT_MS },
      },
    },
  ),
);

/** What every answer that was seen to end must have left in the log. */
const ends: SeenEnd[] = [];
/** What the first attempt of a lane must have been logged as. */
const firstAttempts: {
  readonly lane: Lane;
  readonly kind: string;
  readonly code: string;
  readonly isStream: boolean;
}[] = [];

const goodStream: Behaviour = (socket) => sendStream(socket, [ROLE, text('good'), STOP, USAGE, DONE]);
const goodAnswer: Behaviour = (socket) => socket.write(wholeAnswer(200, CHAT));
const HUGE = 'x'.repeat(1_100_000);
const says =
  (status: number, extra = ''): Behaviour =>
  (socket) =>
    socket.write(wholeAnswer(status, '{"error":{"message":"no"}}', extra));

/** Name, what the first target does, and how its attempt is logged. */
type Trouble = readonly [name: string, behave: Behaviour, kind: string, code: string];

const EITHER: readonly Trouble[] = [
  ['a reset before the head', (socket) => socket.resetAndDestroy(), 'failure', 'connection_reset'],
  ['a close before the head', (socket) => socket.end(), 'failure', 'connection_reset'],
  ['a reset within the head', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-'), 'failure', 'connection_reset'],
  ['no HTTP', (socket) => socket.write('SSH-2.0-rough\r\n\r\n'), 'failure', 'bad_upstream_http'],
  [
    'a page in place of an answer',
    (socket) => socket.write(wholeAnswer(200, '<html>', '', 'text/html')),
    'failure',
    'bad_upstream_body',
  ],
  ['500', says(500), 'failure', 'server_error'],
  ['502', says(502), 'failure', 'bad_gateway'],
  ['503', says(503), 'failure', 'service_unavailable'],
  ['503 with Retry-After', says(503, 'retry-after: 30\r\n'), 'failure', 'service_unavailable'],
  ['529', says(529), 'failure', 'overloaded'],
  ['429 with Retry-After', says(429, 'retry-after: 30\r\n'), 'limited', 'rate_limited'],
  ['429 without', says(429), 'limited', 'rate_limited'],
  ['401', says(401), 'failure', 'unauthorized'],
  ['403', says(403), 'failure', 'forbidden'],
  ['408', says(408), 'failure', 'request_timeout'],
  ['a redirect', says(302, 'location: http://127.0.0.1:9/\r\n'), 'failure', 'http_302'],
];
const WHOLE_ONLY: readonly Trouble[] = [
  ['truncated JSON', (socket) => socket.write(wholeAnswer(200, CHAT.slice(0, -9))), 'failure', 'bad_upstream_body'],
  [
    'a body that breaks off',
    (socket) => socket.end(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 999\r\n\r\n${CHAT}`),
    'failure',
    'connection_reset',
  ],
  [
    'an error in an answer of status 200',
    (socket) => socket.write(wholeAnswer(200, '{"error":"no"}')),
    'failure',
    'upstream_error',
  ],
  [
    'a body too large, by its length',
    (socket) => socket.write(wholeAnswer(200, HUGE)),
    'failure',
    'upstream_body_too_large',
  ],
  [
    'a body too large, by chunks',
    (socket) => socket.write(streamHead('', 'application/json') + httpChunk(HUGE)),
    'failure',
    'upstream_body_too_large',
  ],
];
const STREAM_ONLY: readonly Trouble[] = [
  ['garbage for events', (socket) => sendStream(socket, [event('{"choi'), DONE]), 'failure', 'bad_upstream_body'],
  ['a stream without content', (socket) => sendStream(socket, [DONE]), 'failure', 'bad_upstream_body'],
  ['a stream that ends behind the role', (socket) => sendStream(socket, [ROLE]), 'failure', 'bad_upstream_body'],
  [
    'an error event at once',
    (socket) => sendStream(socket, [ROLE, event('{"error":{"message":"busy","code":503}}')]),
    'failure',
    'upstream_error',
  ],
  [
    'an error event that is a 429',
    (socket) => sendStream(socket, [event('{"error":{"message":"slow down","code":429}}')]),
    'limited',
    'upstream_error',
  ],
  [
    'a reset behind the role',
    (socket) => socket.write(streamHead() + httpChunk(ROLE), () => socket.resetAndDestroy()),
    'failure',
    'connection_reset',
  ],
];

describe.each([
  { isStream: false, troubles: [...EITHER, ...WHOLE_ONLY] },
  { isStream: true, troubles: [...EITHER, ...STREAM_ONLY] },
])('before the first byte; streamed: $isStream', ({ isStream, troubles }) => {
  it.each(troubles)('%s: the next target answers', async (_, behave, kind, code) => {
    const lane = running().lane('pair', behave, isStream ? goodStream : goodAnswer);
    await answeredByTheSecond(lane, kind, code, isStream);
  });
});

async function answeredByTheSecond(lane: Lane, kind: string, code: string, isStream: boolean): Promise<void> {
  const response = await running().chat({ model: lane.model, stream: isStream });
  const body = await response.text();
  expect({ status: response.status, body }).toEqual({
    status: 200,
    body: isStream ? ROLE + text('good') + STOP + DONE : CHAT,
  });
  const end = seenEnd(response);
  expect(end).toMatchObject({ attempts: 2, target: lane.targets[1] });
  expect([lane.requests(0).length, lane.requests(1).length]).toEqual([1, 1]);
  ends.push(end);
  firstAttempts.push({ lane, kind, code, isStream });
}

const begun = streamHead() + httpChunk(ROLE) + httpChunk(text('half'));

describe('after the first byte', () => {
  const broken: readonly Trouble[] = [
    ['a reset', (socket) => socket.write(begun, () => socket.resetAndDestroy()), 'failure', 'stream_broken'],
    ['a close', (socket) => socket.end(begun), 'failure', 'stream_broken'],
    ['a proper end without a finish', (socket) => socket.write(begun + LAST_CHUNK), 'failure', 'stream_broken'],
    [
      'a break within an event',
      (socket) => socket.end(begun + httpChunk('data: {"choices":[{"index":0,"del')),
      'failure',
      'stream_broken',
    ],
    ['a break within an HTTP chunk', (socket) => socket.end(`${begun}90\r\ndata: {`), 'failure', 'stream_broken'],
    [
      'an error event',
      (socket) => socket.write(begun + httpChunk(event('{"error":{"message":"overloaded","code":"x"}}')) + LAST_CHUNK),
      'failure',
      'upstream_error',
    ],
  ];

  it.each(broken)('%s: an error event, and nobody else is asked', async (_, behave, kind, code) => {
    const lane = running().lane('pair', behave, goodStream);
    await brokenAfterHalf(lane, kind, code);
  });

  it('the official client throws what it is told', async () => {
    const lane = running().lane('pair', (socket) => socket.end(begun), goodStream);
    const stream = await running()
      .client()
      .chat.completions.create({ model: lane.model, messages: [{ role: 'user', content: 'x' }], stream: true });
    const contents: string[] = [];
    const reading = (async () => {
      for await (const chunk of stream) contents.push(chunk.choices[0]!.delta.content ?? '');
    })();
    const error: unknown = await reading.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OpenAI.APIError);
    expect(error).toMatchObject({ code: 'STREAM_BROKEN', type: 'server_error' });
    expect(contents.join('')).toBe('half');
    firstAttempts.push({ lane, kind: 'failure', code: 'stream_broken', isStream: true });
  });

  it('rubbish between events goes by, as the client may know better', async () => {
    const stream = [ROLE, text('a'), event('{"choi'), text('b'), STOP, USAGE, DONE];
    const lane = running().lane('solo', (socket) => sendStream(socket, stream));
    const response = await running().chat({ model: lane.model, stream: true });
    expect(await response.text()).toBe(stream.filter((each) => each !== USAGE).join(''));
    ends.push(seenEnd(response));
  });

  it('a proper end behind the finish is a success, though nothing says [DONE]', async () => {
    const lane = running().lane('solo', (socket) => socket.write(begun + httpChunk(STOP) + LAST_CHUNK));
    const response = await running().chat({ model: lane.model, stream: true });
    expect(await response.text()).toBe(ROLE + text('half') + STOP);
    ends.push(seenEnd(response));
  });
});

async function brokenAfterHalf(lane: Lane, kind: string, code: string): Promise<void> {
  const response = await running().chat({ model: lane.model, stream: true });
  expect(response.status).toBe(200);
  const body = await response.text();
  expect(body.startsWith(ROLE + text('half'))).toBe(true);
  // Whole events, of which the last one is an error; nothing says that all is well.
  expect(body.endsWith('\n\n')).toBe(true);
  const last = body.trimEnd().split('\n\n').at(-1)!;
  const { error } = JSON.parse(last.replace(/^data: /, '')) as { error: { code: string; message: string } };
  expect(error).toMatchObject(
    code === 'upstream_error' ? { message: 'overloaded' } : { code: 'STREAM_BROKEN', type: 'server_error' },
  );
  expect(body).not.toContain('[DONE]');
  const end = seenEnd(response);
  expect(end).toMatchObject({ attempts: 1, target: lane.targets[0] });
  expect([lane.requests(0).length, lane.requests(1).length]).toEqual([1, 0]);
  ends.push(end);
  firstAttempts.push({ lane, kind, code, isStream: true });
}

describe('silence', () => {
  const repeating =
    (first: string, again: string): Behaviour =>
    (socket) => {
      socket.write(first);
      const timer = setInterval(() => socket.write(httpChunk(again)), 40);
      socket.on('close', () => clearInterval(timer));
    };
  const half: Behaviour = (socket) =>
    socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 90\r\n\r\n{');

  it('before the first byte: the next target answers; after it: an error event', async () => {
    const pair = (behave: Behaviour, isStream: boolean): Lane =>
      running().lane('pair', behave, isStream ? goodStream : goodAnswer);
    await Promise.all([
      answeredByTheSecond(
        pair(() => undefined, true),
        'timeout',
        'first_token_timeout',
        true,
      ),
      answeredByTheSecond(pair(repeating(streamHead(), ': wait\n\n'), true), 'timeout', 'first_token_timeout', true),
      answeredByTheSecond(
        pair((socket) => socket.write(streamHead() + httpChunk(ROLE)), true),
        'timeout',
        'first_token_timeout',
        true,
      ),
      answeredByTheSecond(
        pair(() => undefined, false),
        'timeout',
        'total_timeout',
        false,
      ),
      answeredByTheSecond(pair(half, false), 'timeout', 'idle_timeout', false),
      brokenAfterHalf(
        pair((socket) => socket.write(begun), true),
        'timeout',
        'idle_timeout',
      ),
      brokenAfterHalf(pair(repeating(begun, text('.')), true), 'timeout', 'total_timeout'),
    ]);
  });
});

describe('when all fail', () => {
  it('each target is asked once, and the answer names the attempts', async () => {
    const lane = running().lane('pair', says(500), says(503));
    const response = await running().chat({ model: lane.model });
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({
      error: {
        code: 'ALL_PROVIDER_FAILED',
        attempts: [
          { attempt: 1, target: lane.targets[0], status: 500 },
          { attempt: 2, target: lane.targets[1], status: 503 },
        ],
      },
    });
    expect([lane.requests(0).length, lane.requests(1).length]).toEqual([1, 1]);
    ends.push(seenEnd(response));
  });

  it('429 by all is 429, with the soonest time to come back', async () => {
    const lane = running().lane('pair', says(429, 'retry-after: 40\r\n'), says(429, 'retry-after: 20\r\n'));
    const response = await running().chat({ model: lane.model });
    expect(response.status).toBe(429);
    const seconds = Number(response.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(15);
    expect(seconds).toBeLessThanOrEqual(20);
    // Both keys rest, so nobody is asked now.
    const next = await running().chat({ model: lane.model });
    expect(next.status).toBe(503);
    expect(await next.json()).toMatchObject({ error: { code: 'NO_AVAILABLE_PROVIDER' } });
    expect(Number(next.headers.get('retry-after'))).toBeLessThanOrEqual(20);
    expect([lane.requests(0).length, lane.requests(1).length]).toEqual([1, 1]);
    ends.push(seenEnd(response), seenEnd(next));
  });

  it('a key that is refused is not used again', async () => {
    const lane = running().lane('pair', says(401), goodAnswer);
    for (let count = 0; count < 3; count++) {
      const response = await running().chat({ model: lane.model });
      expect(response.status).toBe(200);
      await response.text();
      ends.push(seenEnd(response));
    }
    expect([lane.requests(0).length, lane.requests(1).length]).toEqual([1, 3]);
  });
});

describe('afterwards', () => {
  it('the core is at rest, and every socket that was of no more use is closed', async () => {
    await atRest(running());
    // Some are kept for a while for the next request; no more than were ever in use at once.
    await until(() => running().server.open() <= 8, 'the connections upstream closed');
  });

  it('the log has it all, and no target was chosen that was rejected', async () => {
    await running().close();
    await until(() => running().server.open() === 0, 'no connection upstream');
    const logged = await readLogged(running().logFolder);
    expectParity(logged);
    expect(ends.length).toBeGreaterThan(50);
    expect(endsWithoutRows(logged, ends)).toEqual([]);
    expect(rejectedChoices(logged.decisions)).toEqual([]);
    const firstByTarget = new Map(
      logged.outcomes.filter(({ attempt }) => attempt === 1).map((outcome) => [outcome.target, outcome]),
    );
    for (const { lane, kind, code, isStream } of firstAttempts) {
      const outcome = firstByTarget.get(lane.targets[0]!);
      expect({ model: lane.model, isStream, kind: outcome?.kind, code: outcome?.error_code }).toEqual({
        model: lane.model,
        isStream,
        kind,
        code,
      });
    }
    // One outcome for each attempt that was sent, and never a second one.
    const sent = logged.decisions.flatMap(({ request_id: id, attempt, chosen_target: target }) =>
      target === null ? [] : [`${id}/${attempt}`],
    );
    const ended = logged.outcomes.map(({ request_id: id, attempt }) => `${id}/${attempt}`);
    expect(ended.toSorted()).toEqual(sent.toSorted());
    expect(new Set(ended).size).toBe(ended.length);
  });
});
