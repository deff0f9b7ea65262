import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { rowsOfArrow } from '../../notebooks/parts/arrow-rows.ts';
import { buildPage } from '../../notebooks/build/build-page.ts';
import type { NotebookData } from '../../notebooks/tables/notebook-data.ts';
import { exampleData } from '../../src/cli/notebook/example-data.ts';
import { createLogWriter } from '../../src/log/log-writer.ts';
import { servePages } from '../../notebooks/build/serve-pages.ts';
import { CONFIGURE, sampleRequest, sampleSend } from '../log/sample-rows.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { runProgram } from '../../src/cli/run-program.ts';
import { folderOfInputs } from '../cli/replaying-commands.ts';
import { runTokenpool, type Ending } from '../cli/run-tokenpool.ts';

const pathOf = folderOfInputs();

beforeAll(async () => {
  const trace = pathOf('good.parquet');
  const outage = ['--scenario', 'provider-outage'];
  const made = await Promise.all([
    runTokenpool('simulate', trace, ...outage, '--policy', 'weighted', '--log', pathOf('own.duckdb')),
    runTokenpool('compare', trace, ...outage, '--policies', 'ranked,random', '--out', pathOf('own.json')),
    runTokenpool('compare', trace, ...outage, '--policies', 'ranked', '--out', pathOf('alone.json')),
  ]);
  expect(made.map(({ code, stderr }) => [code, stderr])).toEqual(made.map(() => [0, '']));
  // Logs of a proxy that has served nothing, and of one that has heard of no end yet.
  const format = { coreVersion: '1', sessionSalt: 'salt' };
  await (await createLogWriter(pathOf('empty.duckdb'), format)).close();
  const endless = await createLogWriter(pathOf('endless.duckdb'), format);
  endless.input(0, 0, 'configure', CONFIGURE);
  endless.input(1, 0, 'begin', sampleRequest('r1'));
  endless.commands(1, 0, [sampleSend('r1', 1)]);
  await endless.close();
  const { fit } = (await exampleData('can-i-trust-it')) as Extract<NotebookData, { readonly name: 'can-i-trust-it' }>;
  copyFileSync(fit, pathOf('fit.json'));
}, 180_000);

/** Runs the command in this process: starting one takes longer than most of what is tested. */
async function notebook(...args: readonly string[]): Promise<Ending> {
  const all = ['notebook', ...args];
  const written: string[] = [];
  const complaints: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  try {
    const program = await buildProgram(all);
    const code = await runProgram(program, ['', '', ...all], (text) => complaints.push(text));
    return { code, stdout: written.join(''), stderr: complaints.join('') };
  } finally {
    write.mockRestore();
  }
}

const tableOf = (path: string) => rowsOfArrow(readFileSync(path).toString('base64'));

