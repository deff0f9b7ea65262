/** Routes, instructions, sessions and bans through the live proxy, with the official client. */
import type OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { explainRequest } from '../../../src/log/explain-request.ts';
import { openLog } from '../../../src/log/log-reader.ts';
import { CHAT, wholeAnswer } from '../upstream/rough-server.ts';
import { expectParity, readLogged } from './logged-rows.ts';
import { forTest } from './proxy-of-test.ts';
import { sha256, startBeforeRough, type LiveProxy, type LiveSettings } from './running-proxy.ts';

const SECRETS = { steerer: 'sk-client-steerer', plain: 'sk-client-plain', refused: 'sk-client-refused' };
const CLIENT_KEYS = [
  { name: 'steerer', secretSha256: sha256(SECRETS.steerer), instructions: 'apply' },
  { name: 'plain', secretSha256: sha256(SECRETS.plain) },
  { name: 'refused', secretSha256: sha256(SECRETS.refused), instructions: 'refuse' },
];
/** Two providers of two keys and two models each. */
const KEYS = [
  { alias: 'main', secretEnv: 'ROUGH_KEY' },
  { alias: 'spare', secretEnv: 'ROUGH_KEY' },
];
const PRICES = { inputUsdPerMillion: 1, outputUsdPerMillion: 2 };
const MODELS = [
  { id: 'm', prices: PRICES },
  { id: 'n-4.5', prices: PRICES },
];
const ROUTING = {
  default: ['a.m'],
  thinking: [
    { id: 'best', targets: ['a.main.m'] },
    { id: 'refuge', backup: true, targets: ['b.m'] },
  ],
  coding: ['b.spare.m'],
  nightly: ['b.main.m'],
};

type Steered = Awaited<ReturnType<typeof startSteered>>;

/** @param routing of the pool; null: a pool without routes */
function startSteered(
  routing: Readonly<Record<string, unknown>> | null = ROUTING,
  settings: Partial<LiveSettings> = {},
) {
  const answer = wholeAnswer(200, CHAT);
  const behave = (socket: { write(text: string): unknown }): void => void socket.write(answer);
  return startBeforeRough([behave, behave], {
    provider: { provider: { keys: KEYS, models: MODELS } },
    clientKeys: CLIENT_KEYS,
    ...settings,
    ...(routing === null ? {} : { routing }),
  });
}

const clientOf = (live: LiveProxy, who: keyof typeof SECRETS, session?: string): OpenAI =>
  live.client({
    apiKey: SECRETS[who],
    ...(session === undefined ? {} : { defaultHeaders: { 'x-session-id': session } }),
  });

type Message = OpenAI.ChatCompletionMessageParam;
const user = (content: string): Message => ({ role: 'user', content });

interface Seen {
  readonly target: string | null;
  readonly route: string | null;
  readonly requestId: string;
}

async function ask(client: OpenAI, messages: Message[] | string, extra: object = {}): Promise<Seen> {
  const list = typeof messages === 'string' ? [user(messages)] : messages;
  const { response } = await client.chat.completions.create({ model: 'auto', messages: list, ...extra }).withResponse();
  return {
    target: response.headers.get('x-token-pool-target'),
    route: response.headers.get('x-token-pool-route'),
    requestId: response.headers.get('x-token-pool-request-id')!,
  };
}

/** The messages that providers were sent, in order. */
function upstreamMessages(live: Steered): unknown[] {
  const bodies = live.servers.flatMap(({ requests }) => requests.map(({ body }) => body));
  return bodies.map((body) => (JSON.parse(body) as { messages: unknown }).messages);
}

