/** What is sent is read again here, by a plain reading of the seed's rules, and has to say what the row says. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chatBody } from '../../../simulator/traffic/chat-body.ts';
import { embeddingsBody } from '../../../simulator/traffic/embeddings-body.ts';
import { requestHeaders } from '../../../simulator/traffic/request-headers.ts';
import { readChatCall } from '../../../simulator/twin-server/openai-request.ts';
import { readMarker } from '../../../datasets/instruction-markers.ts';
import type { TraceRow } from '../../../datasets/trace.ts';
import { TOOL_CATEGORIES, type Instruction, type RouteSignals, type Steering } from '../../../src/router/index.ts';
import { rowAt } from '../../../simulator/validate/small/pool-in-small.ts';

interface Part {
  readonly type: string;
  readonly text?: string;
}
interface Message {
  readonly role: string;
  readonly content: string | null | readonly Part[];
  readonly tool_calls?: readonly { readonly id: string; readonly function: { name: string; arguments: string } }[];
  readonly tool_call_id?: string;
}
interface Body {
  readonly messages: readonly Message[];
  readonly tools?: readonly { readonly function: { readonly name: string } }[];
  readonly metadata?: Readonly<Record<string, unknown>>;
}

const PLAIN: Steering = {
  scope: 'session',
  scopeId: 'session:s-1',
  signals: null,
  routeHint: null,
  instructions: [],
  bans: [],
  needsServerTools: false,
};
const rowOf = (steering: Partial<Steering>, changes: Partial<TraceRow> = {}): TraceRow => ({
  ...rowAt(0, 0),
  ...changes,
  steering: { ...PLAIN, ...steering },
});
const bodyOf = (row: TraceRow): Body => JSON.parse(chatBody(row, 'auto').toString('utf8')) as Body;

const partsOf = ({ content }: Message): readonly Part[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : (content ?? []);
const textOf = (message: Message): string =>
  partsOf(message)
    .map(({ text }) => text ?? '')
    .join('');
const holdsImage = (message: Message): boolean => partsOf(message).some(({ type }) => type === 'image_url');
const latestOfUser = ({ messages }: Body): Message => messages.findLast(({ role }) => role === 'user')!;

/** Classifiers look at the beginning of a message only. */
const SAMPLE_LENGTH = 2_000;

const CATEGORY: Readonly<Record<string, RouteSignals['lastTool']>> = {
  web_search: 'websearch',
  read_file: 'read',
  write_file: 'write',
  grep: 'search',
  calculate: 'other',
};

function signalsOf(body: Body): RouteSignals {
  const { messages, tools = [] } = body;
  const latest = messages.at(-1)!;
  const byUser = latest.role === 'user';
  const call = messages.findLast(({ role }) => role === 'assistant')?.tool_calls?.[0]?.function.name;
  const isLoneShell = tools.length === 1 && tools[0]!.function.name === 'exec_command';
  return {
    latestFromUser: byUser,
    hasImage: byUser && holdsImage(latest),
    wantsWebSearch: byUser && textOf(latest).slice(0, SAMPLE_LENGTH).includes('search the web'),
    isBackground: byUser && textOf(latest).slice(0, SAMPLE_LENGTH).includes('background'),
    lastTool: call === undefined ? null : CATEGORY[call]!,
    usesTools: (tools.length > 0 && !isLoneShell) || messages.some(({ tool_calls: calls }) => calls !== undefined),
  };
}

function instructionsOf(text: string): readonly Instruction[] {
  return [...text.matchAll(/<\*\*(.*?)\*\*>/gs)].flatMap((match) => {
    const read = readMarker(match[1]!);
    return read.ok ? read.value : [];
  });
}

const anySignals = fc
  .record({
    latestFromUser: fc.boolean(),
    hasImage: fc.boolean(),
    wantsWebSearch: fc.boolean(),
    isBackground: fc.boolean(),
    lastTool: fc.option(fc.constantFrom(...TOOL_CATEGORIES)),
    usesTools: fc.boolean(),
  })
  // As a classifier gives them: words and images of a user's turn alone, and who called a tool has some.
  .map((signals): RouteSignals => ({
    ...signals,
    hasImage: signals.latestFromUser && signals.hasImage,
    wantsWebSearch: signals.latestFromUser && signals.wantsWebSearch,
    isBackground: signals.latestFromUser && signals.isBackground,
    usesTools: signals.usesTools || signals.lastTool !== null,
  }));

