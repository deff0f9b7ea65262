import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { DuckDBInstance } from '@duckdb/node-api';
import { beforeAll, describe, expect, test } from 'vitest';
import { createLogWriter } from '../../src/log/log-writer.ts';
import { openLiveLog } from '../../src/log/live/live-log.ts';
import { CORE_VERSION } from '../../src/router/index.ts';
import type { Comparison, PolicyRun } from '../../simulator/result.ts';
import { driveRouter } from '../log/drive-router.ts';
import { checkBalance } from '../simulator/replay/witness.ts';
import { BAD_INPUT, expectBadInput, folderOfInputs } from './replaying-commands.ts';
import { runHere } from './run-here.ts';
import { runTokenpool, type Ending } from './run-tokenpool.ts';

type Simulated = PolicyRun & Pick<Comparison, 'outcomes'>;

const pathOf = folderOfInputs();
const replay = (command: string, trace: string, ...options: readonly string[]): string[] => [
  command,
  pathOf(trace),
  '--scenario',
  'calm-day',
  ...options,
];
const run = (command: string, trace: string, ...options: readonly string[]): Promise<Ending> =>
  runHere(...replay(command, trace, ...options));

/** What differs between two runs by the way in which they were asked for. */
function figures(json: string): unknown {
  const { tiers: _tiers, outcomes: _outcomes, ...rest } = JSON.parse(json) as Simulated;
  return rest;
}

let plain: Ending;
beforeAll(async () => {
  plain = await run('simulate', 'good.parquet', '--policy', 'weighted', '--log', pathOf('run.duckdb'), '--json');
  const other = await createLogWriter(pathOf('other.duckdb'), { coreVersion: CORE_VERSION });
  driveRouter(other, 60, 42);
  await other.close();
  const empty = await createLogWriter(pathOf('empty.duckdb'), { coreVersion: CORE_VERSION });
  await empty.close();
});

describe('a replay with a recording', () => {
  test('of the same policy and luck is that run again, all of it as logged', async () => {
    const options = ['--policy', 'weighted', '--recorded', pathOf('run.duckdb'), '--json'];
    const [logged, auto] = await Promise.all([
      run('simulate', 'good.parquet', ...options, '--outcomes', 'logged'),
      run('simulate', 'good.parquet', ...options),
    ]);
    expect([logged.code, logged.stderr]).toEqual([0, '']);
    const result = JSON.parse(logged.stdout) as Simulated;
    expect(result.outcomes).toEqual({
      mode: 'logged',
      recording: pathOf('run.duckdb'),
      attempts: result.attempts,
    });
    expect(result.tiers!.T1).toMatchObject({ attempts: result.attempts, attemptRatio: 1, requestRatio: 1 });
    expect(figures(logged.stdout)).toEqual(figures(plain.stdout));
    expect((JSON.parse(auto.stdout) as Simulated).outcomes?.mode).toBe('auto');
    expect(figures(auto.stdout)).toEqual(figures(plain.stdout));
  });

  test('without one has no tiers, whatever is said of outcomes', async () => {
    const twin = await run('simulate', 'good.parquet', '--policy', 'weighted', '--outcomes', 'twin', '--json');
    expect(twin).toEqual(plain);
    expect(JSON.parse(twin.stdout)).not.toHaveProperty('tiers');
  });

  test('takes a log for a trace, leaves nothing behind, and says the same in two processes', async () => {
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith('tokenpool-replay-'));
    const compare = ['--policies', 'weighted,ranked,round-robin', '--outcomes', 'auto', '--json', '--seed', '2'];
    const out = pathOf('result.json');
    const [once, again] = await Promise.all([
      run('compare', 'run.duckdb', ...compare, '--out', out),
      runTokenpool(...replay('compare', 'run.duckdb', ...compare)),
    ]);
    expect([once.code, once.stderr]).toEqual([0, '']);
    const untimed = (json: string): string => json.replaceAll(/"(wallMs|requestsPerSecond)": [\d.e+]+/g, '"$1": 0');
    expect(untimed(again.stdout)).toBe(untimed(once.stdout));
    const comparison = JSON.parse(readFileSync(out, 'utf8')) as Comparison;
    expect(comparison.trace).toMatchObject({ name: pathOf('run.duckdb'), requests: 400 });
    expect(comparison.command).toMatch(/ --seed 2 --outcomes auto$/);
    for (const { tiers, attempts, ...rest } of comparison.policies) {
      checkBalance({ ...rest, attempts });
      const { T1, T2, T3 } = tiers!;
      expect(T1.attempts + T2.attempts + T3.attempts).toBe(attempts);
      expect(T1.requestRatio + T2.requestRatio + T3.requestRatio).toBeCloseTo(1, 12);
      // Another policy goes elsewhere now and then, and as the logging one did at other times.
      expect(T1.attemptRatio).toBeGreaterThan(0);
      expect(T1.attemptRatio).toBeLessThan(1);
      expect(rest.inFlight).toBe(0);
    }
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith('tokenpool-replay-'))).toEqual(before);
  });

  test('of a log whose clock goes back is with twins alone, and the log is named', async () => {
    const path = pathOf('set-back.duckdb');
    copyFileSync(pathOf('run.duckdb'), path);
    const instance = await DuckDBInstance.create(path);
    const connection = await instance.connect();
    const half = '(SELECT median(sequence) FROM inputs)';
    for (const table of ['inputs', 'decisions', 'outcomes']) {
      await connection.run(`UPDATE ${table} SET at_ms = greatest(0, at_ms - 600000) WHERE sequence > ${half}`);
    }
    connection.closeSync();
    instance.closeSync();
    const twin = await run('simulate', 'set-back.duckdb', '--outcomes', 'twin');
    expect(twin.stderr).toMatch(
      /^tokenpool: .*set-back\.duckdb: its clock goes back: by it, \d+ of 400 requests ended before they came; /,
    );
    expect(twin.code).toBe(0);
    const recorded = replay('simulate', 'set-back.duckdb');
    await expectBadInput(pathOf, recorded, /set-back\.duckdb: the clock goes back at request .*, use --outcomes twin/);
  });

  test('says in a table what the outcomes rest on', async () => {
    const { stdout } = await run('compare', 'run.duckdb', '--policies', 'weighted,random', '--outcomes', 'donor');
    expect(stdout).toMatch(/Outcomes \(donor\) from the \d+ attempts of .*run\.duckdb; T1: as logged/);
    expect(stdout).toMatch(/│ random +│ 0\.0 % +│ \d+\.\d % +│ \d+\.\d % │/);
  });

  test('says that faults of the scenario do not change what was logged', async () => {
    const args = [pathOf('good.parquet'), '--scenario', 'provider-outage', '--recorded', pathOf('run.duckdb')];
    const { code, stderr } = await runHere('simulate', ...args);
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^tokenpool: .*run\.duckdb: .* the faults of the scenario provider-outage act on the twins'/,
    );
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});