describe('a session that steers', () => {
  it('sets sticky, bans a key, survives a restart and a kill, and clears', async () => {
    const live = await forTest(startSteered());
    const said = 'Say something.';
    const session = 'a-session-of-mine';
    const mine = () => clientOf(live, 'steerer', session);
    expect(await ask(mine(), said)).toMatchObject({ target: 'a.main.m', route: 'thinking/best' });

    // Sticky: the model is named, so its keys take turns, wherever the routes would go.
    const sticky = [await ask(mine(), `<**!b.m**>${said}`), await ask(mine(), said)];
    expect(new Set(sticky.map(({ target }) => target))).toEqual(new Set(['b.main.m', 'b.spare.m']));
    expect(sticky.map(({ route }) => route)).toEqual(['thinking/sticky', 'thinking/sticky']);
    // A ban takes one of them away.
    expect((await ask(mine(), `<**#b.spare**> ${said}`)).target).toBe('b.main.m');
    expect((await ask(mine(), said)).target).toBe('b.main.m');
    // Another session, and another client of the same words, know nothing of it.
    expect((await ask(clientOf(live, 'steerer', 'another'), said)).target).toBe('a.main.m');

    await live.restart();
    for (let count = 0; count < 3; count++) expect((await ask(mine(), said)).target).toBe('b.main.m');
    await live.serve();
    expect((await ask(mine(), said)).target).toBe('b.main.m');
    await live.served.end('SIGKILL');
    await live.restart();
    expect((await ask(mine(), said)).target).toBe('b.main.m');

    expect((await ask(mine(), `<**clear**>${said}`)).target).toBe('a.main.m');
    expect((await ask(mine(), said)).route).toBe('thinking/best');
    expect(JSON.stringify(upstreamMessages(live))).not.toContain('<**');
    await live.close();
    const logged = await readLogged(live.logFolder);
    expectParity(logged);
    expect(JSON.stringify(logged)).not.toContain(session);
    expect(new Set(logged.decisions.map(({ steering }) => steering))).toEqual(new Set(['none', 'sticky']));
  }, 60_000);

  it('forces for one turn, tool loop included, and no longer', async () => {
    const live = await forTest(startSteered());
    const client = clientOf(live, 'steerer', 's');
    const turn = user('<**b.main.n-4.5**> Read the file.');
    expect(await ask(client, [turn])).toMatchObject({ target: 'b.main.n-4.5', route: 'thinking/forced' });
    const call = { id: 'c1', type: 'function' as const, function: { name: 'read_file', arguments: '{}' } };
    const loop: Message[] = [
      turn,
      { role: 'assistant', tool_calls: [call] },
      { role: 'tool', tool_call_id: 'c1', content: 'text' },
    ];
    expect((await ask(client, loop)).target).toBe('b.main.n-4.5');
    expect((await ask(client, [...loop, user('Thanks.')])).target).toBe('a.main.m');
  });

  it('bans for one request by metadata, and never for the session', async () => {
    const live = await forTest(startSteered());
    const client = clientOf(live, 'steerer', 's');
    const banned = { metadata: { disabledProviderKeyAliases: ['a.main'] } };
    expect((await ask(client, '<**#b.main**>Hello', banned)).target).toBe('b.spare.m');
    expect((await ask(client, 'Hello')).target).toBe('a.main.m');
    expect((await ask(client, 'Hello', { metadata: { excludedProviderKeys: ['a.1'] } })).target).toBe('b.spare.m');
  });

  it('goes on by a conversation, and by an earlier request', async () => {
    const live = await forTest(startSteered());
    const client = clientOf(live, 'steerer');
    const first = await ask(client, '<**!b.spare.m**>Hello');
    expect(first.target).toBe('b.spare.m');
    expect((await ask(client, 'Hello')).target).toBe('a.main.m');
    const resumed = await ask(client, 'Hello', { metadata: { previousRequestId: first.requestId } });
    expect(resumed.target).toBe('b.spare.m');
    const again = await ask(client, 'Hello', { metadata: { previousRequestId: resumed.requestId } });
    expect(again.target).toBe('b.spare.m');
    const spoken = { metadata: { conversation_id: 'c' } };
    expect((await ask(client, '<**!b.main.m**>Hello', spoken)).target).toBe('b.main.m');
    expect((await ask(client, 'Hello', spoken)).target).toBe('b.main.m');
  });
});

