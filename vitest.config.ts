import { defineConfig } from 'vitest/config';

/** Continuous integration names a file here to count the results from. */
const resultsFile = process.env['TEST_RESULTS_FILE'];

/**
 * Tests of what keeps no state of its own and talks to nobody: they may share a process, without the two that measure
 * what theirs takes.
 */
const PURE = [
  'tests/{config,policies,protocols,reports}/**/*.test.ts',
  'tests/properties/!(bounded-state).test.ts',
  'tests/router/!(seed-faults-selection).test.ts',
  'tests/router/*/**/*.test.ts',
  'tests/simulator/{calibrate,compare,counterfactual,estimate,replay,statistics,tune,twins,validate}/**/*.test.ts',
];

export default defineConfig({
  test: {
    environment: 'node',
    setupFiles: ['tests/property-seed.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Native modules (DuckDB, resvg) are at home in processes rather than in threads.
    pool: 'forks',
    maxWorkers: 2,
    reporters: resultsFile === undefined ? ['default'] : ['default', ['json', { outputFile: resultsFile }]],
    // To start a process and to load the core and its libraries takes longer than most tests of pure code.
    projects: [
      { extends: true, test: { name: 'pure', include: PURE, isolate: false, sequence: { groupOrder: 0 } } },
      {
        extends: true,
        test: { name: 'own process', include: ['tests/**/*.test.ts'], exclude: PURE, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
