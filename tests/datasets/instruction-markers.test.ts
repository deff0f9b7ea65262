import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { markerOf, readMarker } from '../../datasets/instruction-markers.ts';
import { INSTRUCTION_KINDS, type Instruction } from '../../src/router/index.ts';

describe('the body of a marker', () => {
  test.each<[string, readonly string[]]>([
    ['aurora.large', ['force aurora.large']],
    [' !aurora.large ', ['sticky aurora.large']],
    ['!aurora.2', ['sticky aurora.2']],
    ['!aurora', ['allow aurora']],
    ['aurora', ['allow aurora']],
    ['!aurora, borealis', ['allow aurora', 'allow borealis']],
    ['!aurora.large,borealis', ['sticky aurora.large', 'allow borealis']],
    ['#aurora,borealis.main', ['disable aurora', 'disable borealis.main']],
    ['@aurora.main.gpt-4.1', ['enable aurora.main.gpt-4.1']],
    ['<**!a.vendor/model:free**>', ['sticky a.vendor/model:free']],
    ['sticky:aurora, borealis.x', ['sticky aurora', 'sticky borealis.x']],
    ['force: aurora', ['force aurora']],
    ['Clear', ['clear ']],
  ])('%s', (text, expected) => {
    const read = readMarker(text);
    expect(read.ok && read.value.map(({ kind, name }) => `${kind} ${name}`)).toEqual(expected);
  });

  test.each(['', '!', 'a,,b', 'two words', '!#a', '<**a**><**b**>', 'a;b'])('%j is none', (text) => {
    expect(readMarker(text)).toMatchObject({ ok: false });
  });
});

describe('the marker of an instruction', () => {
  test.each(['vendor/model', 'a.b:free', '', `a.${'x'.repeat(260)}`])('is not written for the name %j', (name) => {
    expect(markerOf({ kind: 'disable', name })).toBe(null);
  });

  test('reads as that instruction, or is not written', () => {
    const name = fc.stringMatching(/^[a-z]{1,3}(\.[a-z0-9-]{1,3}){0,3}$/);
    fc.assert(
      fc.property(fc.constantFrom(...INSTRUCTION_KINDS), name, (kind, address) => {
        const instruction: Instruction = { kind, name: kind === 'clear' ? '' : address };
        const marker = markerOf(instruction);
        expect(marker === null).toBe(kind === 'allow' && address.includes('.'));
        if (marker !== null) expect(readMarker(marker)).toEqual({ ok: true, value: [instruction] });
      }),
    );
  });
});
