import { expect, it } from 'vitest';
import { validationText } from '../../src/cli/validation-text.ts';
import { atMost } from '../../simulator/validate/check.ts';

const passing = Array.from({ length: 50 }, (_, index) => atMost('analytic', `queue ${index}`, index / 100, 1, 'x'));

it('is one page: a table by group, and what came nearest to its limit', () => {
  const text = validationText(passing);
  expect(text).toMatch(/│ analytic +│ [^│]+│ 50 +│ 50 +│ 0 +│/);
  expect(text).toContain('pass  analytic: queue 49: 0.49, at most 1 (x)');
  expect(text).not.toContain('queue 40');
  expect(text).toContain('All 50 checks passed.');
  expect(text.split('\n').length).toBeLessThan(20);
});

it('names what failed, up to a page of it', () => {
  const failing = passing.map(({ name }) => atMost('recovery', name, 2, 1, 'y'));
  const text = validationText([...passing, atMost('live', 'nothing', null, 1, 'z'), ...failing]);
  expect(text).toContain('FAIL  live: nothing: not measured, at most 1 (z)');
  expect(text).toMatch(/│ recovery +│ [^│]+│ 50 +│ 0 +│ 50 +│/);
  expect(text).toContain('and 31 more, see --json');
  expect(text).toContain('51 of 101 checks failed');
  expect(text.split('\n').length).toBeLessThan(40);
});
