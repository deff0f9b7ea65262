import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import type { SourceFile } from './source-files.ts';
import { withoutComments } from './source-text.ts';

interface Direction {
  /** Files, or folders ending in a slash, that may be imported from outside the own folder. */
  readonly from: readonly string[];
  /** Packages that may be imported; `node:*` stands for Node's own modules, `*` for all. */
  readonly packages: readonly string[];
}

/** The parts of the core that others build on; the rest of `src/router/` is its own business. */
const CORE = ['index', 'contract', 'pool', 'policy', 'router', 'keyed-draw'].map((name) => `src/router/${name}.ts`);

/** Who may import whom: the design's one way of import. The first folder that fits a path is its own. */
const DIRECTIONS: Readonly<Record<string, Direction>> = {
  'src/router/': { from: [], packages: [] },
  'src/config/': {
    from: [...CORE, 'simulator/scenario.ts', 'simulator/twins/residual-samples.ts'],
    packages: ['zod', 'yaml', '@pydantic/genai-prices', 'node:*'],
  },
  'src/log/': { from: [...CORE, 'src/config/'], packages: ['@duckdb/node-api', 'apache-arrow', 'node:*'] },
  'src/protocols/': { from: ['src/router/contract.ts', 'src/router/steering.ts'], packages: ['node:*'] },
  'src/policies/': { from: [...CORE, 'src/config/', 'src/log/'], packages: ['zod', 'node:*'] },
  'src/proxy/': {
    from: [...CORE, 'src/config/', 'src/log/', 'src/cache/', 'src/policies/', 'src/protocols/'],
    packages: ['*'],
  },
  // A page for browsers: nothing of Node's, and of the parts that run in Node their types.
  'src/console/': {
    from: [
      ...CORE,
      'src/config/',
      'src/log/decision-words.ts',
      'src/log/explain-request.ts',
      'src/log/schema.ts',
      'src/policies/',
      'src/proxy/console/contract.ts',
      'reports/format.ts',
      'reports/palette.ts',
      'reports/use-steps.ts',
      'reports/charts/ticks.ts',
      'reports/tuning/',
    ],
    packages: ['preact', 'yaml', 'zod'],
  },
  'src/cli/': { from: ['src/', 'simulator/', 'datasets/', 'reports/', 'notebooks/'], packages: ['*'] },
  'simulator/twin-server/': { from: [...CORE, 'src/config/', 'simulator/'], packages: ['node:*'] },
  'simulator/traffic/': { from: [...CORE, 'src/config/', 'simulator/', 'datasets/'], packages: ['node:*', 'undici'] },
  'simulator/': { from: [...CORE, 'src/log/', 'src/config/', 'datasets/trace.ts'], packages: [] },
  'datasets/': {
    from: [...CORE, 'src/log/', 'src/config/'],
    packages: ['@duckdb/node-api', 'simple-statistics', 'zod', 'node:*'],
  },
  'reports/': {
    from: [
      ...CORE,
      'src/log/',
      'src/config/bad-input.ts',
      'src/config/evidence-schema.ts',
      'src/config/objective.ts',
      'src/config/output-folder.ts',
      'src/config/problem-line.ts',
      'src/config/unfinished-files.ts',
      'src/policies/measured-promotion.ts',
      'simulator/result.ts',
      'simulator/calibrate/calibration.ts',
      'simulator/calibrate/estimate.ts',
      'simulator/calibrate/fitted-twin.ts',
      'simulator/calibrate/goodness/goodness.ts',
      'simulator/tune/tuning-result.ts',
      'simulator/estimate/policy-estimate.ts',
    ],
    packages: ['*'],
  },
  // What runs on a page: no log, no files, none of Node's own modules.
  'notebooks/parts/': {
    from: [
      ...CORE,
      'simulator/compare/',
      'simulator/replay/',
      'simulator/result.ts',
      'simulator/scenario.ts',
      'datasets/trace.ts',
      'reports/charts/',
      'reports/page/',
      'reports/tables/',
      'reports/format.ts',
      'reports/metrics.ts',
      'reports/palette.ts',
    ],
    packages: ['@observablehq/plot', 'apache-arrow'],
  },
  'notebooks/': {
    from: [
      ...CORE,
      'src/log/',
      'src/config/bad-input.ts',
      'src/config/output-folder.ts',
      'src/config/unfinished-files.ts',
      'simulator/result.ts',
      'simulator/scenario.ts',
      'simulator/calibrate/calibration.ts',
      'simulator/calibrate/goodness/goodness.ts',
      'simulator/estimate/policy-estimate.ts',
      'datasets/trace.ts',
      'reports/',
    ],
    packages: ['*'],
  },
  'tests/': { from: ['src/', 'simulator/', 'datasets/', 'reports/', 'notebooks/'], packages: ['*'] },
};

const IMPORT = /^\s*(?:import|export)\b(?:[\w$\s{},*]*\bfrom)?\s*(['"])([^'"\n]+)\1/gm;
const IMPORT_CALL = /\bimport\s*\(\s*(['"])([^'"\n]+)\1/g;

/** What a file imports against the direction of the house, as written in it. */
export function forbiddenImports({ path, text }: SourceFile): string[] {
  const own = Object.keys(DIRECTIONS).find((folder) => path.startsWith(folder));
  if (own === undefined) return [];
  const direction = DIRECTIONS[own] ?? { from: [], packages: [] };
  const code = withoutComments(text);
  const found = [...code.matchAll(IMPORT), ...code.matchAll(IMPORT_CALL)];
  const imports = [...new Set(found.map((match) => match[2] ?? ''))];
  return imports.filter((specifier) => !mayImport(path, own, direction, specifier));
}

function mayImport(path: string, own: string, { from, packages }: Direction, specifier: string): boolean {
  if (!specifier.startsWith('.')) return packages.includes('*') || packages.includes(packageName(specifier));
  const file = posix.join(posix.dirname(path), specifier);
  return [own, ...from].some((allowed) => (allowed.endsWith('/') ? file.startsWith(allowed) : file === allowed));
}

function packageName(specifier: string): string {
  if (specifier.startsWith('node:') || builtinModules.includes(specifier)) return 'node:*';
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? '');
}
