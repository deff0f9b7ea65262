import { describe, expect, it } from 'vitest';
import { parseRequest, readMarkers, type SteeringOptions } from '../../../src/protocols/openai/index.ts';
import { readSteering } from '../../../src/protocols/openai/steering.ts';
import type { Instruction } from '../../../src/router/index.ts';

const ALL: SteeringOptions = { hasRoutes: true, maySteer: true, backgroundKeywords: ['background'] };
const NO_ROUTES: SteeringOptions = { ...ALL, hasRoutes: false };
const MAY_NOT: SteeringOptions = { ...ALL, maySteer: false };
const MESSAGES = [{ role: 'user', content: 'hello' }];
const FORCE: readonly Instruction[] = [{ kind: 'force', name: 'p.m' }];

type Headers = Record<string, string>;

function read(fields: object, headers: Headers = {}, options = ALL, instructions: readonly Instruction[] = []) {
  return readSteering({ messages: MESSAGES, ...fields }, headers, 'alice', options, instructions);
}

describe('B.6 what steers a request', () => {
  it('is all that it says', () => {
    const metadata = {
      session_id: 's',
      routeHint: ' coding ',
      disabledProviderKeyAliases: ['p.main', ' p.2 '],
      excludedProviderKeys: ['q', 'p.main', ''],
      serverToolRequired: true,
    };
    expect(read({ metadata }, {}, ALL, FORCE)).toEqual({
      scope: 'session',
      scopeId: 'alice:session:s',
      signals: {
        latestFromUser: true,
        hasImage: false,
        wantsWebSearch: false,
        isBackground: false,
        lastTool: null,
        usesTools: false,
      },
      routeHint: 'coding',
      instructions: FORCE,
      bans: ['p.main', 'p.2', 'q'],
      needsServerTools: true,
    });
  });

  it('is nothing for a pool without routes and a client that may not steer', () => {
    const everything = {
      metadata: { session_id: 's', routeHint: 'r', excludedProviderKeys: 7, serverToolRequired: true },
    };
    expect(read(everything, {}, { ...NO_ROUTES, maySteer: false }, FORCE)).toBeNull();
  });

  it.each([
    ['nothing', {}, [], null],
    ['a hint that no route reads', { metadata: { routeHint: 'r' } }, [], null],
    ['a session', { session_id: 's' }, [], { scope: 'session' }],
    ['a conversation', { conversation: 'c' }, [], { scope: 'conversation' }],
    ['an earlier request', { previous_response_id: 'r' }, [], { scope: 'resume' }],
    ['an instruction', {}, FORCE, { scope: 'request', scopeId: 'alice:resume:', instructions: FORCE }],
    ['a ban', { metadata: { excludedProviderKeys: ['p'] } }, [], { scope: 'request', bans: ['p'] }],
    ['a tool of the provider', { tools: [{ type: 'web_search_preview' }] }, [], { needsServerTools: true }],
  ])('without routes there is steering for %s', (_, fields, instructions, expected) => {
    const steering = read(fields, {}, NO_ROUTES, instructions);
    if (expected === null) expect(steering).toBeNull();
    else expect(steering).toMatchObject({ ...expected, signals: null, routeHint: null });
  });

  it('refuses the bans of a client that may not steer: it would rely on them', () => {
    const metadata = { disabledProviderKeyAliases: [], excludedProviderKeys: ['p'] };
    for (const options of [MAY_NOT, { ...NO_ROUTES, maySteer: false }]) {
      expect(read({ metadata }, {}, options)).toMatchObject({ kind: 'problem', code: 'invalid_value' });
    }
  });

  it('leaves the instructions of a client that may not steer, and what looks like bans, but not its signals', () => {
    const metadata = { routeHint: 'r', excludedProviderKeys: 'a list of mine', disabledProviderKeyAliases: [] };
    expect(read({ metadata }, {}, MAY_NOT, FORCE)).toMatchObject({
      instructions: [],
      bans: [],
      routeHint: 'r',
      signals: { latestFromUser: true },
    });
  });
});

