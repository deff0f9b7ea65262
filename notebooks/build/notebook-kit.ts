/** Notebook Kit and what else the build of notebooks needs: packages that only developers install. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BadInput } from '../../src/config/bad-input.ts';

export const PROJECT_ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** In the order in which they are looked for. */
const NEEDED = ['@observablehq/notebook-kit', 'vite', '@observablehq/inputs', 'htl'];

/**
 * The packages of the build, loaded only when there is something to build: they are large.
 *
 * @throws BadInput naming the packages that are not installed
 */
export async function loadNotebookKit() {
  requirePackages(NEEDED, createRequire(import.meta.url).resolve);
  const [{ build }, { observable }, { transpile }] = await Promise.all([
    import('vite'),
    import('@observablehq/notebook-kit/vite'),
    import('@observablehq/notebook-kit'),
  ]);
  return { build, observable, transpile, sources: kitSources() };
}

/**
 * @param find gives the path of a file in a package, or throws
 * @throws BadInput naming all packages that it does not find
 */
export function requirePackages(names: readonly string[], find: (file: string) => string): void {
  const missing = names.filter((name) => !isFound(name, find));
  if (missing.length === 0) return;
  throw new BadInput(
    `notebooks need ${missing.join(', ')}, which only developers install; run npm install --include=dev in ${PROJECT_ROOT}`,
  );
}

function isFound(name: string, find: (file: string) => string): boolean {
  try {
    find(name);
    return true;
  } catch (error) {
    // A package may be there and keep its files from being asked for in this way.
    return (error as NodeJS.ErrnoException).code === 'ERR_PACKAGE_PATH_NOT_EXPORTED';
  }
}

/** Packages that the project says it depends on. */
export function declaredPackages(): ReadonlySet<string> {
  const { dependencies = {}, devDependencies = {} } = JSON.parse(
    readFileSync(join(PROJECT_ROOT, 'package.json'), 'utf8'),
  ) as Record<'dependencies' | 'devDependencies', Record<string, string> | undefined>;
  return new Set([...Object.keys(dependencies), ...Object.keys(devDependencies)]);
}

/** The folder of Notebook Kit's modules; only its style sheets may be asked for by name. */
function kitSources(): string {
  const sheet = createRequire(import.meta.url).resolve('@observablehq/notebook-kit/index.css');
  return dirname(dirname(sheet));
}
