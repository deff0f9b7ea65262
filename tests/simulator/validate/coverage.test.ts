import { describe, expect, it } from 'vitest';
import { coverageChecks, coverageOf, type Recovered } from '../../../simulator/validate/recovery/coverage.ts';

const run = (parameter: string, low95: number | null, high95: number | null, truth = 1): Recovered => ({
  parameter,
  truth,
  estimate: { value: 1.1, low95, high95 },
});
const runs = (parameter: string, count: number, missed: number): Recovered[] =>
  Array.from({ length: count }, (_, index) => (index < missed ? run(parameter, 2, 3) : run(parameter, 0, 2)));

describe('coverage', () => {
  it('counts an interval that lies beside the truth, has no limits, or is not there', () => {
    const missing: Recovered = { parameter: 'a', truth: 1, estimate: null };
    const all = [run('a', 0, 2), run('a', 1.01, 2), run('a', 0, 0.99), run('a', null, 2), missing, run('b', 1, 1)];
    const [a, b] = coverageOf(all);
    expect(a).toMatchObject({ parameter: 'a', runs: 5, missed: 4 });
    expect(a!.meanRatio).toBeCloseTo(1.1, 12);
    expect(b).toMatchObject({ parameter: 'b', runs: 1, missed: 0 });
  });

  it('takes rounding for no miss, and has no mean of ratios to nothing', () => {
    expect(coverageOf([run('a', 1 + 1e-9, 2)])[0]!.missed).toBe(0);
    expect(coverageOf([run('a', 0, 2, 0)])[0]).toMatchObject({ missed: 0, meanRatio: null });
  });

  it('lets one in ten of all miss, and of one parameter what chance lets', () => {
    // R: qbinom(0.99, 200, 0.1) = 30
    const atLimit = coverageChecks(coverageOf([...runs('a', 200, 30), ...runs('b', 200, 10)]));
    expect(atLimit.map(({ value, limit, pass }) => [value, limit, pass])).toEqual([
      [0.1, 0.1, true],
      [0.15, 0.15, true],
      [0.05, 0.15, true],
    ]);
    const beyond = coverageChecks(coverageOf([...runs('a', 200, 31), ...runs('b', 200, 10)]));
    expect(beyond.map(({ pass }) => pass)).toEqual([false, false, true]);
  });

  it('does not pass without a run', () => {
    expect(coverageChecks([])).toMatchObject([{ value: null, pass: false }]);
  });
});
