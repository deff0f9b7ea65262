import { describe, expect, test } from 'vitest';
import { buildProgram } from '../../src/cli/program.ts';
import { runProgram } from '../../src/cli/run-program.ts';
import { validateEstimators } from '../../src/cli/validate/validate-estimators.ts';
import { validateRecovery } from '../../src/cli/validate/validate-recovery.ts';
import { runTokenpool } from './run-tokenpool.ts';

interface Printed {
  readonly checks: readonly {
    readonly name: string;
    readonly group: string;
    readonly value: number | null;
    readonly limit: number;
    readonly pass: boolean;
  }[];
}

describe('validate', () => {
  test('the analytic part prints its checks as JSON, progress on standard error', { timeout: 60_000 }, async () => {
    const { code, stdout, stderr } = await runTokenpool('validate', '--only', 'analytic', '--quick', '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'validate: analytic (1 of 1)\n' });
    const { checks } = JSON.parse(stdout) as Printed;
    expect(checks).toHaveLength(47);
    expect(Object.keys(checks[0]!)).toEqual(['name', 'group', 'value', 'limit', 'pass', 'detail']);
    expect(new Set(checks.map(({ name }) => name)).size).toBe(47);
    for (const { value, limit, pass } of checks) expect(pass).toBe(value !== null && value <= limit);
  });

  test('estimates and simulations agree, and what says too little is refused', { timeout: 60_000 }, async () => {
    const checks = await validateEstimators(1, true);
    expect(checks.filter(({ pass }) => !pass)).toEqual([]);
    expect(checks.map(({ name }) => name)).toEqual([
      ...['random', 'lowest-cost'].flatMap((policy) =>
        ['cost', 'success', 'mean first token'].map(
          (metric) => `price gap, ${policy}: ${metric}, simulated from doubly robust in half widths`,
        ),
      ),
      'simulated values outside of the 95 % interval',
      'refused: a log that left nothing to chance',
      'refused: a policy far from the log’s',
    ]);
  });

  test('recovery checks all parameters together and each', { timeout: 60_000 }, async () => {
    const done: number[] = [];
    const checks = await validateRecovery(2, 1, (run) => done.push(run));
    expect(done).toEqual([1, 2]);
    expect(checks.length).toBeGreaterThanOrEqual(18);
    expect(checks[0]!.name).toBe('all parameters: missed by the 95 % interval');
    expect(checks[0]!.detail).toMatch(/^\d of 34 intervals/);
  });

  test.each([
    [['--only', 'analytics'], /--only: "analytics" is no group of checks; there are analytic, live, estimators, /],
    [['--only', 'live', '--quick'], /--only live: there is no quick form of it; leave out --quick/],
    [['--seed', '9007199254740991'], /--seed.* at most 1000000000/],
  ])('%j is said in one line', async (args, pattern) => {
    const lines: string[] = [];
    const code = await runProgram(
      await buildProgram(['validate']),
      ['node', 'tokenpool', 'validate', ...args],
      (text) => lines.push(text),
    );
    expect(code).toBe(2);
    expect(lines.join('').trimEnd().split('\n')).toHaveLength(1);
    expect(lines.join('')).toMatch(pattern);
  });
});
