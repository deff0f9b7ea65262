import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { tableFromIPC } from 'apache-arrow';
import { expect, test } from 'vitest';
import { openLiveLog } from '../../../src/log/live/live-log.ts';
import { openLog } from '../../../src/log/log-reader.ts';
import { runHere } from '../../cli/run-here.ts';
import { runTokenpool } from '../../cli/run-tokenpool.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import type { VictimOrders } from './kill-rounds.ts';
import { LiveDriver } from './live-driver.ts';
import { readWhole } from './live-rows.ts';

const pathOf = temporaryFolder();
const VICTIM = fileURLToPath(new URL('./kill-victim.ts', import.meta.url));

/** Calmly, as whoever reads beside it shares its cores. */
async function running(folder: string): Promise<ChildProcess> {
  const orders = JSON.stringify({ folder, options: {}, pauseMs: 20 } satisfies VictimOrders);
  const child = spawn(process.execPath, ['--import', 'tsx', VICTIM, orders], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout!, 'data');
  child.stdout!.resume();
  return child;
}

test(
  'a log that another process writes is read up to its last closed segment, with a note',
  { timeout: 90_000 },
  async () => {
    const folder = pathOf('served');
    const log = await openLiveLog(folder);
    const driver = new LiveDriver(log);
    driver.run(30);
    driver.drain();
    await log.rotate();
    await log.close();
    const closed = await readWhole(folder);
    const child = await running(folder);
    try {
      await expect(openLiveLog(folder)).rejects.toThrow(/another process holds it/);
      const reader = await openLog(folder);
      expect(reader.notes).toEqual([expect.stringContaining('a server holds')]);
      expect(await reader.count('inputs')).toBe(closed.inputs.length);
      reader.close();
      const { code, stdout, stderr } = await runTokenpool('verify', folder);
      expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('bit for bit') as string });
      expect(stderr).toMatch(/^tokenpool: a server holds .* are not in its closed segments\n$/);
      const open = await runHere('explain', 'still/open', '--log', folder);
      expect({ code: open.code, stdout: open.stdout }).toEqual({ code: 2, stdout: '' });
      expect(open.stderr).toMatch(
        /no request still\/open in the closed segments; a running server holds the rows since then: ask it with GET \/admin\/explain\/still%2Fopen\n$/,
      );
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    expect((await readWhole(folder)).inputs.length).toBeGreaterThan(closed.inputs.length);
  },
);

test('a log of which nothing is closed yet is one line of advice', { timeout: 60_000 }, async () => {
  const folder = pathOf('fresh');
  const child = await running(folder);
  try {
    const { code, stdout, stderr } = await runHere('verify', folder, '--json');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^tokenpool: .*a server holds it and has closed no segment yet; .*GET \/admin\/log\n$/);
    const explained = await runHere('explain', 'r1', '--log', folder);
    expect(explained).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('GET /admin/explain/REQUEST') as string,
    });
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

test(
  'export writes what the log holds, in each format, and replaces only its own kind',
  { timeout: 90_000 },
  async () => {
    const folder = pathOf('exported');
    const log = await openLiveLog(folder);
    const driver = new LiveDriver(log);
    driver.run(60);
    await log.rotate();
    driver.run(30);
    driver.drain();
    await log.close();
    const { decisions } = await readWhole(folder);
    const json = await runHere('export', folder, '--out', pathOf('d.parquet'), '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({
      table: 'decisions',
      format: 'parquet',
      rows: decisions.length,
      notes: [],
    });
    expect((await readFile(pathOf('d.parquet'))).subarray(0, 4).toString()).toBe('PAR1');
    await runHere('export', folder, '--out', pathOf('d.arrow'), '--format', 'arrow');
    const table = tableFromIPC(await readFile(pathOf('d.arrow')));
    expect(table.numRows).toBe(decisions.length);
    expect(table.getChild('draw')!.toJSON()).toEqual(decisions.map(({ draw }) => draw));
    expect((await runHere('export', folder, '--out', pathOf('o.csv'), '--table', 'outcomes')).code).toBe(0);
    const lines = (await readFile(pathOf('o.csv'), 'utf8')).trim().split('\n');
    expect(lines[0]).toMatch(/^sequence,at_ms,request_id,attempt,target,kind,/);
    expect(lines.length).toBe(
      1 +
        (await openLog(folder).then(async (reader) => {
          const count = await reader.count('outcomes');
          reader.close();
          return count;
        })),
    );
    expect(
      (await runHere('export', folder, '--out', pathOf('o.csv'), '--format', 'csv', '--table', 'outcomes')).code,
    ).toBe(0);
    const imported = await runHere('import', 'tokenpool', folder, '--out', pathOf('t.parquet'), '--json');
    expect(imported.code).toBe(0);
    const begun = (await readWhole(folder)).inputs.filter(({ kind }) => kind === 'begin').length;
    expect(JSON.parse(imported.stdout)).toMatchObject({ requests: begun });
    const refused = await runHere('export', folder, '--out', pathOf('o.csv'), '--table', 'decisions');
    expect(refused).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is no earlier export of decisions as csv') as string,
    });
    const own = await runHere('export', folder, '--out', `${folder}/current.duckdb`);
    expect(own.code).toBe(2);
    expect((await runHere('verify', folder)).code).toBe(0);
  },
);