describe('B.4 the hint of a route', () => {
  it.each<[Headers, unknown, string | null]>([
    [{ 'x-token-pool-route': 'a', 'x-route-hint': 'b' }, 'c', 'a'],
    [{ 'x-token-pool-route': '  ', 'x-route-hint': ' b ' }, 'c', 'b'],
    [{}, ' c ', 'c'],
    [{}, ' ', null],
    [{}, 7, null],
    [{}, undefined, null],
    [{}, 'x'.repeat(10_000), 'x'.repeat(128)],
  ])('of headers %j and metadata %j', (headers, routeHint, expected) => {
    expect(read({ metadata: { routeHint } }, headers)).toMatchObject({ routeHint: expected });
  });
});

describe('B.6 bans of one request', () => {
  it.each([
    [{ excludedProviderKeys: 'p' }, 'invalid_type', 'metadata.excludedProviderKeys'],
    [{ disabledProviderKeyAliases: { p: 1 } }, 'invalid_type', 'metadata.disabledProviderKeyAliases'],
    [{ excludedProviderKeys: ['p', 7] }, 'invalid_type', 'metadata.excludedProviderKeys[1]'],
    [{ excludedProviderKeys: ['x'.repeat(300)] }, 'invalid_value', 'metadata.excludedProviderKeys[0]'],
    [{ excludedProviderKeys: Array<string>(65).fill('p') }, 'invalid_value', 'metadata.excludedProviderKeys'],
  ])('%j is a problem', (metadata, code, param) => {
    expect(read({ metadata })).toMatchObject({ kind: 'problem', status: 400, code, param });
    const body = Buffer.from(JSON.stringify({ model: 'm', messages: MESSAGES, metadata }));
    expect(parseRequest(body, 'chat', {}, 'alice', ALL)).toMatchObject({ kind: 'problem', code, param });
    expect(parseRequest(body, 'chat', {}, 'alice')).toMatchObject({ kind: 'request', features: { steering: null } });
  });

  it.each([[{ excludedProviderKeys: null }], [{ excludedProviderKeys: [] }], [null], ['text']])(
    '%j is none',
    (metadata) => {
      expect(read({ metadata })).toMatchObject({ bans: [] });
    },
  );
});

describe('B.4 tools that the provider runs', () => {
  it.each([
    [{ metadata: { serverToolRequired: true } }, true],
    [{ metadata: { serverToolRequired: 'true' } }, false],
    [{ tools: [{ type: 'web_search' }] }, true],
    [{ tools: [{ type: 'function', function: { name: 'web_search' } }, { type: 'web_search_20250305' }] }, true],
    [{ tools: [{ type: 'function', function: { name: 'web_search' } }] }, false],
    [{ tools: [{ type: 'custom', custom: { name: 'web_search' } }, 7, null] }, false],
    [{ tools: {} }, false],
  ])('%j: %s', (fields, expected) => {
    expect(read(fields)).toMatchObject({ needsServerTools: expected });
  });
});

describe('steering of a whole call', () => {
  it('comes from the body without its markers', () => {
    const messages = [
      { role: 'user', content: 'first' },
      { role: 'user', content: '<**!background.m**> hello' },
    ];
    const sent = Buffer.from(JSON.stringify({ model: 'm', messages, session_id: 's' }));
    const marked = readMarkers(sent);
    if (marked?.kind !== 'marked') throw new Error('no markers');
    expect(parseRequest(marked.body, 'chat', {}, 'alice', ALL, marked.instructions)).toMatchObject({
      kind: 'request',
      features: {
        sessionId: 'alice:s',
        steering: {
          scopeId: 'alice:session:s',
          instructions: [{ kind: 'sticky', name: 'background.m' }],
          signals: { isBackground: false },
        },
      },
    });
  });

  it('holds no text of the prompt', () => {
    const body = {
      messages: [{ role: 'user', content: 'secret: search the web in the background' }],
      tools: [{ type: 'function', function: { name: 'secret', description: 'secret' } }],
      metadata: { note: 'secret' },
    };
    expect(JSON.stringify(read(body))).not.toContain('secret');
  });

  it('is none for embeddings', () => {
    const body = Buffer.from(JSON.stringify({ model: 'm', input: 'x', session_id: 's' }));
    expect(parseRequest(body, 'embeddings', {}, 'alice', ALL)).toMatchObject({ features: { steering: null } });
  });
});
