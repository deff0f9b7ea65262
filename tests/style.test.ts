import { describe, expect, it } from 'vitest';
import { ambientCalls } from './style/ambient-calls.ts';
import { badHabits, badNames } from './style/file-habits.ts';
import { forbiddenImports } from './style/import-directions.ts';
import { projectPaths, projectSources, type SourceFile } from './style/source-files.ts';
import { bareCode, withoutComments } from './style/source-text.ts';

const paths = projectPaths();
const sources = projectSources();

/** `path: problem` for every file that breaks a rule. */
function offences(rule: (file: SourceFile) => string[]): string[] {
  return sources.flatMap((file) => rule(file).map((problem) => `${file.path}: ${problem}`));
}

describe('the house', () => {
  it('has files to look at', () => {
    expect(paths).toContain('src/router/contract.ts');
    expect(paths).toContain('tests/style.test.ts');
    expect(sources.length).toBeGreaterThan(20);
  });

  it('keeps time, luck and the world out of the core and the simulator', () => {
    expect(offences(ambientCalls)).toEqual([]);
  });

  it('imports one way', () => {
    expect(offences(forbiddenImports)).toEqual([]);
  });

  it('names files and folders for their subject, in kebab-case', () => {
    expect(paths.flatMap((path) => badNames(path).map((problem) => `${path}: ${problem}`))).toEqual([]);
  });

  it('keeps files short, work finished and all tests running', () => {
    expect(offences(badHabits)).toEqual([]);
  });
});

/** The rules themselves: each must find what it forbids, or the tests above prove nothing. */
describe('the rule against ambient calls', () => {
  const at = (path: string, text: string) => ambientCalls({ path, text });

  it.each([
    ['const t = Date.now();', 'Date.now'],
    ['const t = new Date();', 'new Date() without a time'],
    ['const t = new Date;', 'new Date() without a time'],
    ['const t = Date();', 'Date() as a function'],
    ['const t = performance.now();', 'performance'],
    ['const u = Math.random();', 'Math.random'],
    ["const home = process.env['HOME'];", 'process'],
    ['const f = globalThis;', 'globalThis'],
    ['const f = new URL("x", import.meta.url);', 'import.meta'],
    ['console.log(1);', 'console'],
    ['await fetch("x");', 'fetch'],
    ['const id = crypto.randomUUID();', 'crypto'],
    ['setTimeout(run, 5);', 'timers'],
    ['queueMicrotask(run);', 'timers'],
    ['const text = `${Date.now()}`;', 'Date.now'],
    ['const fs = require("fs");', 'require'],
  ])('finds %s', (text, name) => {
    expect(at('src/router/pick/pick.ts', text)).toEqual([name]);
    expect(at('simulator/replay.ts', text)).toEqual([name]);
  });

  it.each([
    '// Date.now() would make this impure',
    '/* Math.random() */ const a = 1;',
    "const name = 'process.env';",
    'const text = `setTimeout(${name})`;',
    'const day = new Date(nowMs);',
    'const day = new Date( nowMs ).getTime();',
    'queue.process(item); this.fetch(1); clock.performance.now;',
    'const pattern = /Date.now()/;',
  ])('lets %s pass', (text) => {
    expect(at('src/router/pick/pick.ts', text)).toEqual([]);
  });

  it('leaves the other folders alone', () => {
    expect(at('src/cli/main.ts', 'const t = Date.now();')).toEqual([]);
  });
});

