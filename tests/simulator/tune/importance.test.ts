import { describe, expect, it } from 'vitest';
import { knobImportance } from '../../../simulator/tune/importance.ts';
import { paretoSet } from '../../../simulator/tune/pareto.ts';
import { drawUniform } from '../../../src/router/keyed-draw.ts';
import { trialWith } from './trials.ts';

const number = (path: string) => ({ path, scale: 'linear', range: [0, 1], choices: null }) as const;
const KNOBS = [
  number('strong'),
  number('hump'),
  number('idle'),
  { path: 'choice', scale: 'choice', range: null, choices: ['a', 'b'] } as const,
];

describe('the importance of knobs', () => {
  const trials = Array.from({ length: 400 }, (_, index) => {
    const u = (purpose: number): number => drawUniform(1, index, 0, 8_000 + purpose);
    const choice = u(4) < 0.5 ? 'a' : 'b';
    const merit = 3 * u(1) - 4 * (u(2) - 0.5) ** 2 + (choice === 'a' ? 0.8 : 0) + 0.1 * u(5);
    return trialWith(`t${index}`, { strong: u(1), hump: u(2), idle: u(3), choice }, merit);
  });

  it('says what decides, whatever the shape, and of what is idle that it is', () => {
    const found = knobImportance(KNOBS, trials);
    const of = (path: string): number => found.find((knob) => knob.path === path)!.importance;
    expect(found[0]!.path).toBe('strong');
    expect(of('strong')).toBeGreaterThan(0.6);
    expect(of('hump')).toBeGreaterThan(0.05);
    expect(of('choice')).toBeGreaterThan(0.1);
    expect(of('idle')).toBeLessThan(0.03);
    expect(found.reduce((sum, { importance }) => sum + importance, 0)).toBeLessThan(1.1);
  });

  it('says nothing on too few policies', () => {
    expect(knobImportance(KNOBS, trials.slice(0, 3)).every(({ importance }) => importance === 0)).toBe(true);
    expect(knobImportance(KNOBS, [])).toHaveLength(4);
  });
});

describe('the Pareto set', () => {
  const objective = {
    utility: { cost: -1 },
    subjectTo: [{ metric: 'success', comparison: '>=', limit: 0.9 } as const],
  };
  const point = (name: string, cost: number, success: number) => trialWith(name, {}, 0, { cost, success });

  it('keeps what nothing beats in everything, once, in order', () => {
    const set = paretoSet(
      [
        point('dear', 3, 0.99),
        point('lost', 3, 0.95),
        point('cheap', 1, 0.8),
        point('twin', 3, 0.99),
        point('mid', 2, 0.95),
      ],
      objective,
    );
    expect(set.map(({ policyHash, isFeasible }) => [policyHash, isFeasible])).toEqual([
      ['cheap', false],
      ['mid', true],
      ['dear', true],
    ]);
  });
});
