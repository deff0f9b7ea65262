/** The commands `import` and `generate`. */
import { readdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { generateTrace, GENERATOR_PROFILES } from '../../datasets/generator/index.ts';
import { openTrace } from '../../datasets/index.ts';
import { generateCommand } from '../../src/cli/commands/generate.ts';
import { importCommand } from '../../src/cli/commands/import.ts';
import { runProgram } from '../../src/cli/run-program.ts';
import { runHere } from '../cli/run-here.ts';
import { runTokenpool } from '../cli/run-tokenpool.ts';
import { allRows, temporaryFolder } from './rows.ts';

const inFolder = temporaryFolder();
const filesNow = (): readonly string[] => readdirSync(dirname(inFolder('x')));

/** In this process, for what leaves its traces in files and on standard error. */
async function run(...args: readonly string[]) {
  let stderr = '';
  const program = new Command('tokenpool').addCommand(importCommand()).addCommand(generateCommand());
  const code = await runProgram(program, ['node', 'tokenpool', ...args], (text) => (stderr += text));
  return { code, stderr };
}

describe('generate', () => {
  test('writes the same trace in every process', async () => {
    const args = ['--profile', 'agents', '--requests', '500', '--hours', '2', '--seed', '9', '--cv', '2', '--json'];
    const [one, two] = await Promise.all([
      runTokenpool('generate', '--out', inFolder('one.parquet'), ...args),
      runHere('generate', '--out', inFolder('two.parquet'), ...args),
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
    const settings = { ...rest, clients: [clients[0]], seed: 1, requests: 50, hours: 1 };
    writeFileSync(inFolder('settings.yaml'), JSON.stringify(settings));
    const out = inFolder('settings.parquet');
    const flags = ['--requests', '70', '--bursts-per-hour', '0', '--day-amplitude', '0.2', '--zipf', '0'];
    expect(await run('generate', '--settings', inFolder('settings.yaml'), '--out', out, ...flags)).toMatchObject({
      code: 0,
    });
    const day = { kind: 'wave', peakHour: 14, amplitude: 0.2 } as const;
    const expected = generateTrace({ ...settings, requests: 70, bursts: null, day, zipfExponent: 0 });
    expect(await allRows(await openTrace(out))).toEqual(await allRows(expected));
  });

  test('steers a share of the sessions to the addresses that are named', async () => {
    const out = inFolder('steered.parquet');
    const flags = [
      '--profile',
      'coding',
      '--requests',
      '300',
      '--steer-to',
      'aurora.large, borealis',
      '--steer-share',
      '0.5',
    ];
    expect(await run('generate', '--out', out, ...flags)).toMatchObject({ code: 0 });
    const settings = { ...GENERATOR_PROFILES.coding, requests: 300, hours: 1, seed: 1 };
    const instructions = { steerTo: ['aurora.large', 'borealis'], sessionShare: 0.5 };
    const rows = await allRows(await openTrace(out));
    expect(rows).toEqual(await allRows(generateTrace({ ...settings, instructions })));
    expect(rows.some((row) => (row.steering?.instructions.length ?? 0) > 0)).toBe(true);
  });

  test.each([
    [['--steer-share', '0.5'], /--steer-share: there is nothing to steer to; name addresses/],
    [['--steer-to', 'a b'], /instructions\.steerTo\[0\]: is no address, such as provider\.model/],
    [['--steer-to', 'a.b', '--steer-share', '2'], /instructions\.sessionShare/],
    [['--requests', '0'], /requests.*at least 1/],
    [['--requests', 'many'], /requests.*has to be a number/],
    [['--seed', '1.5'], /seed.*whole number/],
    [['--hours', '0'], /hours.*above 0/],
    [['--cv', '50'], /gaps\.cv: expected number <= 10, got 50/],
    [['--profile', 'spam'], /profile.*Allowed choices are chat, agents, mixed, lab/],
    [['--settings', 'gone.yaml'], /gone\.yaml: cannot be read/],
  ])('%j is bad usage: one line, exit code 2, nothing written', async (args, message) => {
    const before = filesNow();
    const { code, stderr } = await run('generate', '--out', inFolder('bad.parquet'), ...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n').length).toBe(1);
    expect(filesNow()).toEqual(before);
  });
});

describe('import', () => {
  const map = ['--map', 'arrival_ms=ts,input_tokens=in,output_tokens=out', '--time-unit', 's'];
  const log = (): string => {
    writeFileSync(inFolder('log.csv'), 'ts,in,out\n10,5,6\n11,x,6\n12,7,8\n');
    return inFolder('log.csv');
  };

  test('refuses a bad row with exit code 2, file and line, and leaves nothing behind', async () => {
    const path = log();
    const before = filesNow();
    const { code, stderr } = await run('import', 'csv', path, '--out', inFolder('log.parquet'), ...map);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^tokenpool: \S+log\.csv:3: input_tokens is "x", .*\n$/);
    expect(filesNow()).toEqual(before);
  });

  test('leaves bad rows out when told to, and says which', async () => {
    const args = ['import', 'csv', log(), '--out', inFolder('log.parquet'), '--skip-bad-rows', ...map];
    const [plain, json] = [await runHere(...args), await runHere(...args, '--json')];
    expect(plain).toMatchObject({ code: 0, stderr: '' });
    expect(plain.stdout).toMatch(
      /log\.parquet: 2 requests over 0\.0 min.*\n1 rows could not be read.*\n {2}\S+log\.csv:3: input_tokens/,
    );
    expect(JSON.parse(json.stdout)).toMatchObject({
      requests: 2,
      spanMs: 2_000,
      rejected: 1,
      rejectsPath: inFolder('log.parquet.rejects.jsonl'),
    });
  });

  test.each([
    [['csv', 'x.csv', '--map', 'nonsense'], /"nonsense" is no canonical=column pair/],
    [['csv', 'gone.csv'], /gone\.csv: cannot be opened: there is no such file/],
    [['servegen', 'gone.csv'], /required option '--model <name>' not specified/],
    [['azure', 'gone.csv', '--time-unit', 's'], /unknown option '--time-unit'/],
    [['elsewhere', 'x.csv'], /unknown command 'elsewhere'/],
  ])('%j is bad usage', async (args, message) => {
    const { code, stderr } = await run('import', ...args, '--out', inFolder('bad.parquet'));
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n').length).toBe(1);
  });
});
