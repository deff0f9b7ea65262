/** From a notebook and data to a folder with the page and the tables behind it. */
import { existsSync, renameSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { BadInput } from '../../src/config/bad-input.ts';
import { makeOutputFolder } from '../../src/config/output-folder.ts';
import { noteUnfinished } from '../../src/config/unfinished-files.ts';
import { NOTEBOOKS, type NotebookName } from '../catalogue.ts';
import { closeAll, openNotebookData, type NotebookData } from '../tables/notebook-data.ts';
import { buildPage } from './build-page.ts';
import { indexPage } from './index-page.ts';
import { PROJECT_ROOT } from './notebook-kit.ts';

/** What marks a folder as ours: it may be replaced. */
const MARK = 'notebooks.json';

export interface WrittenNotebook {
  readonly name: NotebookName;
  /** Absolute path of the page. */
  readonly page: string;
  /** Absolute paths of the tables behind it, Arrow IPC files. */
  readonly tables: readonly string[];
  /** What a person should know of the data, one line each. */
  readonly notes: readonly string[];
}

/**
 * Builds the notebooks, one after the other, into a folder that appears at once and complete; an earlier one there is
 * replaced. Next to each page `NAME.html` stands a folder `NAME` with its tables.
 *
 * @param onBuilt told of each page that is done
 * @throws BadInput when data cannot be read, a notebook cannot be built, or `out` holds something else
 */
export async function buildNotebooks(
  all: readonly NotebookData[],
  out: string,
  onBuilt: (name: NotebookName) => void = () => undefined,
): Promise<readonly WrittenNotebook[]> {
  const folder = resolve(out);
  await refuseForeignFolder(folder, out);
  const building = noteUnfinished(`${folder}.${process.pid}.tmp`);
  try {
    await makeOutputFolder(building, out);
    const names = all.map(({ name }) => name);
    const written: WrittenNotebook[] = [];
    for (const data of all) {
      written.push(await buildInto(data, building, folder, names));
      onBuilt(data.name);
    }
    await writeFile(join(building, 'index.html'), indexPage(names));
    await writeFile(join(building, MARK), `${JSON.stringify(names)}\n`);
    await putInPlace(building, folder);
    return written;
  } finally {
    await rm(building, { recursive: true, force: true });
  }
}

async function buildInto(
  data: NotebookData,
  building: string,
  folder: string,
  beside: readonly NotebookName[],
): Promise<WrittenNotebook> {
  const { name } = data;
  const scratch = noteUnfinished(await mkdtemp(join(tmpdir(), 'tokenpool-notebook-')));
  try {
    const databases = await openNotebookData(data, async (database) => {
      await mkdir(join(scratch, database));
      return join(scratch, database);
    });
    try {
      const notes = Object.values(databases).flatMap((database) => database.notes);
      const { html, tables } = await buildPage(notebookPath(name), `${name}.html`, databases, beside);
      await writeFile(join(building, `${name}.html`), html);
      await mkdir(join(building, name));
      for (const [table, bytes] of tables) await writeFile(join(building, name, `${table}.arrow`), bytes);
      return {
        name,
        page: join(folder, `${name}.html`),
        tables: [...tables.keys()].map((table) => join(folder, name, `${table}.arrow`)),
        notes,
      };
    } finally {
      closeAll(databases);
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Path of a notebook's source. */
export function notebookPath(name: NotebookName): string {
  return join(PROJECT_ROOT, 'notebooks', `${name}.html`);
}

/** Replacing a folder deletes what is in it, so it must hold built notebooks and nothing else. */
async function refuseForeignFolder(folder: string, asGiven: string): Promise<void> {
  if (asGiven.trim() === '') throw new BadInput('--out: an empty name; name a folder');
  if (!existsSync(folder)) return;
  const entries = await readdir(folder).catch(() => null);
  if (entries === null) throw new BadInput(`${asGiven}: is a file; name a new folder for the pages`);
  if (entries.length === 0) return;
  const mark = await readFile(join(folder, MARK), 'utf8').catch(() => null);
  const known = new Set([MARK, 'index.html', ...NOTEBOOKS.flatMap(({ name }) => [name, `${name}.html`])]);
  const foreign = entries.find((entry) => !known.has(entry));
  if (mark === null || foreign !== undefined) {
    throw new BadInput(
      `${asGiven}: holds ${foreign ?? entries[0]}, which is not part of built notebooks; name a new folder or one with earlier pages`,
    );
  }
}

async function putInPlace(building: string, folder: string): Promise<void> {
  await makeOutputFolder(dirname(folder));
  const earlier = noteUnfinished(`${building}.earlier`);
  const replaces = existsSync(folder);
  // In one go: whoever is told to stop in between would leave neither in its place.
  if (replaces) renameSync(folder, earlier);
  try {
    renameSync(building, folder);
  } catch (error) {
    if (replaces) renameSync(earlier, folder);
    throw error;
  }
  await rm(earlier, { recursive: true, force: true });
}
