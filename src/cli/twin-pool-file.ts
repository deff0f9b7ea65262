/** A pool file in which the running twins are the providers, ready for the proxy. */
import { existsSync, statSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { partialPathOf } from '../../datasets/partial-file.ts';
import type { Scenario } from '../../simulator/scenario.ts';
import { poolFragment, secretVariable } from '../../simulator/twin-server/pool-fragment.ts';
import type { Twins } from '../../simulator/twin-server/start-twins.ts';
import { BadInput } from '../config/bad-input.ts';
import { readNamedFile } from '../config/file-trouble.ts';
import { makeOutputFolder } from '../config/output-folder.ts';

/** By this line a file is known as one of ours, which may be replaced. */
const FIRST_LINE = '# Pool of twins, written by tokenpool twins';

/** The pool as YAML; secrets come from the environment variables that the comment at its head sets. */
export function twinPoolText(scenario: Scenario, twins: Pick<Twins, 'providers'>): string {
  const exports = twins.providers.flatMap(({ id, keys }) =>
    keys.map(({ alias, secret }) => `# export ${secretVariable(id, alias)}=${secret}`),
  );
  return `${FIRST_LINE}: ${scenario.name}\n${exports.join('\n')}\n${yamlOf(servedForm(scenario, poolFragment(scenario, twins)))}`;
}

/** @throws BadInput when the path is taken by something else or has no folder */
export function checkTwinPoolPath(path: string): void {
  if (path.trim() === '') throw new BadInput('--write-pool: has an empty name; name a file to write to');
  const folder = dirname(path);
  if (!existsSync(folder)) throw new BadInput(`${path}: the folder ${folder} does not exist; create it first`);
  if (!existsSync(path)) return;
  if (statSync(path).isDirectory()) throw new BadInput(`${path}: is a folder; name a file to write to`);
  const isOurs = readNamedFile(path).startsWith(FIRST_LINE);
  if (!isOurs) throw new BadInput(`${path}: exists and is not a pool of twins; name another file, or remove this one`);
}

/**
 * Writes the pool, and beside it a folder `<name>.secrets` with a file for each of the twins' secrets (which protect
 * nothing), so that the proxy can start with it as it stands.
 *
 * @throws BadInput as {@link checkTwinPoolPath} does
 */
export async function writeTwinPool(path: string, scenario: Scenario, twins: Pick<Twins, 'providers'>): Promise<void> {
  checkTwinPoolPath(path);
  const folder = join(dirname(resolve(path)), `${basename(path, extname(path))}.secrets`);
  const fileOf = (provider: string, alias: string): string => join(folder, `${provider}.${alias}`);
  const made = await makeOutputFolder(folder);
  const partialPath = partialPathOf(path);
  try {
    for (const { id, keys } of twins.providers) {
      for (const { alias, secret } of keys) await writeFile(fileOf(id, alias), `${secret}\n`, { mode: 0o600 });
    }
    const fragment = poolFragment(scenario, twins, (provider, alias) => ({ secretFile: fileOf(provider, alias) }));
    await writeFile(partialPath, `${FIRST_LINE}: ${scenario.name}\n${yamlOf(servedForm(scenario, fragment))}`);
    await rename(partialPath, path);
  } catch (error) {
    await rm(partialPath, { force: true });
    if (made.length > 0) await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** The command that puts a proxy before the twins of a pool file, to be pasted into a shell. */
export function serveCommandText(path: string, speed: number): string {
  const word = /^[\w./:@%+=,-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
  return `tokenpool serve --config ${word} --speed ${speed}`;
}

function yamlOf(fragment: Readonly<Record<string, unknown>>): string {
  return stringify(fragment, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** Whoever reaches twins may try what instructions do. */
function servedForm(
  { pool }: Scenario,
  fragment: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return pool.routing === null ? fragment : { ...fragment, instructions: 'apply' };
}
