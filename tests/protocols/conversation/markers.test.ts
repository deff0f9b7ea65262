import { describe, expect, it } from 'vitest';
import { cutMarkers, INSTRUCTIONS_MAX } from '../../../src/protocols/conversation/markers.ts';

/** `kind name` of each instruction; null for ordinary text. */
function read(text: string): readonly string[] | null {
  return cutMarkers(text)?.instructions.map(({ kind, name }) => (name === '' ? kind : `${kind} ${name}`)) ?? null;
}

const rest = (text: string): string => cutMarkers(text)?.rest ?? text;

describe('B.6 grammar: a form and what it asks for', () => {
  it.each([
    ['<**openai.gpt-4o**>', ['force openai.gpt-4o']],
    ['<**openai.main.gpt-4.1**>', ['force openai.main.gpt-4.1']],
    ['<**glm.glm-4.7**>', ['force glm.glm-4.7']],
    ['<**openai.2**>', ['force openai.2']],
    ['<**!openai.gpt-4o**>', ['sticky openai.gpt-4o']],
    ['<**!openai.main.gpt-4.1**>', ['sticky openai.main.gpt-4.1']],
    ['<**!openai.1**>', ['sticky openai.1']],
    ['<**!openai**>', ['allow openai']],
    ['<**!openai,glm**>', ['allow openai', 'allow glm']],
    ['<**!openai,glm.1**>', ['allow openai', 'sticky glm.1']],
    ['<**#openai**>', ['disable openai']],
    ['<**#openai.1**>', ['disable openai.1']],
    ['<**#openai.main**>', ['disable openai.main']],
    ['<**#openai.gpt-4.1**>', ['disable openai.gpt-4.1']],
    ['<**#openai,glm.2,qwen.max**>', ['disable openai', 'disable glm.2', 'disable qwen.max']],
    ['<**@openai**>', ['enable openai']],
    ['<**@openai.1**>', ['enable openai.1']],
    ['<**@openai.main,glm**>', ['enable openai.main', 'enable glm']],
    ['<**clear**>', ['clear']],
    ['<**CleaR**>', ['clear']],
    ['<**openai**>', ['allow openai']],
    ['<**openai,glm.1**>', ['allow openai', 'force glm.1']],
    ['<**sticky:openai.gpt-4o**>', ['sticky openai.gpt-4o']],
    ['<**sticky:openai**>', ['sticky openai']],
    ['<**force:openai.gpt-4o**>', ['force openai.gpt-4o']],
    ['<**force:openai, glm.1**>', ['force openai', 'force glm.1']],
  ])('%s', (text, expected) => {
    expect(read(text)).toEqual(expected);
    expect(rest(text)).toBe('');
  });

  it.each([
    ['blanks around the body', '<**  !openai.gpt-4o\t**>', ['sticky openai.gpt-4o']],
    ['blanks around its parts', '<**# openai , glm **>', ['disable openai', 'disable glm']],
    ['several lines', '<**\n#openai,\r\n glm\n**>', ['disable openai', 'disable glm']],
    ['letters, digits, _ and -', '<**A_b-9.X_y-0**>', ['force A_b-9.X_y-0']],
    ['case kept', '<**OpenAI.GPT**>', ['force OpenAI.GPT']],
    ['several markers in their order', '<**clear**>a<**#p**> b\n<**q.m**>', ['clear', 'disable p', 'force q.m']],
    ['the shortest match', '<**not this <**p.m**> nor this**>', ['force p.m']],
    ['an opening too many', '<**<**p.m**>', ['force p.m']],
  ])('takes %s', (_, text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  it.each([
    '<****>',
    '<** **>',
    '<**>',
    '<**p.m*>',
    '<*p.m*>',
    '< **p.m** >',
    '<**p..m**>',
    '<**p.**>',
    '<**.m**>',
    '<**p,**>',
    '<**,p**>',
    '<**!**>',
    '<**!!p**>',
    '<**!#p**>',
    '<**p q**>',
    '<**p .m**>',
    '<**p/m**>',
    '<**p.m:chat**>',
    '<**p[alias].m**>',
    '<**prefer:p.m**>',
    '<**FORCE:p.m**>',
    '<**stopMessage:"go on",3**>',
    '<**stopMessage:clear**>',
    '<**précis**>',
    '<**p***>',
    '<***p**>',
    '<**p\n\nq**>',
    '<**bold** text**>',
    `<**${'x'.repeat(1_019)}**>`,
    `<**${' '.repeat(1_019)}p**>`,
  ])('%j is ordinary text', (text) => {
    expect(cutMarkers(text)).toBeNull();
  });

  it('bounds the length of a marker and the number of instructions', () => {
    expect(read(`<**${'x'.repeat(1_018)}**>`)).toHaveLength(1);
    const many = `<**p**>${'<**#a,b,c**>'.repeat(40)}text`;
    expect(read(many)).toHaveLength(INSTRUCTIONS_MAX);
    expect(read(many)!.slice(0, 3)).toEqual(['allow p', 'disable a', 'disable b']);
    expect(rest(many)).toBe('text');
    expect(cutMarkers(many)!.hasMore).toBe(true);
    expect(cutMarkers('<**p**>')!.hasMore).toBe(false);
  });
});

describe('B.6 code is left alone', () => {
  it.each([
    ['a code span', 'write `<**p.m**>` for it'],
    ['a code span of several backticks', 'write `` ` <**p.m**> `` for it'],
    ['a code span over two lines', 'write `a\n<**p.m**>` for it'],
    ['a fence', 'so:\n```\n<**p.m**>\n```\nthere'],
    ['a fence with a language', '```markdown\n<**p.m**>\n```'],
    ['the line of a fence', '``` <**p.m**>\n```'],
    ['a fence of tildes', '~~~\n<**p.m**>\n```\n<**q**>\n~~~'],
    ['a longer fence around a shorter one', '````\n```\n<**p.m**>\n```\n<**p.m**>\n````'],
    ['an indented fence', '- item\n      ```\n      <**p.m**>\n      ```'],
    ['a fence that is never closed', 'so:\n```\n<**p.m**>\n\nmore <**q**>'],
    ['a fence that is closed by no line with more in it', '```\n``` x\n<**p.m**>\n```'],
    ['a fence of Windows', '```\r\n<**p.m**>\r\n```\r\n'],
  ])('%s', (_, text) => {
    expect(cutMarkers(text)).toBeNull();
  });

  it.each([
    ['a lone backtick', 'don`t <**p.m**>', 'don`t'],
    ['backticks of two lengths', '`` <**p.m**> `', '`` `'],
    ['backticks of two paragraphs', 'a `\n\n<**p.m**>\n\nb `', 'a `\n\n\nb `'],
    ['a fence behind a backtick', 'a `\n```\ncode\n```\n<**p.m**> `', 'a `\n```\ncode\n```\n`'],
    ['two tildes', '~~<**p.m**>~~', '~~ ~~'],
    ['behind a fence', '```\n<**q**>\n```\n<**p.m**>', '```\n<**q**>\n```'],
    ['behind a code span', '`<**q**>` <**p.m**>', '`<**q**>`'],
    ['before a fence that opens in its line', '<**p.m**>```\n<**q**>\n```', '```\n<**q**>\n```'],
  ])('%s is no code', (_, text, expected) => {
    expect(read(text)).toEqual(['force p.m']);
    expect(rest(text)).toBe(expected);
  });
});

describe('B.6 what is left of a text', () => {
  it.each([
    ['first\n<**p**>\nsecond', 'first\nsecond'],
    ['first\r\n  <**p**> <**q**>\t\r\nsecond', 'first\r\nsecond'],
    ['<**p**>\nsecond', 'second'],
    ['first\n<**p**>', 'first'],
    ['first\r\n<**p**> ', 'first'],
    ['first\n\n<**p**>\n\nsecond', 'first\n\n\nsecond'],
    ['<**p**> do it', 'do it'],
    ['  <**p**> do it', '  do it'],
    ['<**p**> <**q**> do it', 'do it'],
    ['do it <**p**>', 'do it'],
    ['do it  <**p**> <**q**>  \nnow', 'do it\nnow'],
    ['use <**p**> please', 'use please'],
    ['use <**p**> \t <**q**> please', 'use please'],
    ['use<**p**> please', 'use please'],
    ['use <**p**>please', 'use please'],
    ['use<**p**>please', 'useplease'],
    ['请<**p**>帮我', '请帮我'],
    ['one <**p,\nq**> two', 'one two'],
    ['one\n<**p,\nq**>\ntwo', 'one\ntwo'],
    ['a<<**p**>**q**>b', 'ab'],
    ['a<**p<**q**>.m**>b', 'ab'],
    ['`a`<**p**>`b`', '`a` `b`'],
    ['\ud800 <**p**> \udc00', '\ud800 \udc00'],
    [' <**p**> ', ''],
  ])('%j becomes %j', (text, expected) => {
    expect(rest(text)).toBe(expected);
  });
});
