import { execFile } from 'node:child_process';
import { cp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { BadInput } from '../../../src/config/bad-input.ts';
import { openLiveLog } from '../../../src/log/live/live-log.ts';
import { runHere } from '../../cli/run-here.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { LiveDriver } from './live-driver.ts';
import { readWhole, verify } from './live-rows.ts';

const pathOf = temporaryFolder();
const whole = (): string => pathOf('whole');

/** Three closed segments, some rows in the database, and the folder as it was after the first of them. */
beforeAll(async () => {
  const log = await openLiveLog(whole());
  const driver = new LiveDriver(log);
  for (let turn = 0; turn < 3; turn += 1) {
    driver.run(40);
    await log.rotate();
    if (turn === 0) await copyOf(whole(), 'early');
  }
  driver.run(20);
  driver.drain();
  await log.close();
});

/** In another process: to open and close a database that this one holds would give its lock away. */
async function copyOf(folder: string, name: string): Promise<string> {
  await promisify(execFile)('cp', ['-r', folder, pathOf(name)]);
  return pathOf(name);
}

async function someSegment(folder: string): Promise<string> {
  const names = await readdir(`${folder}/segments`, { recursive: true });
  return `segments/${names.filter((name) => /^inputs.*\.parquet$/.test(name)).sort()[1]!}`;
}

type Damage = (folder: string) => Promise<void>;

const without =
  (name: string): Damage =>
  (folder) =>
    rm(`${folder}/${name}`);

const DAMAGES: readonly (readonly [name: string, damage: Damage, line: RegExp])[] = [
  [
    'a missing segment',
    async (folder) => rm(`${folder}/${await someSegment(folder)}`),
    /segments\/inputs\/day=\S+\.parquet: is missing, although segments\.json names it; put it back/,
  ],
  [
    'no database',
    without('current.duckdb'),
    /current\.duckdb: is missing, and with it the rows that are in no closed segment; put it back/,
  ],
  [
    'no list of segments',
    without('segments.json'),
    /segments\.json: is missing, although 3 segments were closed; put it back/,
  ],
];

const MORE_DAMAGES: typeof DAMAGES = [
  ...DAMAGES,
  [
    'a segment that was cut short',
    async (folder) => truncate(`${folder}/${await someSegment(folder)}`, 100),
    /\.parquet: has 100 bytes, but segments\.json says \d+: it was damaged/,
  ],
  [
    'rubbish in the middle of a segment',
    async (folder) => {
      const path = `${folder}/${await someSegment(folder)}`;
      await writeFile(path, (await readFile(path)).fill(0x5a, 8, 1_000));
    },
    /cannot be read/,
  ],
  [
    'the list of segments of an earlier day',
    (folder) => cp(pathOf('early/segments.json'), `${folder}/segments.json`),
    /segments\.json: is older than current\.duckdb/,
  ],
  [
    'the database of an earlier day',
    (folder) => cp(pathOf('early/current.duckdb'), `${folder}/current.duckdb`),
    /current\.duckdb: is older than segments\.json/,
  ],
  ...[1_000, 20_000].map((bytes): (typeof DAMAGES)[number] => [
    `a database cut after ${bytes} bytes`,
    (folder) => truncate(`${folder}/current.duckdb`, bytes),
    /current\.duckdb: cannot be opened: the file was damaged or cut short; put it back from a copy$/,
  ]),
  [
    'a database cut short in its rows',
    async (folder) => truncate(`${folder}/current.duckdb`, (await stat(`${folder}/current.duckdb`)).size * 0.75),
    /current\.duckdb: the table \w+ cannot be read: it was damaged or cut short; put it back from a copy$/,
  ],
  ['a database without a byte', (folder) => truncate(`${folder}/current.duckdb`, 0), /current\.duckdb: /],
];

describe('a folder of a live log from which something was taken away', () => {
  test('is whole before', async () => {
    expect(await verify(whole())).toMatchObject({ firstDifference: null });
  });

  test.each(MORE_DAMAGES)('%s is bad input, and the file is named', async (name, damage, line) => {
    const folder = await copyOf(whole(), name.replaceAll(' ', '-'));
    await damage(folder);
    const trouble = await readWhole(folder).catch((error: unknown) => error);
    expect(trouble).toBeInstanceOf(BadInput);
    expect((trouble as Error).message).toMatch(line);
  });

  test.each(DAMAGES)(
    '%s: every command that reads it says so in one line',
    { timeout: 60_000 },
    async (name, damage, line) => {
      const folder = await copyOf(whole(), `${name.replaceAll(' ', '-')}-for-commands`);
      await damage(folder);
      const out = pathOf(`written-${name.replaceAll(' ', '-')}`);
      for (const command of [
        ['verify', folder],
        ['explain', 'r1', '--log', folder],
        ['export', folder, '--out', `${out}.parquet`],
        ['import', 'tokenpool', folder, '--out', `${out}.parquet`],
      ]) {
        const { code, stdout, stderr } = await runHere(...command);
        expect({ command: command[0], code, stdout, lines: stderr.split('\n').length }).toEqual({
          command: command[0],
          code: 2,
          stdout: '',
          lines: 2,
        });
        expect(stderr).toMatch(line);
      }
      expect((await readdir(pathOf('.'))).filter((entry) => entry.includes('written-'))).toEqual([]);
    },
  );

  test('a spool file that the database has read in part', async () => {
    const log = await openLiveLog(pathOf('killed-source'));
    new LiveDriver(log).run(30);
    await log.recent(1);
    const folder = await copyOf(pathOf('killed-source'), 'killed');
    await log.close();
    expect((await readWhole(folder)).inputs.length).toBeGreaterThan(30);
    await rm(`${folder}/spool/000000000000.spool`);
    await expect(readWhole(folder)).rejects.toThrow(/spool\/0+\.spool: is missing, and with it what the server/);
  });

  test('a server does not go on in one whose database was cut short, and says so in its own words', async () => {
    const folder = await copyOf(whole(), 'served-cut');
    for (const bytes of [Math.floor((await stat(`${folder}/current.duckdb`)).size * 0.75), 1_000]) {
      await truncate(`${folder}/current.duckdb`, bytes);
      const trouble = await openLiveLog(folder).catch((error: unknown) => error);
      expect(trouble).toBeInstanceOf(BadInput);
      expect((trouble as Error).message).toMatch(
        /current\.duckdb: cannot be (?:opened|read): [^"]* put it back from a copy$/,
      );
    }
  });

  test.each([
    ['current.duckdb', /current\.duckdb: is missing, .* or name another folder for the log$/],
    ['segments.json', /segments\.json: is missing, .* or name another folder for the log$/],
  ])('without its %s a server does not go on in it, and takes no segment for rubbish', async (name, line) => {
    const folder = await copyOf(whole(), `served-without-${name}`);
    await rm(`${folder}/${name}`);
    await expect(openLiveLog(folder)).rejects.toThrow(line);
    await cp(`${whole()}/${name}`, `${folder}/${name}`);
    expect(await verify(folder)).toEqual(await verify(whole()));
  });
});
