import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashOf, placeOf, VIEWS } from '../../src/console/place.ts';

describe('a place', () => {
  it.each([
    ['', 'overview', null],
    ['#/', 'overview', null],
    ['#/policies', 'policies', null],
    ['#/decisions/req-1', 'decisions', 'req-1'],
    ['#/decisions/a%2Fb', 'decisions', 'a/b'],
    ['#/decisions/100%', 'decisions', '100%'],
    ['#/nowhere/req-1', 'overview', null],
  ])('%s leads to %s', (hash, view, item) => {
    expect(placeOf(hash)).toEqual({ view, item });
  });

  it('is found again by its address, whatever the request is called', () => {
    fc.assert(
      fc.property(fc.constantFrom(...VIEWS), fc.string({ minLength: 1, unit: 'grapheme' }), (view, item) => {
        expect(placeOf(hashOf(view, item))).toEqual({ view, item });
      }),
    );
  });
});
