import { describe, expect, test } from 'vitest';
import { asOneFile } from '../../notebooks/build/one-file.ts';
import { requirePackages } from '../../notebooks/build/notebook-kit.ts';
import { importTrouble, readImport } from '../../notebooks/build/package-imports.ts';
import { libraryOf, runtimeModule } from '../../notebooks/build/page-library.ts';

describe('an import of a notebook', () => {
  test.each([
    ['npm:d3', { kind: 'package', name: 'd3', subpath: '' }],
    ['npm:d3@7', { kind: 'package', name: 'd3', subpath: '' }],
    [
      'npm:@observablehq/plot@0.6/dist/plot.js',
      { kind: 'package', name: '@observablehq/plot', subpath: '/dist/plot.js' },
    ],
    ['https://cdn.example/npm/d3@7.9.0/+esm', { kind: 'package', name: 'd3', subpath: '' }],
    [
      'https://cdn.example/npm/@observablehq/inputs/+esm',
      { kind: 'package', name: '@observablehq/inputs', subpath: '' },
    ],
    ['https://cdn.example/npm/a/b/c.js/+esm', { kind: 'package', name: 'a', subpath: '/b/c.js' }],
    ['https://example.org/code.js', { kind: 'network' }],
    ['//example.org/code.js', { kind: 'network' }],
    ['jsr:@std/path', { kind: 'network' }],
    ['npm:', { kind: 'network' }],
    ['./parts/chart-card.ts', { kind: 'local' }],
    ['answer:runs', { kind: 'local' }],
  ] as const)('%s is read for what it is', (specifier, expected) => {
    expect(readImport(specifier)).toEqual(expected);
  });

  test('is let pass when the project depends on the package, and refused with an advice otherwise', () => {
    const declared = new Set(['htl']);
    expect(importTrouble(readImport('npm:htl'), declared)).toBeNull();
    expect(importTrouble(readImport('./a.ts'), declared)).toBeNull();
    expect(importTrouble(readImport('npm:echarts'), declared)).toMatch(/npm install --save-dev --save-exact echarts/);
    expect(importTrouble(readImport('https://example.org/a.js'), declared)).toMatch(/is on the network/);
  });
});

describe('the library of a page', () => {
  const cell = (id: number, inputs: readonly string[], outputs: readonly string[] = []) => ({ id, inputs, outputs });

  test('has what cells use and do not make themselves', () => {
    const cells = [cell(1, ['Plot', 'rows', 'display']), cell(2, ['view', 'Inputs'], ['rows'])];
    expect(libraryOf(cells)).toEqual(['Inputs', 'Plot']);
  });

  test('refuses a name that nobody defines', () => {
    expect(() => libraryOf([cell(7, ['echarts'])])).toThrow(/^cell 7 uses "echarts", which no cell defines/);
    expect(() => libraryOf([cell(7, ['constructor'])])).toThrow(/constructor/);
  });

  test('imports nothing that is not used', () => {
    const code = runtimeModule(['html']);
    expect(code).toContain('from "htl"');
    expect(code).not.toMatch(/plot|inputs|https?:/);
  });
});

describe('a page as one file', () => {
  const page = (head: string) => `<html><head>${head}</head><body><main></main></body></html>`;

  test('holds scripts after its content, and styles', () => {
    const files = new Map([
      ['a/x.js', 'const tag = "</script><!--"; f("$&");'],
      ['a/x.css', 'p{color:red}'],
    ]);
    const html = asOneFile(
      page(
        '<script type="module" crossorigin src="./a/x.js"></script><link rel="stylesheet" crossorigin href="./a/x.css">',
      ),
      files,
    );
    expect(html).toContain('<style>p{color:red}</style>');
    expect(html).toContain(
      '<main></main><script type="module">const tag = "\\x3C/script>\\x3C!--"; f("$&");</script>\n</body>',
    );
    expect(html.match(/<\/script/g)).toHaveLength(1);
  });

  test('is refused when a file is missing', () => {
    expect(() => asOneFile(page('<script src="./b.js"></script>'), new Map())).toThrow('./b.js');
  });
});

describe('packages of the build', () => {
  const find = (known: readonly string[]) => (name: string) => {
    if (known.includes(name)) return `/there/${name}`;
    const code = name === 'shy' ? 'ERR_PACKAGE_PATH_NOT_EXPORTED' : 'MODULE_NOT_FOUND';
    throw Object.assign(new Error(name), { code });
  };

  test('are asked for by name when they are missing', () => {
    expect(() => requirePackages(['vite', 'shy'], find(['vite']))).not.toThrow();
    expect(() => requirePackages(['vite', 'htl'], find(['htl']))).toThrow(
      /^notebooks need vite, which only developers install; run npm install --include=dev/,
    );
  });
});
