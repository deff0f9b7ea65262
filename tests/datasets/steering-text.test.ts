import { describe, expect, test } from 'vitest';
import { readSteering, steeringReader, steeringText } from '../../datasets/steering-text.ts';
import type { Steering } from '../../src/router/index.ts';

const STEERING: Steering = {
  scope: 'request',
  scopeId: 'r-1',
  signals: null,
  routeHint: null,
  instructions: [{ kind: 'disable', name: 'aurora.main' }],
  bans: [],
  needsServerTools: false,
};
const changed = (changes: Readonly<Record<string, unknown>>): string => JSON.stringify({ ...STEERING, ...changes });

describe('the text of a steering', () => {
  test('comes back as what it was', () => {
    expect(steeringText(null)).toBe(null);
    expect(readSteering(steeringText(STEERING)!)).toEqual({ ok: true, value: STEERING });
  });

  test.each<[string, string, RegExp]>([
    ['no JSON', '{scope', /^is not JSON$/],
    ['no object', '"session"', /expected/],
    ['an unknown field', changed({ hint: 'x' }), /^hint: unknown field.*known: scope, scopeId/],
    ['a missing field', changed({ bans: undefined }), /^bans: /],
    ['an unknown scope', changed({ scope: 'world' }), /^scope: /],
    ['an empty id', changed({ scopeId: '' }), /^scopeId: /],
    ['a long id', changed({ scopeId: 'x'.repeat(1_025) }), /^scopeId: /],
    ['an unknown kind', changed({ instructions: [{ kind: 'beg', name: 'a' }] }), /^instructions\[0\]\.kind: /],
    [
      'a clear of something',
      changed({ instructions: [{ kind: 'clear', name: 'a' }] }),
      /^instructions\[0\]: a clear has/,
    ],
    ['a force of nothing', changed({ instructions: [{ kind: 'force', name: '' }] }), /^instructions\[0\]: a clear has/],
    ['half the signals', changed({ signals: { usesTools: true } }), /^signals\.\w+: .*and \d more/],
    ['endless bans', changed({ bans: new Array(1_025).fill('a') }), /^bans: /],
    ['a text without end', ' '.repeat(5_000_000), /^is longer than \d+ characters$/],
  ])('%s is refused with a reason', (_name, text, reason) => {
    const read = readSteering(text);
    expect(read.ok ? '' : read.reason).toMatch(reason);
  });

  test('is parsed once for equal texts, and what is kept is bounded', () => {
    const read = steeringReader();
    const once = read(changed({}));
    expect(read(changed({}))).toBe(once);
    for (let index = 0; index < 20_000; index++) read(changed({ scopeId: `r-${index}` }));
    expect(read(changed({}))).not.toBe(once);
    expect(read(changed({}))).toEqual(once);
  });
});
