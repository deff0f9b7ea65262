import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Calibration } from '../../simulator/calibrate/calibration.ts';
import { createLogWriter } from '../../src/log/log-writer.ts';
import { loadScenario } from '../../src/config/load-scenario.ts';
import { CORE_VERSION } from '../../src/router/index.ts';
import { expectBadInput, folderOfInputs } from './replaying-commands.ts';
import { runHere } from './run-here.ts';
import { runTokenpool } from './run-tokenpool.ts';

const pathOf = folderOfInputs();

beforeAll(async () => {
  const log = ['--policy', 'weighted', '--log', pathOf('run.duckdb')];
  const simulated = await runHere('simulate', pathOf('good.parquet'), '--scenario', 'calm-day', ...log);
  expect(simulated.code).toBe(0);
  const few = await createLogWriter(pathOf('empty.duckdb'), { coreVersion: CORE_VERSION });
  await few.close();
});

describe('calibrate', () => {
  const out = pathOf('fitted.yaml');
  const result = pathOf('fit.json');

  test('writes a scenario and a result, and says how far it can be believed', async () => {
    const run = await runHere('calibrate', pathOf('run.duckdb'), '--out', out, '--result', result);
    expect([run.code, run.stderr]).toEqual([0, '']);
    expect(run.stdout).toMatch(
      /^40\d attempts over \d+\.\d minutes: 32\d to learn from, the last 8\d to be judged by\n/,
    );
    expect(run.stdout).toContain(`scenario: ${out}`);

    const { scenario } = loadScenario(out);
    expect(scenario.pool).toEqual(loadScenario('calm-day').scenario.pool);
    expect(scenario.twins.length).toBe(loadScenario('calm-day').scenario.twins.length);
    const calibration = JSON.parse(readFileSync(result, 'utf8')) as Calibration;
    expect(calibration).toMatchObject({ kind: 'calibration', formatVersion: 1, scenarioPath: out });
    expect(calibration.twins.reduce((sum, { attempts }) => sum + attempts, 0)).toBe(
      calibration.split.fit.rows + calibration.split.validate.rows,
    );
  });

  test('writes what simulate and report can read', async () => {
    const replayed = await runHere('simulate', pathOf('good.parquet'), '--scenario', out, '--json');
    expect(replayed.code).toBe(0);
    const report = await runHere('report', result, '--out', pathOf('report'), '--json');
    expect(report.code).toBe(0);
    expect(existsSync(pathOf('report/report.html'))).toBe(true);
  });

  test('prints the same for the same log and seed in another process', async () => {
    const args = ['calibrate', pathOf('run.duckdb'), '--out', pathOf('again.yaml'), '--json'];
    const { stdout } = await runTokenpool(...args);
    const timeless = (json: string) => {
      const { wallMs: _wallMs, command: _command, scenarioPath: _path, ...rest } = JSON.parse(json) as Calibration;
      return rest;
    };
    expect(timeless(stdout)).toEqual(timeless(readFileSync(result, 'utf8')));
    expect(readFileSync(pathOf('again.yaml'), 'utf8')).toBe(readFileSync(out, 'utf8'));
  });

  test('takes a trace that tells what became of its requests, and says what such a trace does not know', async () => {
    const rows = Array.from({ length: 240 }, (_, index) => {
      const target = index % 3 === 0 ? 'openai.k1.gpt-4.1-mini' : 'home.k1.llama';
      return `${index * 900},${400 + (index % 7) * 100},${50 + (index % 11) * 10},true,${target},success,200,${300 + (index % 13) * 20},${1_500 + (index % 17) * 50},${index % 3 === 0 ? 0.0003 : 0}`;
    });
    writeFileSync(
      pathOf('foreign.csv'),
      `arrival_ms,input_tokens,output_tokens,stream,target,kind,status,first_token_ms,duration_ms,cost_usd\n${rows.join('\n')}\n`,
    );
    const imported = await runHere('import', 'csv', pathOf('foreign.csv'), '--out', pathOf('foreign.parquet'));
    expect([imported.code, imported.stderr]).toEqual([0, '']);
    const run = await runHere('calibrate', pathOf('foreign.parquet'), '--out', pathOf('foreign.yaml'));
    expect(run.code).toBe(0);
    expect(run.stderr).toContain('a trace tells of requests, not of attempts');
    const { scenario } = loadScenario(pathOf('foreign.yaml'));
    expect(scenario.pool.targets.map(({ id }) => id).sort()).toEqual(['home.k1.llama', 'openai.k1.gpt-4.1-mini']);
  });
});

