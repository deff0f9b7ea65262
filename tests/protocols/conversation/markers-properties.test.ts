import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutMarkers } from '../../../src/protocols/conversation/markers.ts';
import { INSTRUCTION_KINDS } from '../../../src/router/index.ts';

const rest = (text: string): string => cutMarkers(text)?.rest ?? text;

/** Pieces of which texts are made that are as awkward as can be. */
const PIECES = [
  ['<**', '**>', '<**p**>', '<**!p.m**>', '<**p,\nq**>', '<**#p.1**>', '<**clear**>', '<**\n\np**>'],
  ['<', '*', '>', 'p', '.', ',', '!', '`', '``', '```', '```js', '~', '~~~'],
  ['\n', '\n\n', '\r\n', ' ', '    ', '\t', 'x', '語', '\ud800'],
].flat();
const awkward = fc.array(fc.constantFrom(...PIECES), { maxLength: 30 }).map((pieces) => pieces.join(''));
const plain = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.lorem());
const marker = fc.constantFrom('<**p**>', '<**!p.m**>', '<**#p,q.1**>', '<**clear**>');

describe('B.6 taking markers out, whatever the text', () => {
  it('a second time finds nothing', () => {
    fc.assert(
      fc.property(awkward, (text) => {
        expect(cutMarkers(rest(text))).toBeNull();
      }),
      { numRuns: 5_000 },
    );
  });

  it('adds nothing but blanks, and gives instructions only', () => {
    const solid = (text: string) => text.replace(/[ \t\r\n]/g, '');
    fc.assert(
      fc.property(awkward, (text) => {
        const cut = cutMarkers(text);
        if (cut === null) return;
        expect(cut.rest.length).toBeLessThan(text.length);
        expect(solid(cut.rest).length).toBeLessThanOrEqual(solid(text).length - '<**p**>'.length);
        expect(cut.instructions.length).toBeGreaterThan(0);
        for (const { kind } of cut.instructions) expect(INSTRUCTION_KINDS).toContain(kind);
      }),
      { numRuns: 2_000 },
    );
  });

  it('finds none in a text without', () => {
    fc.assert(
      fc.property(plain, (text) => {
        expect(cutMarkers(text.replaceAll('<**', '<*'))).toBeNull();
      }),
    );
  });

  it('takes a line of its own away and leaves the lines around it as they were', () => {
    const line = plain.map((text) => text.replace(/[\r\n`~<]/g, ''));
    fc.assert(
      fc.property(fc.array(line, { minLength: 1 }), fc.array(line), marker, (before, after, found) => {
        const lines = [...before, ...after];
        expect(rest([...before, found, ...after].join('\n'))).toBe(lines.join('\n'));
      }),
    );
  });

  it('leaves markers in code alone', () => {
    const inner = fc.array(fc.oneof(marker, fc.constantFrom('x', ' ', '<**', '``', '.')), { minLength: 1 });
    fc.assert(
      fc.property(
        inner,
        fc.constantFrom(['```\n', '\n```'], ['~~~ js\n', '\n~~~'], ['a ` ', ' `']),
        (parts, [a, b]) => {
          const text = `${a}${parts.join('')}${b}`;
          // Three backticks and more on a line of their own end the block before its end.
          fc.pre(!/^ *`{3,} *$/.test(parts.join('')));
          expect(rest(text)).toBe(text);
          expect(rest(`${text}\n<**p**>`)).toBe(text);
        },
      ),
    );
  });

  it.each([
    '<**p**>',
    '**>',
    '<**',
    '`',
    '`a``',
    '```\n',
    '<**p**>```\n',
    ' <**p**>',
    '<<**p**>**p**>',
    '~~~',
    '<**p,',
  ])('takes time and memory for a megabyte of %j, not more', (piece) => {
    const text = `<**p**>${piece.repeat(2 ** 20 / piece.length)}**>`;
    expect(cutMarkers(text)?.instructions[0]).toEqual({ kind: 'allow', name: 'p' });
  });
});
