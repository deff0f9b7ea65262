import { expect, it } from 'vitest';
import { oneCoreAdvice } from '../../src/cli/one-core-advice.ts';

it('advises who serves with one core and marks concurrently, and nobody else', () => {
  expect(oneCoreAdvice(1, ['--import', 'tsx'])).toContain('node --no-concurrent-marking');
  expect(oneCoreAdvice(2, [])).toBeNull();
  for (const flag of ['--no-concurrent-marking', '--no_concurrent_marking', '--single-threaded-gc']) {
    expect(oneCoreAdvice(1, ['--import', 'tsx', flag])).toBeNull();
  }
});