describe('B.12.17 sessions', () => {
  it('are as many as there are ids, though several would make one name of a file', async () => {
    const live = await forTest(startSteered());
    const ids = ['a/b', 'a_b', 'a.b', '../a_b', 'a b'];
    const places = ['a.main.m', 'a.spare.m', 'b.main.m', 'b.spare.m', 'b.main.n-4.5'];
    for (const [index, id] of ids.entries()) await ask(clientOf(live, 'steerer', id), `<**!${places[index]}**>Hello`);
    for (const [index, id] of ids.entries()) {
      expect((await ask(clientOf(live, 'steerer', id), 'Hello')).target).toBe(places[index]);
    }
    // Equal ids of another client key are another session.
    expect((await ask(clientOf(live, 'plain', 'a_b'), 'Hello')).target).toBe('a.main.m');
    await live.close();
    const logged = JSON.stringify(await readLogged(live.logFolder));
    for (const id of ['a/b', '../a_b']) expect(logged).not.toContain(id);
  });
});

describe('markers', () => {
  it('stay untouched in code, and go from string and array content, of every user message', async () => {
    const live = await forTest(startSteered());
    const code = 'Use `<**!b.m**>` so:\n```\n<**clear**>\n```';
    await ask(clientOf(live, 'steerer'), [
      user('<**!b.m**>first'),
      { role: 'assistant', content: 'I leave <**clear**> alone.' },
      { role: 'user', content: [{ type: 'text', text: `<**a.main.n-4.5**>${code}` }] },
    ]);
    expect(upstreamMessages(live)).toEqual([
      [
        { role: 'user', content: 'first' },
        { role: 'assistant', content: 'I leave <**clear**> alone.' },
        { role: 'user', content: [{ type: 'text', text: code }] },
      ],
    ]);
  });

  it('of a key without the privilege pass as text, with no effect', async () => {
    const live = await forTest(startSteered());
    const text = '<**!b.m**>Hello';
    expect((await ask(clientOf(live, 'plain', 's'), text)).target).toBe('a.main.m');
    // Who bans a key relies on it, so a ban without effect is no answer.
    const banned = ask(clientOf(live, 'plain', 's'), 'Hello', { metadata: { disabledProviderKeyAliases: ['a.main'] } });
    await expect(banned).rejects.toMatchObject({ status: 400, param: 'metadata.disabledProviderKeyAliases' });
    expect(upstreamMessages(live)[0]).toEqual([{ role: 'user', content: text }]);
  });

  it('of a key whose instructions are refused give 403, and reach nobody', async () => {
    const live = await forTest(startSteered());
    await expect(ask(clientOf(live, 'refused'), '<**!b.m**>Hello')).rejects.toMatchObject({
      status: 403,
      code: 'instructions_not_allowed',
    });
    expect((await ask(clientOf(live, 'refused'), 'Hello')).target).toBe('a.main.m');
    expect(upstreamMessages(live)).toHaveLength(1);
  });

  it('that name nothing give a clear error, are not logged, and change nothing', async () => {
    const live = await forTest(startSteered());
    const client = clientOf(live, 'steerer', 's');
    const asked = ask(client, '<**!b.m**> <**#secretword**>Hello');
    await expect(asked).rejects.toMatchObject({ status: 503, code: 'PROVIDER_NOT_AVAILABLE' });
    await expect(asked).rejects.toThrow(/no provider, key or model "secretword"/);
    expect((await ask(client, 'Hello')).target).toBe('a.main.m');
    await expect(ask(client, '<**clear**>')).rejects.toMatchObject({ status: 400, code: 'NO_STANDARDIZED_REQUEST' });
    await live.close();
    expect(JSON.stringify(await readLogged(live.logFolder))).not.toContain('secretword');
  });

  it('steer a pool without routes too', async () => {
    const live = await forTest(startSteered(null));
    const client = clientOf(live, 'steerer', 's');
    expect((await ask(client, '<**!b.spare.n-4.5**>Hello')).target).toBe('b.spare.n-4.5');
    expect(await ask(client, 'Hello')).toMatchObject({ target: 'b.spare.n-4.5', route: 'model/sticky' });
  });
});

