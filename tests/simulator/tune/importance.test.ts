import { describe, expect, it } from 'vitest';
import { knobImportance } from '../../../simulator/tune/importance.ts';
import { paretoSet } from '../../../simulator/tune/pareto.ts';
import { drawUniform } from '../../../src/router/keyed-draw.ts';
import type { Trialed } from '../../../simulator/tune/trial-book.ts';
import { trialWith } from './trials.ts';

const number = (path: string) => ({ path, scale: 'linear', range: [0, 1], choices: null }) as const;
const KNOBS = [
  number('strong'),
  number('hump'),
  number('idle'),
  { path: 'choice', scale: 'choice', range: null, choices: ['a', 'b'] } as const,
];

const SEEDS = Array.from({ length: 10 }, (_, index) => index + 1);

function trialsOf(seed: number): Trialed[] {
  return Array.from({ length: 400 }, (_, index) => {
    const u = (purpose: number): number => drawUniform(seed, index, 0, 8_000 + purpose);
    const choice = u(4) < 0.5 ? 'a' : 'b';
    const merit = 3 * u(1) - 4 * (u(2) - 0.5) ** 2 + (choice === 'a' ? 0.8 : 0) + 0.1 * u(5);
    return trialWith(`t${index}`, { strong: u(1), hump: u(2), idle: u(3), choice }, merit);
  });
}

describe('the importance of knobs', () => {
  it('says what decides, whatever the shape, and of what is idle that it is', () => {
    const found = SEEDS.map((seed) => knobImportance(KNOBS, trialsOf(seed)));
    const of = (path: string): number =>
      found.reduce((sum, knobs) => sum + knobs.find((knob) => knob.path === path)!.importance, 0) / SEEDS.length;
    for (const [first] of found) expect(first!.path).toBe('strong');
    expect(of('strong')).toBeGreaterThan(0.6);
    expect(of('hump')).toBeGreaterThan(0.05);
    expect(of('choice')).toBeGreaterThan(0.1);
    expect(of('idle')).toBeLessThan(0.02);
    expect(of('strong') + of('hump') + of('choice') + of('idle')).toBeLessThan(1.05);
  });

  it('says nothing on too few policies', () => {
    expect(knobImportance(KNOBS, trialsOf(1).slice(0, 3)).every(({ importance }) => importance === 0)).toBe(true);
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
