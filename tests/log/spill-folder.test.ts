/** What does not fit into memory while a long log is sorted. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder } from './temporary-folder.ts';

const pathOf = temporaryFolder();
const moduleUrl = (name: string): string => new URL(`../../src/log/${name}.ts`, import.meta.url).href;

/** Sorts more than fits and, with the sorting half read, leaves as a command does that is told to stop. */
const SORTING = `
  import { existsSync } from 'node:fs';
  import { openInMemory, sortingRoom } from ${JSON.stringify(moduleUrl('log-file'))};
  import { spillFolder } from ${JSON.stringify(moduleUrl('spill-folder'))};
  const { connection } = await openInMemory(sortingRoom());
  await connection.run("SET memory_limit = '60MB'");
  await connection.run('SET threads = 1');
  const rows = await connection.stream("SELECT hash(range) AS h, repeat('x', 60) || range AS t FROM range(1200000) ORDER BY h");
  await rows.fetchChunk();
  process.stdout.write(JSON.stringify({ folder: spillFolder(), isThere: existsSync(spillFolder()) }));
  process.exit(130);
`;

test('a process that stops while it sorts leaves none of it behind', async () => {
  await writeFile(pathOf('sorting.mts'), SORTING);
  const child = spawn(process.execPath, ['--import', 'tsx', pathOf('sorting.mts')], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (text: Buffer) => (said += text.toString()));
  const code = await new Promise((resolve) => child.on('close', resolve));
  const { folder, isThere } = JSON.parse(said) as { readonly folder: string; readonly isThere: boolean };
  expect({ code, isThere }).toEqual({ code: 130, isThere: true });
  expect(existsSync(folder)).toBe(false);
});
