import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checkBalance } from '../simulator/replay/witness.ts';
import type { PolicyRun } from '../../simulator/result.ts';
import { BAD_INPUT, BAD_POLICIES, expectBadInput, folderOfInputs } from './replaying-commands.ts';
import { runHere } from './run-here.ts';
import { runTokenpool } from './run-tokenpool.ts';

const pathOf = folderOfInputs();
const scenarioOf = (name: string): string => (name.endsWith('.yaml') ? pathOf(name) : name);
const simulate = (...options: readonly string[]) => [
  'simulate',
  pathOf('good.parquet'),
  '--scenario',
  'calm-day',
  ...options,
];

describe('simulate', () => {
  test('prints the figures as one JSON document, the same again for the same seed', async () => {
    const [once, again, other] = await Promise.all([
      runHere(...simulate('--policy', 'weighted', '--seed', '5', '--json')),
      runTokenpool(...simulate('--policy', 'weighted', '--seed', '5', '--json')),
      runHere(...simulate('--policy', 'weighted', '--seed', '6', '--json')),
    ]);
    expect([once.code, once.stderr]).toEqual([0, '']);
    expect(again.stdout).toBe(once.stdout);
    expect(other.stdout).not.toBe(once.stdout);
    const run = JSON.parse(once.stdout) as PolicyRun & { trace: { requests: number }; scenario: string; seed: number };
    expect(run).toMatchObject({
      name: 'weighted',
      scenario: 'calm-day',
      seed: 5,
      trace: { requests: 400 },
      inFlight: 0,
    });
    checkBalance(run);
  });

  test('prints a table for people, and writes a log that changes nothing', async () => {
    const log = pathOf('run.duckdb');
    const [plain, logged] = await Promise.all([runHere(...simulate()), runHere(...simulate('--log', log))]);
    expect(plain.code).toBe(0);
    expect(plain.stdout).toMatch(/│ ranked │ 0\.\d{3} +│ 100\.00 % │ .* │ 0 +│ 0 +│ 40\d +│\n/);
    expect(logged.stdout).toBe(`${plain.stdout}log: ${log}\n`);
    expect(existsSync(log)).toBe(true);
  });
});

describe('simulate refuses', () => {
  const log = (): string => pathOf('refused.duckdb');

  test.each(BAD_INPUT)('%s', async (_, [trace, scenario], pattern) => {
    const args = ['simulate', pathOf(trace!), '--scenario', scenarioOf(scenario!), '--log', log()];
    await expectBadInput(pathOf, args, pattern);
  });

  test.each(BAD_POLICIES)('the policy %s', async (policy, pattern) => {
    const named = policy.endsWith('.yaml') ? pathOf(policy) : policy;
    await expectBadInput(pathOf, simulate('--policy', named, '--log', log()), pattern);
  });

  test.each([
    ['--seed', 'abc', /--seed .*'abc' is invalid/],
    ['--seed', '1.5', /--seed .*'1\.5' is invalid/],
    ['--seeds', '1', /unknown option '--seeds'/],
  ])('%s %s', async (option, value, pattern) => {
    await expectBadInput(pathOf, simulate(option, value, '--log', log()), pattern);
  });

  test('a log that has no place to go, or would replace something else', async () => {
    const nowhere = pathOf('no-such-folder/run.duckdb');
    await expectBadInput(pathOf, simulate('--log', nowhere), /the folder .*no-such-folder does not exist/);
    await expectBadInput(pathOf, simulate('--log', pathOf('.')), /is a folder; name a file to write to/);
    await expectBadInput(
      pathOf,
      simulate('--log', pathOf('notes.txt')),
      /notes\.txt: exists and is not a Token Pool log/,
    );
    expect(readFileSync(pathOf('notes.txt'), 'utf8')).toBe('hello');
  });
});

test('simulate does not write its log over the one that it reads', async () => {
  const log = pathOf('kept.duckdb');
  expect((await runHere(...simulate('--log', log))).code).toBe(0);
  const before = readFileSync(log);
  await expectBadInput(
    pathOf,
    ['simulate', log, '--scenario', 'calm-day', '--log', log],
    /--log: .* is also the trace/,
  );
  expect(readFileSync(log).equals(before)).toBe(true);
});