describe('routes', () => {
  it('are found by hint, by signals and by the backup pool', async () => {
    const live = await forTest(startSteered());
    const client = clientOf(live, 'plain');
    expect(await ask(client, 'Hello', { metadata: { routeHint: 'nightly' } })).toMatchObject({
      route: 'nightly/nightly:pool0',
    });
    const wrote = {
      id: 'c',
      type: 'function' as const,
      function: { name: 'shell', arguments: '{"command":"echo x > f"}' },
    };
    const loop: Message[] = [
      user('Write it.'),
      { role: 'assistant', tool_calls: [wrote] },
      { role: 'tool', tool_call_id: 'c', content: '' },
    ];
    expect(await ask(client, loop)).toMatchObject({ target: 'b.spare.m', route: 'coding/coding:pool0' });
    live.proxy.driver.order({ kind: 'disable', target: 'a.main.m', untilMs: null });
    expect((await ask(client, 'Hello')).route).toBe('thinking/refuge');
    await expect(ask(client, 'Hello', { metadata: { routeHint: 'no-such' } })).rejects.toMatchObject({
      status: 404,
      code: 'ROUTE_NOT_FOUND',
    });
    for (const id of ['a.spare.m', 'b.main.m', 'b.spare.m']) {
      live.proxy.driver.order({ kind: 'disable', target: id, untilMs: null });
    }
    const refused = await live.chat({ model: 'auto' }, { headers: { authorization: `Bearer ${SECRETS.plain}` } });
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({
      error: {
        code: 'PROVIDER_NOT_AVAILABLE',
        message: 'All providers unavailable for route "thinking".',
        details: {
          routeName: 'thinking',
          attempted: ['thinking:best:health', 'thinking:refuge:health', 'default:default:pool0:health'],
        },
      },
    });
  });

  it('are told by explain: route, reason, pool and scope of a logged request', async () => {
    const live = await forTest(startSteered());
    const { requestId } = await ask(clientOf(live, 'steerer', 's'), '<**!b.m**>Hello');
    await live.close();
    const reader = await openLog(live.logFolder);
    try {
      const { decisions } = await explainRequest(reader, requestId);
      expect(decisions[0]!.decision).toMatchObject({
        route: null,
        requested_route: 'thinking',
        route_pool: 'sticky',
        route_reason: 'thinking:user-input',
        steering: 'sticky',
        session_scope: 'session',
      });
    } finally {
      reader.close();
    }
  });
});

describe('hit lines', () => {
  it('tell on standard error which way each request went, and never of whom or of what', async () => {
    const live = await forTest(
      startSteered(ROUTING, { isServed: true, logLevel: 'silent', serveOptions: ['--hits', 'always'] }),
    );
    await ask(clientOf(live, 'steerer', 'a-session-of-mine'), 'A question of mine.');
    await ask(clientOf(live, 'steerer', 'a-session-of-mine'), '<**!b.spare.m**>A question of mine.');
    await live.close();
    const lines = live.served.stderr().trimEnd().split('\n');
    expect(lines.map((line) => line.replace(/\d\d:\d\d:\d\d/, 'TIME'))).toEqual([
      '[virtual-router-hit] TIME thinking/best -> a[main].m reason=thinking:user-input',
      '[virtual-router-hit] TIME sticky/sticky -> b[spare].m [sticky:session] reason=sticky',
    ]);
  });

  it('are not written unless there is a terminal or they are asked for', async () => {
    const live = await forTest(startSteered(ROUTING, { isServed: true, logLevel: 'silent' }));
    await ask(clientOf(live, 'plain'), 'Hello');
    await live.close();
    expect(live.served.stderr()).toBe('');
  });
});