describe('a replay refuses', () => {
  test.each(['logged', 'donor', 'auto'])('the outcomes %s without a recording', async (mode) => {
    const args = replay('compare', 'good.parquet', '--outcomes', mode);
    await expectBadInput(pathOf, args, new RegExp(`--outcomes ${mode}: takes outcomes from a log; name it with --rec`));
  });

  test('outcomes that there are not, and a recording that nothing is taken from', async () => {
    const odd = replay('simulate', 'good.parquet', '--outcomes', 'luck');
    await expectBadInput(pathOf, odd, /--outcomes .*'luck' is invalid.* logged, donor, auto, twin/);
    const args = replay('simulate', 'good.parquet', '--outcomes', 'twin', '--recorded', pathOf('run.duckdb'));
    await expectBadInput(pathOf, args, /--recorded .*run\.duckdb: --outcomes twin takes nothing from a log/);
  });

  test.each([
    ['nowhere.duckdb', /nowhere\.duckdb: no such file/],
    ['notes.txt', /notes\.txt: is not a decision log; name the DuckDB file/],
    ['good.parquet', /good\.parquet: is not a decision log; name the DuckDB file/],
    ['.', /is not a file, nor the folder of a live log/],
    ['empty.duckdb', /empty\.duckdb: has no outcomes of attempts; name a log of served requests/],
    [
      'other.duckdb',
      /other\.duckdb: none of its targets \(.*main\.chat-.*\) is in the pool of the scenario calm-day; name a scenario of/,
    ],
  ])('the recording %s', async (name, pattern) => {
    await expectBadInput(pathOf, replay('simulate', 'good.parquet', '--recorded', pathOf(name)), pattern);
  });

  test('a recording of other requests, even under the same ids', async () => {
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    const lab = `read_parquet('${pathOf('good.parquet')}')`;
    const write = (name: string, change: string): Promise<unknown> =>
      connection.run(`COPY (SELECT * REPLACE (${change}) FROM ${lab}) TO '${pathOf(name)}' (FORMAT parquet)`);
    await write('renamed.parquet', `'x' || request_id AS request_id`);
    await write('resized.parquet', 'input_tokens + 1 AS input_tokens');
    connection.closeSync();
    instance.closeSync();
    const recorded = ['--recorded', pathOf('run.duckdb')];
    await expectBadInput(
      pathOf,
      replay('compare', 'renamed.parquet', ...recorded),
      /run\.duckdb: has none of the requests of .*renamed\.parquet; name the log that this trace was recorded in/,
    );
    await expectBadInput(
      pathOf,
      replay('compare', 'resized.parquet', ...recorded),
      /run\.duckdb: has ids of .*resized\.parquet, but 400 of 400 are of other requests; name the log that this/,
    );
  });

  test('as a trace, a log without requests, a file that is no log, and the log of a server that has just begun', async () => {
    await expectBadInput(
      pathOf,
      replay('compare', 'empty.duckdb', '--outcomes', 'twin'),
      /empty\.duckdb: the log has no requests; there is nothing to replay/,
    );
    await expectBadInput(pathOf, replay('compare', 'empty.duckdb'), /empty\.duckdb: /);
    writeFileSync(pathOf('ducklike'), `12345678DUCK${'x'.repeat(5_000)}`);
    await expectBadInput(pathOf, replay('simulate', 'ducklike'), /ducklike: /);
    const log = await openLiveLog(pathOf('served'));
    try {
      const args = replay('simulate', 'served');
      await expectBadInput(pathOf, args, /served: a server holds it and has closed no segment yet/);
    } finally {
      await log.close();
    }
  });

  test.each(BAD_INPUT)('%s, with a recording as well', async (_, [trace, scenario], pattern) => {
    const named = scenario!.endsWith('.yaml') ? pathOf(scenario!) : scenario!;
    const args = ['simulate', pathOf(trace!), '--scenario', named, '--recorded', pathOf('run.duckdb')];
    // Ids that repeat belong to no recording, which is said first.
    await expectBadInput(pathOf, args, trace === 'same-id.parquet' ? /has none of the requests/ : pattern);
  });
});
