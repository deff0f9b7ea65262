import { resolve } from 'node:path';
import { BadInput } from '../config/bad-input.ts';

/**
 * Makes sure that a command writes over nothing that it reads, and that two outputs do not share a name.
 *
 * @param paths what a message calls them -> path; undefined for an option that was not given. Outputs come last
 * @throws BadInput naming the first two that are one file
 */
export function checkDistinctPaths(paths: Readonly<Record<string, string | undefined>>): void {
  const seen = new Map<string, string>();
  for (const [name, path] of Object.entries(paths)) {
    if (path === undefined) continue;
    const other = seen.get(resolve(path));
    if (other !== undefined) throw new BadInput(`${name}: ${path}: is also ${other}; name another file`);
    seen.set(resolve(path), name);
  }
}
