import { expect, it } from 'vitest';
import { oneCoreAdvice } from '../../src/cli/one-core-advice.ts';

it('advises who serves with one core and marks concurrently, and nobody else', () => {
  const advised = 'node --no-concurrent-marking --no-parallel-scavenge';
  expect(oneCoreAdvice(1, ['--import', 'tsx'])).toContain(advised);
  expect(oneCoreAdvice(1, ['--no-concurrent-marking'])).toContain(advised);
  expect(oneCoreAdvice(2, [])).toBeNull();
  const enough = [
    ['--no-concurrent-marking', '--no-parallel-scavenge'],
    ['--no_parallel_scavenge', '--no_concurrent_marking'],
    ['--single-threaded-gc'],
  ];
  for (const flags of enough) expect(oneCoreAdvice(1, ['--import', 'tsx', ...flags])).toBeNull();
});