describe('calibrate refuses', () => {
  const calibrate = (name: string, ...more: readonly string[]) => [
    'calibrate',
    pathOf(name),
    '--out',
    pathOf('refused.yaml'),
    ...more,
  ];

  test.each([
    ['what is not there', 'nowhere.duckdb', /nowhere\.duckdb: no such file; name a decision log or a trace/],
    [
      'a trace without outcomes',
      'good.parquet',
      /good\.parquet: no row says where its request went and what became of it/,
    ],
    [
      'a log without attempts',
      'empty.duckdb',
      /empty\.duckdb: the log has no attempts; there is nothing to learn from/,
    ],
    ['a text', 'notes.txt', /notes\.txt: is not a canonical trace \(Parquet\)/],
  ])('%s', async (_, name, pattern) => {
    await expectBadInput(pathOf, calibrate(name), pattern);
    expect(existsSync(pathOf('refused.yaml'))).toBe(false);
  });

  test('too few attempts, with the number that it takes', async () => {
    const log = ['--log', pathOf('few.duckdb')];
    await runHere('generate', '--out', pathOf('few.parquet'), '--requests', '10', '--hours', '1');
    await runHere('simulate', pathOf('few.parquet'), '--scenario', 'calm-day', ...log);
    await expectBadInput(
      pathOf,
      calibrate('few.duckdb'),
      /few\.duckdb: has 10 attempts with an outcome; a fit needs 100 at least/,
    );
  });

  test('a log in which nothing succeeded, and targets that no pool could have', async () => {
    const csv = (target: string, kind: string) =>
      `arrival_ms,input_tokens,output_tokens,stream,target,kind,status,duration_ms\n${Array.from({ length: 120 }, (_, index) => `${index * 500},400,50,true,${target},${kind},${kind === 'success' ? 200 : 500},${300 + index}`).join('\n')}\n`;
    writeFileSync(pathOf('down.csv'), csv('p.k.m', 'failure'));
    writeFileSync(pathOf('odd.csv'), csv('日本.k.m', 'success'));
    for (const name of ['down', 'odd']) {
      await runHere('import', 'csv', pathOf(`${name}.csv`), '--out', pathOf(`${name}.parquet`));
    }
    await expectBadInput(pathOf, calibrate('down.parquet'), /down\.parquet: none of its 120 attempts succeeded/);
    await expectBadInput(pathOf, calibrate('odd.parquet'), /odd\.parquet: its targets make no pool: .*providers/);
  });

  test('one name for two files', async () => {
    await expectBadInput(pathOf, calibrate('run.duckdb', '--result', pathOf('refused.yaml')), /is also --out/);
  });

  test('to write over something else', async () => {
    writeFileSync(pathOf('mine.yaml'), 'name: mine\n');
    await expectBadInput(
      pathOf,
      ['calibrate', pathOf('run.duckdb'), '--out', pathOf('mine.yaml')],
      /mine\.yaml: exists and is not a fitted scenario/,
    );
    expect(readFileSync(pathOf('mine.yaml'), 'utf8')).toBe('name: mine\n');
    writeFileSync(pathOf('package.json'), '{"name":"mine"}\n');
    await expectBadInput(
      pathOf,
      calibrate('run.duckdb', '--result', pathOf('package.json')),
      /package\.json: exists and is not a result that tokenpool wrote; name another file, or remove this one first/,
    );
    expect(readFileSync(pathOf('package.json'), 'utf8')).toBe('{"name":"mine"}\n');
  });
});