describe('the rule of import directions', () => {
  it.each([
    ['src/router/pick/pick.ts', '../../config/bad-input.ts'],
    ['src/router/pick/pick.ts', 'node:fs'],
    ['src/router/pick/pick.ts', 'zod'],
    ['src/config/load-policy.ts', '../cli/main.ts'],
    ['src/config/load-policy.ts', '../router/state/ledger.ts'],
    ['src/log/log-writer.ts', '../../simulator/result.ts'],
    ['simulator/replay.ts', '../src/cli/print-json.ts'],
    ['simulator/replay.ts', '../datasets/database.ts'],
    ['simulator/replay.ts', '../reports/page.ts'],
    ['simulator/replay.ts', 'fs/promises'],
    ['datasets/generate.ts', '../simulator/result.ts'],
    ['reports/page.ts', '../simulator/replay.ts'],
    ['src/console/app.tsx', 'node:crypto'],
    ['src/console/app.tsx', '../proxy/start-proxy.ts'],
    ['notebooks/parts/run.ts', '../../src/log/log-reader.ts'],
    ['notebooks/parts/run.ts', 'node:fs'],
    ['notebooks/build/page.ts', '../../src/cli/main.ts'],
    ['notebooks/tables/run.ts', '../../simulator/replay/replay.ts'],
  ])('keeps %s from importing %s', (path, specifier) => {
    expect(forbiddenImports({ path, text: `import { x } from '${specifier}';` })).toEqual([specifier]);
    expect(forbiddenImports({ path, text: `import type {\n  X,\n} from "${specifier}";` })).toEqual([specifier]);
    expect(forbiddenImports({ path, text: `export * from '${specifier}';` })).toEqual([specifier]);
    expect(forbiddenImports({ path, text: `import '${specifier}';` })).toEqual([specifier]);
    expect(forbiddenImports({ path, text: `const x = await import('${specifier}');` })).toEqual([specifier]);
  });

  it.each([
    ['src/router/pick/pick.ts', '../policy.ts'],
    ['src/config/load-policy.ts', 'node:fs'],
    ['simulator/replay.ts', '../src/router/index.ts'],
    ['simulator/replay.ts', '../datasets/trace.ts'],
    ['reports/page.ts', '../simulator/result.ts'],
    ['reports/page.ts', '@observablehq/plot'],
    ['notebooks/parts/run.ts', '../../simulator/replay/replay.ts'],
    ['notebooks/tables/run.ts', '../../src/log/log-reader.ts'],
    ['src/cli/commands/simulate.ts', '../../../simulator/replay.ts'],
    ['src/console/app.tsx', 'preact/hooks'],
    ['src/console/app.tsx', '../proxy/console/contract.ts'],
  ])('lets %s import %s', (path, specifier) => {
    expect(forbiddenImports({ path, text: `import { x } from '${specifier}';` })).toEqual([]);
  });

  it('does not take a word in a text for an import', () => {
    const text = "const a = 1;\nconst line = `a number from ${low} ${high === 'x' ? '' : 'node:fs'}`;";
    expect(forbiddenImports({ path: 'src/router/a.ts', text })).toEqual([]);
  });

  it('does not read comments', () => {
    expect(forbiddenImports({ path: 'src/router/a.ts', text: "// import { x } from 'node:fs';" })).toEqual([]);
  });
});

describe('the rules of names and habits', () => {
  it.each([
    'src/utils/a.ts',
    'src/log/helpers.ts',
    'tests/common/a.ts',
    'src/misc.ts',
    'src/logWriter.ts',
    'src/Log/a.ts',
  ])('refuses the name %s', (path) => {
    expect(badNames(path)).toHaveLength(1);
  });

  it.each([
    'src/log/log-writer.ts',
    'datasets/README.md',
    'simulator/scenarios/calm-day.scenario.yaml',
    'tests/a.test.ts',
  ])('accepts the name %s', (path) => {
    expect(badNames(path)).toEqual([]);
  });

  const long = 'const a = 1;\n'.repeat(401);
  it.each([
    ['a long file', 'src/a.ts', long],
    ['work put off', 'src/a.ts', ['// TO', 'DO: later'].join('')],
    ['a skipped test', 'tests/a.test.ts', "it.skip('x', () => {});"],
    ['a lonely test', 'tests/a.test.ts', "describe.only('x', () => {});"],
    ['a skipped table', 'tests/a.test.ts', "it.concurrent.skip('x', () => {});"],
  ])('refuses %s', (_, path, text) => {
    expect(badHabits({ path, text })).toHaveLength(1);
  });

  it('lets tests be long and 400 lines be enough', () => {
    expect(badHabits({ path: 'tests/a.test.ts', text: long })).toEqual([]);
    expect(badHabits({ path: 'src/a.ts', text: 'const a = 1;\n'.repeat(400) })).toEqual([]);
  });
});

describe('the reader of source text', () => {
  it.each([
    ["a('x // y'); b();", 'a(        ); b();'],
    ['a(`x ${b("`")} y`); // c', 'a(`  ${b(   )}  `);     '],
    ['a(`${ {b: {}}.b } z`); c();', 'a(`${ {b: {}}.b }  `); c();'],
    ["a = b / c; d('/');", 'a = b / c; d(   );'],
    ["a = /['\"`]/.test(b); c('d');", 'a =        .test(b); c(   );'],
    ["a = 'b' / c; d = 'e' / f;", 'a =     / c; d =     / f;'],
    ['a = "\\"//"; b();', 'a =       ; b();'],
  ])('reads %s', (source, expected) => {
    expect(bareCode(source)).toBe(expected);
  });

  it('keeps lines and strings when only comments go', () => {
    expect(withoutComments("/* a\n b */ c('//'); // d\n")).toBe("    \n      c('//');     \n");
  });

  it('never changes the length or the lines of a real file', () => {
    for (const { text } of sources) {
      expect(bareCode(text)).toHaveLength(text.length);
      expect(bareCode(text).split('\n')).toHaveLength(text.split('\n').length);
    }
  });
});
