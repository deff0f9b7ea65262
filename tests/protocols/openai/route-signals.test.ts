import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BACKGROUND_KEYWORDS_DEFAULT } from '../../../src/protocols/conversation/background-words.ts';
import { routeSignals } from '../../../src/protocols/openai/route-signals.ts';

const user = (content: unknown) => ({ role: 'user', content });
const call = (name: string, args: object = {}) => ({
  type: 'function',
  function: { name, arguments: JSON.stringify(args) },
});
const turn = (...calls: unknown[]) => ({ role: 'assistant', content: null, tool_calls: calls });
const RESULT = { role: 'tool', content: 'search the web for the background' };
const IMAGE = { type: 'image_url', image_url: { url: 'data:' } };
const TOOL = { type: 'function', function: { name: 'look' } };
const EXEC = { type: 'function', function: { name: 'exec_command' } };

const signals = (messages: readonly unknown[], body: object = {}) =>
  routeSignals(messages, { ...body }, BACKGROUND_KEYWORDS_DEFAULT);

const QUIET = {
  latestFromUser: true,
  hasImage: false,
  wantsWebSearch: false,
  isBackground: false,
  lastTool: null,
  usesTools: false,
};

describe('B.3 features of a chat', () => {
  it.each([
    ['a plain question', [user('hello')], {}],
    ['an image', [user([{ type: 'text', text: 'what is it?' }, IMAGE])], { hasImage: true }],
    ['an image further back', [user([IMAGE]), { role: 'assistant', content: 'a cat' }, user('sure?')], {}],
    [
      'an image in a loop of tools',
      [user([IMAGE]), turn(call('look')), RESULT],
      { latestFromUser: false, lastTool: 'other', usesTools: true },
    ],
    ['a search of the web', [user('search the web for it')], { wantsWebSearch: true }],
    [
      'one in a part',
      [user([IMAGE, { type: 'text', text: 'search the web for it' }])],
      { hasImage: true, wantsWebSearch: true },
    ],
    ['one further back', [user('search the web for it'), { role: 'assistant', content: 'no' }, user('ok')], {}],
    ['one beyond the sample', [user(`${'x '.repeat(1_000)}search the web`)], {}],
    ['background work', [user('A Background job')], { isBackground: true }],
    [
      'words of others',
      [user('go'), { role: 'assistant', content: 'search the web for the background' }],
      { latestFromUser: false },
    ],
    ['only a system message', [{ role: 'system', content: 'background' }], { latestFromUser: false }],
    ['no messages', [], { latestFromUser: false }],
    ['messages that are none', [7, null, ['user']], { latestFromUser: false }],
  ])('%s', (_, messages, expected) => {
    expect(signals(messages)).toEqual({ ...QUIET, ...expected });
  });

  it.each([
    ['reading', [user('x'), turn(call('read_file')), RESULT], 'read'],
    ['writing', [user('x'), turn(call('shell', { command: ['bash', '-lc', 'cat > a'] })), RESULT], 'write'],
    ['searching', [user('x'), turn(call('exec_command', { cmd: 'rg foo' })), RESULT], 'search'],
    ['the web', [user('x'), turn(call('web_search')), RESULT], 'websearch'],
    ['something else', [user('x'), turn(call('get_weather')), RESULT], 'other'],
    ['the first in rank of several', [user('x'), turn(call('Grep'), call('Edit'), call('Read')), RESULT], 'read'],
    ['the last turn of several', [user('x'), turn(call('Read')), RESULT, turn(call('Edit')), RESULT], 'write'],
    ['a turn before words', [turn(call('Edit')), RESULT, { role: 'assistant', content: 'done' }, user('x')], 'write'],
    ['a turn before an empty list', [turn(call('Edit')), turn()], 'write'],
    ['a call of the old form', [{ role: 'assistant', function_call: { name: 'Read', arguments: '{}' } }], 'read'],
    ['a custom tool', [turn({ type: 'custom', custom: { name: 'apply_patch', input: '***' } })], 'write'],
    ['a custom shell', [turn({ type: 'custom', custom: { name: 'shell', input: 'ls' } })], 'search'],
    ['a broken call', [turn(7, { function: { name: 7 } })], 'other'],
    ['broken arguments', [turn({ function: { name: 'shell', arguments: '{"command":"cat' } })], 'other'],
    ['a call that is not the assistant’s', [{ ...turn(call('Read')), role: 'user' }], null],
  ])('last tool: %s', (_, messages, expected) => {
    expect(signals(messages)).toMatchObject({ lastTool: expected, usesTools: expected !== null });
  });

  it.each([
    [{ tools: [TOOL] }, true],
    [{ tools: [EXEC] }, false],
    [{ tools: [{ type: 'function', name: 'exec_command' }] }, false],
    [{ tools: [EXEC, TOOL] }, true],
    [{ tools: [EXEC], functions: [{ name: 'look' }] }, true],
    [{ functions: [{ name: 'look' }] }, true],
    [{ tools: [{ type: 'web_search' }] }, true],
    [{ tools: [7] }, true],
    [{ tools: [] }, false],
    [{ tools: {} }, false],
  ])('tools are used with %j: %s', (body, expected) => {
    expect(signals([user('x')], body).usesTools).toBe(expected);
  });

  it('never throws on arbitrary JSON', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.jsonValue(), fc.jsonValue(), (messages, any, other) => {
        const awkward = [
          ...messages,
          { role: 'assistant', tool_calls: [any, { function: any }] },
          { role: 'user', content: other },
        ];
        expect(signals(awkward, { tools: any }).latestFromUser).toBe(true);
        signals([{ role: 'user', content: [other] }], { tools: [any], functions: other });
      }),
    );
  });
});
