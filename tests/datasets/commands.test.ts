/** `import` and `generate` as a user runs them, in processes of their own. */
import { readdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { generateTrace, GENERATOR_PROFILES } from '../../datasets/generator/index.ts';
import { openTrace } from '../../datasets/index.ts';
import { runTokenpool } from '../cli/run-tokenpool.ts';
import { allRows, temporaryFolder } from './rows.ts';

const inFolder = temporaryFolder();

describe('generate', () => {
  test('writes the same trace in every process', async () => {
    const args = ['--profile', 'agents', '--requests', '500', '--hours', '2', '--seed', '9', '--cv', '2'];
    const [one, two] = await Promise.all([
      runTokenpool('generate', '--out', inFolder('one.parquet'), '--json', ...args),
      runTokenpool('generate', '--out', inFolder('two.parquet'), '--json', ...args),
    ]);
    const summaries = [one, two].map(({ stdout }) => JSON.parse(stdout) as Record<string, unknown>);
    expect(summaries[0]).toMatchObject({ requests: 500, out: inFolder('one.parquet') });
    expect({ ...summaries[1], out: '' }).toEqual({ ...summaries[0], out: '' });
    const settings = { ...GENERATOR_PROFILES.agents, requests: 500, hours: 2, seed: 9 };
    const here = generateTrace({ ...settings, gaps: { ...settings.gaps, cv: 2 } });
    expect(await allRows(await openTrace(inFolder('one.parquet')))).toEqual(await allRows(here));
    expect(summaries[0]?.['settingsSha256']).toBe(here.sha256);
  });

  test('takes all settings from a file, and flags win', async () => {
    const { clients, ...rest } = GENERATOR_PROFILES.chat;
    writeFileSync(
      inFolder('settings.yaml'),
      JSON.stringify({ ...rest, clients: [clients[0]], seed: 1, requests: 50, hours: 1 }),
    );
    const { code, stdout } = await runTokenpool(
      ...[
        'generate',
        '--settings',
        inFolder('settings.yaml'),
        '--requests',
        '70',
        '--out',
        inFolder('settings.parquet'),
      ],
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/settings\.parquet: 70 requests over \d+\.\d min, sha256 [0-9a-f]{12}\n$/);
  });

  test.each([
    [['--requests', '0'], /requests.*at least 1/],
    [['--cv', '50'], /gaps\.cv: expected number <= 10, got 50/],
    [['--profile', 'spam'], /profile.*Allowed choices are chat, agents, mixed, lab/],
  ])('%j is bad usage', async (args, message) => {
    const before = readdirSync(dirname(inFolder('x')));
    const ending = await runTokenpool('generate', '--out', inFolder('bad.parquet'), ...args);
    expect(ending.code).toBe(2);
    expect(ending.stderr).toMatch(message);
    expect(ending.stderr.trim().split('\n').length).toBe(1);
    expect(readdirSync(dirname(inFolder('x')))).toEqual(before);
  });
});

describe('import', () => {
  const csv = 'ts,in,out\n10,5,6\n11,x,6\n12,7,8\n';
  const map = ['--map', 'arrival_ms=ts,input_tokens=in,output_tokens=out', '--time-unit', 's'];

  test('refuses a bad row with exit code 2, file and line, and leaves nothing behind', async () => {
    writeFileSync(inFolder('log.csv'), csv);
    const before = readdirSync(dirname(inFolder('x')));
    const ending = await runTokenpool('import', 'csv', inFolder('log.csv'), '--out', inFolder('log.parquet'), ...map);
    expect(ending).toMatchObject({ code: 2, stdout: '' });
    expect(ending.stderr).toMatch(/^tokenpool: \S+log\.csv:3: input_tokens is "x", .*\n$/);
    expect(readdirSync(dirname(inFolder('x')))).toEqual(before);
  });

  test('leaves bad rows out when told to, and says which', async () => {
    writeFileSync(inFolder('log.csv'), csv);
    const args = ['import', 'csv', inFolder('log.csv'), '--out', inFolder('log.parquet'), '--skip-bad-rows', ...map];
    const plain = await runTokenpool(...args);
    expect(plain.code).toBe(0);
    expect(plain.stdout).toMatch(
      /log\.parquet: 2 requests over 0\.0 min.*\n1 rows could not be read.*\n {2}\S+log\.csv:3: input_tokens/,
    );
    const json = JSON.parse((await runTokenpool(...args, '--json')).stdout) as Record<string, unknown>;
    expect(json).toMatchObject({
      requests: 2,
      spanMs: 2_000,
      rejected: 1,
      rejectsPath: inFolder('log.parquet.rejects.jsonl'),
    });
  });
});
