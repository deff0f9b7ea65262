import { describe, expect, it } from 'vitest';
import { amountText, useText } from '../../../src/console/overview/budget-text.ts';
import { targetChanges } from '../../../src/console/overview/target-changes.ts';

describe('what is read out of targets', () => {
  const healthy = (...targets: string[]) => targets.map((target) => ({ target, state: 'healthy' as const }));

  it('is what changed, and nothing before one has seen anything', () => {
    expect(targetChanges(null, healthy('a', 'b'))).toBe('');
    expect(targetChanges(healthy('a', 'b'), healthy('a', 'b'))).toBe('');
    expect(targetChanges(healthy('a', 'b'), [{ target: 'a', state: 'cooldown' }, ...healthy('b', 'new')])).toBe(
      'a is cooldown, was healthy.',
    );
  });

  it('is short when much changes at once', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const ill = names.map((target) => ({ target, state: 'unhealthy' as const }));
    expect(targetChanges(healthy(...names), ill)).toMatch(
      /^a is .* c is unhealthy, was healthy\. 2 more targets changed\.$/,
    );
  });
});

describe('budgets', () => {
  it('are told in their unit', () => {
    expect(amountText('microUsd', 3_400_000)).toBe('$3.40');
    expect(amountText('tokens', 12_400.4)).toBe('12,400 tokens');
    expect(useText({ metric: 'requests', used: 51, limit: 400 })).toBe('51 of 400 requests');
    expect(useText({ metric: 'microUsd', used: 1_180, limit: 5_000_000 })).toBe('$0.00118 of $5.00');
  });
});
