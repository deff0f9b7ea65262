import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FOLDERS = ['src', 'simulator', 'datasets', 'reports', 'notebooks', 'tests'];
/** Not ours to judge: installed packages and what the commands write. */
const LEFT_OUT = ['node_modules', 'reports/out', 'notebooks/out', 'notebooks/own'];

/** A file of the project; the path is relative to its root, with forward slashes. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** Every file below the project's own folders, tracked by git or not. */
export function projectPaths(): string[] {
  // Git keeps no empty folders, so a fresh clone may lack one.
  const present = FOLDERS.map((folder) => join(ROOT, folder)).filter(existsSync);
  return present.flatMap(walk).sort();
}

/** The TypeScript files among them, with their text. */
export function projectSources(): SourceFile[] {
  return projectPaths()
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const full = join(folder, entry.name);
    const path = relative(ROOT, full);
    if (LEFT_OUT.includes(path) || entry.name.startsWith('.')) return [];
    return entry.isDirectory() ? walk(full) : [path];
  });
}
