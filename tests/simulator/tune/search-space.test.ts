import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { POLICY_KNOBS, usualKnobs } from '../../../src/config/policy-knobs.ts';
import { DEFAULT_POLICY } from '../../../src/router/policy.ts';
import { createSearchSpace, pointOfPolicy, valueOf } from '../../../simulator/tune/search-space.ts';

const space = createSearchSpace(POLICY_KNOBS, DEFAULT_POLICY);
const anyPoint = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
  minLength: POLICY_KNOBS.length,
  maxLength: POLICY_KNOBS.length,
});

describe('the search space', () => {
  it('comes back to the same values from the point of its values', () => {
    fc.assert(
      fc.property(anyPoint, (point) => {
        const values = space.valuesAt(point);
        const again = space.valuesAt(space.pointOf(values));
        for (const { path, range, choices } of POLICY_KNOBS) {
          if (choices !== null || Number.isInteger(values[path])) expect(again[path]).toBe(values[path]);
          else {
            expect(Number(again[path])).toBeCloseTo(Number(values[path]), 3);
            expect(Number(values[path])).toBeGreaterThanOrEqual(range![0]);
            expect(Number(values[path])).toBeLessThanOrEqual(range![1]);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('has the default policy at its point', () => {
    const usual = createSearchSpace(usualKnobs(), DEFAULT_POLICY);
    expect(usual.policyAt(pointOfPolicy(usual, DEFAULT_POLICY))).toEqual(DEFAULT_POLICY);
  });

  it('gives every choice and every whole number an equal part', () => {
    const knob = { path: 'x', scale: 'integer', range: [1, 4], choices: null } as const;
    const drawn = Array.from({ length: 400 }, (_, index) => valueOf(knob, index / 400));
    for (const value of [1, 2, 3, 4]) expect(drawn.filter((each) => each === value)).toHaveLength(100);
    expect(valueOf(knob, 1)).toBe(4);
    const choice = { path: 'x', scale: 'choice', range: null, choices: ['a', 'b', 'c'] } as const;
    expect([0, 0.34, 0.99, 1].map((at) => valueOf(choice, at))).toEqual(['a', 'b', 'c', 'c']);
  });
});
