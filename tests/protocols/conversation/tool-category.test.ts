import { describe, expect, it } from 'vitest';
import { toolCategory, turnCategory } from '../../../src/protocols/conversation/tool-category.ts';
import { TOOL_CATEGORIES } from '../../../src/router/index.ts';

describe('B.3 the category of a tool call, by its name', () => {
  it.each([
    ['web_search', 'websearch'],
    ['WebSearch', 'websearch'],
    ['websearch', 'websearch'],
    ['brave_web_search', 'websearch'],
    ['google_search', 'websearch'],
    ['tavily-search', 'websearch'],
    ['web_fetch', 'websearch'],
    ['write_file', 'write'],
    ['Write', 'write'],
    ['Edit', 'write'],
    ['MultiEdit', 'write'],
    ['apply_patch', 'write'],
    ['str_replace_editor', 'write'],
    ['create_file', 'write'],
    ['mcp__filesystem__move_file', 'write'],
    ['read_file', 'read'],
    ['Read', 'read'],
    ['readFile', 'read'],
    ['view_image', 'read'],
    ['get_file', 'read'],
    ['mcp__filesystem__read_text_file', 'read'],
    ['Grep', 'search'],
    ['Glob', 'search'],
    ['LS', 'search'],
    ['list_dir', 'search'],
    ['search_files', 'search'],
    ['codebase_search', 'search'],
    ['get_weather', 'other'],
    ['create_issue', 'other'],
    ['TodoWrite', 'other'],
    ['update_plan', 'other'],
    ['', 'other'],
    ['x'.repeat(10_000), 'other'],
  ])('%s: %s', (name, expected) => {
    expect(toolCategory(name, '{"command":"cat x"}')).toBe(expected);
  });
});

describe('B.3 the category of a shell call, by its command', () => {
  it.each(['shell_command', 'shell', 'bash', 'exec_command', 'Bash'])('of %s', (name) => {
    expect(toolCategory(name, '{"command":"cat x"}')).toBe('read');
    expect(toolCategory(name, '{"command":["bash","-lc","rg foo"]}')).toBe('search');
  });

  it.each([
    ['{"command":"cat x"}', 'read'],
    ['{"cmd":"cat x"}', 'read'],
    ['{"script":"cat x"}', 'read'],
    ['{"input":"cat x"}', 'read'],
    ['{"command":["cat","x"],"workdir":"/"}', 'read'],
    ['{"command":7,"cmd":"cat x"}', 'read'],
    ['{"command":["cat",7]}', 'other'],
    ['{"command":"cat x', 'other'],
    ['cat x', 'other'],
    ['null', 'other'],
    ['[]', 'other'],
    ['', 'other'],
    [{ command: 'cat x' }, 'read'],
    [null, 'other'],
    [7, 'other'],
  ])('with the arguments %j: %s', (argumentsText, expected) => {
    expect(toolCategory('shell', argumentsText)).toBe(expected);
  });

  it('with its command as plain text', () => {
    expect(toolCategory('shell', 'cat x', true)).toBe('read');
  });
});

describe('B.3 the category of a turn with several calls', () => {
  it.each([
    [[], null],
    [['other'], 'other'],
    [['other', 'search'], 'search'],
    [['search', 'write'], 'write'],
    [['write', 'read'], 'read'],
    [['read', 'websearch'], 'websearch'],
    [TOOL_CATEGORIES, 'websearch'],
  ] as const)('%j: %s', (calls, expected) => {
    expect(turnCategory(calls)).toBe(expected);
    expect(turnCategory([...calls].reverse())).toBe(expected);
  });
});