describe('a row with steering', () => {
  it('has messages whose shape gives its signals, markers and size', () => {
    const instructions = fc.array(
      fc.constantFrom<Instruction>(
        { kind: 'clear', name: '' },
        { kind: 'force', name: 'aurora.large' },
        { kind: 'sticky', name: 'aurora.2' },
        { kind: 'allow', name: 'borealis' },
        { kind: 'disable', name: 'aurora.main' },
        { kind: 'enable', name: 'aurora' },
      ),
      { maxLength: 4 },
    );
    const traits = fc.record({
      hasTools: fc.boolean(),
      hasImage: fc.boolean(),
      inputTokens: fc.integer({ min: 200, max: 5_000 }),
    });
    fc.assert(
      fc.property(anySignals, instructions, traits, (signals, said, changes) => {
        const row = rowOf(
          { signals, instructions: said },
          { ...changes, hasImage: changes.hasImage || signals.hasImage },
        );
        const body = bodyOf(row);
        expect(signalsOf(body)).toEqual(signals);
        expect(instructionsOf(textOf(latestOfUser(body)))).toEqual(said);
        expect(body.messages.some(holdsImage)).toBe(row.hasImage);
        expect(body.tools !== undefined).toBe(row.hasTools);
        const call = readChatCall(body);
        expect('problem' in call ? call : call.prompt.tokens).toBe(row.inputTokens);
      }),
    );
  });

  it('answers each call with a result, and calls with arguments that are JSON', () => {
    for (const lastTool of TOOL_CATEGORIES) {
      const signals = { ...signalsOf(bodyOf(rowOf({}))), latestFromUser: false, lastTool, usesTools: true };
      const { messages } = bodyOf(rowOf({ signals }));
      expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool']);
      const call = messages[1]!.tool_calls![0]!;
      expect(messages[2]!.tool_call_id).toBe(call.id);
      expect(JSON.parse(call.function.arguments)).toBeTypeOf('object');
    }
  });

  it('that tells no signals is one message, with its markers at the end', () => {
    const instructions: readonly Instruction[] = [{ kind: 'sticky', name: 'aurora.large' }];
    const { messages } = bodyOf(rowOf({ instructions }, { hasImage: true, hasTools: true }));
    expect(messages).toHaveLength(1);
    expect(textOf(messages[0]!)).toMatch(/ <\*\*!aurora\.large\*\*> *$/);
    expect(holdsImage(messages[0]!)).toBe(true);
  });

  it('begins its prompt as the turn before', () => {
    const turn = (requestId: string, inputTokens: number): string =>
      textOf(bodyOf(rowOf({}, { requestId, inputTokens, sessionId: 's' })).messages[0]!);
    expect(turn('b', 900).startsWith(turn('a', 700))).toBe(true);
  });

  it('leaves out what no marker can say, and sends more than its size when what it says needs it', () => {
    const instructions: readonly Instruction[] = [
      { kind: 'force', name: 'aurora.vendor/large' },
      { kind: 'allow', name: 'aurora.large' },
      { kind: 'disable', name: 'aurora' },
    ];
    const body = bodyOf(rowOf({ instructions }, { inputTokens: 1 }));
    expect(instructionsOf(textOf(latestOfUser(body)))).toEqual([{ kind: 'disable', name: 'aurora' }]);
  });

  it('names bans in the metadata, and session and route in headers', () => {
    const headersOf = (row: TraceRow): Record<string, string> => {
      const list = requestHeaders(row, null);
      return Object.fromEntries(list.flatMap((name, place) => (place % 2 === 0 ? [[name, list[place + 1]!]] : [])));
    };
    const row = rowOf({ bans: ['aurora.1', 'borealis.main'], routeHint: 'longcontext' });
    expect(bodyOf(row).metadata).toEqual({ disabledProviderKeyAliases: ['aurora.1', 'borealis.main'] });
    expect(headersOf(row)).toMatchObject({ 'x-token-pool-session': 's-1', 'x-token-pool-route': 'longcontext' });
    const odd = rowOf({ routeHint: 'lang – weit', scope: 'conversation', scopeId: 'conversation:c-1' });
    expect(bodyOf(odd).metadata).toEqual({ routeHint: 'lang – weit' });
    for (const header of ['x-token-pool-session', 'x-token-pool-route'])
      expect(headersOf(odd)).not.toHaveProperty(header);
    expect(headersOf(odd)).toMatchObject({ 'x-token-pool-conversation': 'c-1' });
    expect(headersOf(rowOf({ scope: 'resume', scopeId: 'r-7' }))).toMatchObject({ 'x-token-pool-resume': 'r-7' });
    expect(headersOf(rowOf({ scopeId: 'session:zwölf' }))['x-token-pool-session']).toBe('zw%C3%B6lf');
    const alone = rowOf({ scope: 'request', scopeId: 'r' });
    expect(headersOf(alone)).not.toHaveProperty('x-token-pool-session');
    expect(bodyOf(alone)).not.toHaveProperty('metadata');
    // The header that the twins take a session from would mean another scope to a proxy.
    const apart = rowOf({ scope: 'request', scopeId: 'r' }, { sessionId: 's-9' });
    expect(headersOf(apart)).not.toHaveProperty('x-session-id');
    expect(bodyOf(apart)).toMatchObject({ prompt_cache_key: 's-9' });
    expect(headersOf({ ...row, sessionId: 's-9' })).toMatchObject({ 'x-session-id': 's-9' });
    expect(headersOf({ ...row, steering: null, sessionId: 's' })).not.toHaveProperty('x-token-pool-session');
  });

  it('for embeddings stays a text', () => {
    const body: unknown = JSON.parse(embeddingsBody(rowOf({ bans: ['a'] }), 'm').toString());
    expect(Object.keys(body as object)).toEqual(['model', 'input']);
  });
});