describe('notebook', () => {
  test('of one’s own log is a page with that log’s decisions, and tables beside it', async () => {
    const out = pathOf('log-pages');
    const args = ['why-this-target', '--log', pathOf('own.duckdb'), '--out', out];
    const { code, stdout, stderr } = await runTokenpool('notebook', ...args);
    expect([code, stdout, stderr]).toEqual([
      0,
      `${join(out, 'why-this-target.html')}
`,
      '',
    ]);
    expect(readdirSync(out).sort()).toEqual([
      'index.html',
      'notebooks.json',
      'why-this-target',
      'why-this-target.html',
    ]);
    expect(tableOf(join(out, 'why-this-target', 'facts.arrow'))).toMatchObject([{ requests: 400, modes: 'weighted' }]);
    // Pages that are not there are not linked.
    expect(readFileSync(join(out, 'why-this-target.html'), 'utf8').includes('what-if.html')).toBe(false);
    expect(readdirSync(pathOf('')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('of one’s own run names its policies; --json gives the paths', async () => {
    const out = pathOf('run-pages');
    const { code, stdout } = await notebook('ranked-vs-weighted', '--run', pathOf('own.json'), '--out', out, '--json');
    expect(code).toBe(0);
    const [written] = JSON.parse(stdout) as [{ name: string; page: string; tables: string[] }];
    expect([written.name, written.page]).toEqual(['ranked-vs-weighted', join(out, 'ranked-vs-weighted.html')]);
    expect(written.tables.every((path) => existsSync(path))).toBe(true);
    expect(tableOf(join(out, 'ranked-vs-weighted', 'runs.arrow')).map(({ policy }) => policy)).toEqual([
      'ranked',
      'random',
    ]);
  });

  test('of one’s own trace or log replays those requests', async () => {
    const out = pathOf('traffic-pages');
    const args = ['what-if', '--trace', pathOf('own.duckdb'), '--out', out];
    expect((await notebook(...args, '--scenario', 'provider-outage')).code).toBe(0);
    // Made again, the folder is replaced.
    expect((await notebook(...args, '--scenario', 'calm-day')).code).toBe(0);
    expect(tableOf(join(out, 'what-if', 'requests.arrow'))).toHaveLength(400);
    expect(tableOf(join(out, 'what-if', 'scenarios.arrow')).map(({ name }) => name)).toEqual(['calm-day']);
  });

  test('of a log that was replayed says that it is the one that is measured', async () => {
    const [log, run] = [pathOf('own.duckdb'), pathOf('replay.json')];
    const policies = ['--policies', 'ranked,weighted'];
    expect((await runTokenpool('compare', log, '--scenario', 'provider-outage', ...policies, '--out', run)).code).toBe(
      0,
    );
    const out = pathOf('trust-pages');
    const args = ['can-i-trust-it', '--fit', pathOf('fit.json'), '--run', run, '--out', out];
    const table = join(out, 'can-i-trust-it', 'replayedLog.arrow');
    expect((await notebook(...args, '--measured', log)).code).toBe(0);
    expect(tableOf(table)).toEqual([{ is_measured: true }]);
    expect((await notebook(...args)).code).toBe(0);
    expect(tableOf(table)).toEqual([{ is_measured: false }]);
  });

  test('finds a busy port before it builds', async () => {
    const other = await servePages(pathOf(''), 0);
    try {
      const { port } = new URL(other.url);
      const args = ['why-this-target', '--log', pathOf('own.duckdb'), '--out', pathOf('busy')];
      const { code, stdout, stderr } = await notebook(...args, '--preview', '--port', port);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(/^tokenpool: --port \d+: is in use; name another one, or 0 for any\n?$/);
      expect(existsSync(pathOf('busy'))).toBe(false);
    } finally {
      await other.close();
    }
  });

  test('says in one line what is wrong, and leaves nothing behind', async () => {
    const foreign = pathOf('foreign');
    mkdirSync(foreign);
    writeFileSync(join(foreign, 'thesis.txt'), 'mine');
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [['why-this-targt'], /notebook "why-this-targt": there is none of that name; did you mean why-this-target\?/],
      [['all', '--log', pathOf('own.duckdb')], /--log: is for one notebook; name it in place of all/],
      [
        ['why-this-target', '--run', pathOf('own.json')],
        /--run: the notebook why-this-target does not read that; it reads --log/,
      ],
      [['what-if', '--trace', pathOf('good.parquet')], /notebook what-if: needs --scenario too/],
      [['why-this-target', '--log', pathOf('nowhere.duckdb')], /nowhere\.duckdb: no such file/],
      [['why-this-target', '--log', pathOf('notes.txt')], /notes\.txt: is not a DuckDB file/],
      [['ranked-vs-weighted', '--run', pathOf('nowhere.json')], /nowhere\.json: there is no such file/],
      [['ranked-vs-weighted', '--run', pathOf('notes.txt')], /notes\.txt: is not JSON/],
      [['ranked-vs-weighted', '--run', pathOf('alone.json')], /alone\.json: has one policy only/],
      [['can-i-trust-it', '--fit', pathOf('own.json')], /own\.json: kind: is not a calibration but a "comparison"/],
      [
        ['why-this-target', '--log', pathOf('own.duckdb'), '--out', foreign],
        /foreign: holds thesis\.txt, which is not part of built notebooks/,
      ],
      [['why-this-target', '--log', pathOf('own.duckdb'), '--out', pathOf('notes.txt')], /notes\.txt: is a file/],
      [['why-this-target', '--port', '70000'], /at most 65535/],
      [['why-this-target', '--port', '4000'], /--port 4000: is only for --preview/],
      [['why-this-target', '--log', pathOf('empty.duckdb')], /empty\.duckdb: has no decisions yet; name a log/],
      [
        ['can-i-trust-it', '--fit', pathOf('fit.json'), '--measured', pathOf('empty.duckdb')],
        /empty\.duckdb: has no decisions yet; name a log/,
      ],
      [
        ['can-i-trust-it', '--fit', pathOf('fit.json'), '--measured', pathOf('endless.duckdb')],
        /endless\.duckdb: has no outcomes yet; name a log/,
      ],
    ];
    const before = readdirSync(pathOf(''));
    for (const [args, line] of cases) {
      const args2 = args.includes('--out') ? args : [...args, '--out', pathOf('never')];
      const { code, stdout, stderr } = await notebook(...args2);
      expect([args, code, stdout]).toEqual([args, 2, '']);
      expect(stderr).toMatch(line);
      expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    }
    expect(readdirSync(pathOf(''))).toEqual(before);
    expect(readFileSync(join(foreign, 'thesis.txt'), 'utf8')).toBe('mine');
  });
});

describe('a notebook that cannot be built', () => {
  const built = (cell: string): Promise<unknown> => {
    const path = pathOf('bad.html');
    writeFileSync(
      path,
      `<!doctype html><notebook><title>Bad</title><script id="4" type="module">${cell}</script></notebook>`,
    );
    return buildPage(path, 'bad.html', {});
  };

  test.each([
    [
      'import * as d3 from "npm:echarts";',
      /^bad\.html: imports https:.*echarts.*not a package that this project depends on/,
    ],
    [
      'import x from "https://example.org/x.js";',
      /^bad\.html: imports https:\/\/example\.org\/x\.js, which is on the network/,
    ],
    ['display(echarts)', /^bad\.html: cell 4 uses "echarts", which no cell defines/],
  ])('for %s is refused by name', async (cell, message) => {
    await expect(built(cell)).rejects.toThrow(message);
  });

  test('may import what is installed', async () => {
    await expect(built('import {html as h} from "npm:htl"; display(h`<p>fine</p>`)')).resolves.toMatchObject({
      html: expect.stringContaining('fine') as string,
    });
  });
});
