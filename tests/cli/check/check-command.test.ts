import { readFile, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { createLogWriter } from '../../../src/log/log-writer.ts';
import { CORE_VERSION } from '../../../src/router/index.ts';
import { DRIVEN_POLICY, driveRouter } from '../../log/drive-router.ts';
import { temporaryFolder } from '../../log/temporary-folder.ts';
import { evidenceOf } from '../promotion/promoted-log.ts';
import { memoryTrace } from '../../../datasets/index.ts';
import { rowAt } from '../../../simulator/validate/small/pool-in-small.ts';
import { runHere } from '../run-here.ts';
import { runTokenpool } from '../run-tokenpool.ts';

const pathOf = temporaryFolder();
const KEYS = [
  'kind',
  'formatVersion',
  'coreVersion',
  'log',
  'policy',
  'loggedPolicy',
  'decisions',
  'changed',
  'changedRatio',
  'byClass',
  'byRoute',
  'moves',
  'method',
  'methodText',
  'differences',
  'limits',
  'allowNotShown',
  'pass',
  'notes',
];

beforeAll(async () => {
  const writer = await createLogWriter(pathOf('run.duckdb'), { coreVersion: CORE_VERSION });
  driveRouter(writer, 2_000, 42);
  await writer.close();
  await writeFile(pathOf('own.json'), JSON.stringify(DRIVEN_POLICY));
});

describe('check', () => {
  test('ends with 0 within its limits and writes the summary for a comment', async () => {
    const args = ['check', pathOf('own.json'), '--log', pathOf('run.duckdb')];
    const [text, json] = await Promise.all([
      runHere(...args, '--max-changed', '0%', '--min-success-change', '-0.2%'),
      runHere(...args, '--max-changed', '0.1', '--markdown', pathOf('summary.md'), '--json'),
    ]);
    expect({ code: text.code, stderr: text.stderr }).toEqual({ code: 0, stderr: '' });
    expect(text.stdout).toMatch(/^### Token Pool check: own against driven in /);
    expect(text.stdout).toMatch(/\| Change of the share answered, at least \| −0\.20\u00a0% \| 0\.00\u00a0% /);
    expect(json.code).toBe(0);
    const result = JSON.parse(json.stdout) as Record<string, unknown>;
    expect(Object.keys(result)).toEqual(KEYS);
    expect(result).toMatchObject({ kind: 'check', formatVersion: 1, changed: 0, pass: true });
    expect(await readFile(pathOf('summary.md'), 'utf8')).toMatch(/^### Token Pool check: own/);
  });

  test('ends with 1 beyond them, and says which', async () => {
    const args = ['check', 'round-robin', '--log', pathOf('run.duckdb'), '--max-changed', '0.1%', '--json'];
    const { code, stdout, stderr } = await runTokenpool(...args);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ pass: false, limits: [{ limit: 'max-changed', verdict: 'broken' }] });
    expect(stderr).toMatch(/^tokenpool: [\d,]+ of [\d,]+ decisions change \(.*\)\. 1 of 1 limits is broken\.\n$/);
  });

  test('refuses in one line what it cannot judge', async () => {
    const evidence = evidenceOf(memoryTrace([rowAt(0, 0)], 'one'), []);
    await writeFile(pathOf('edited.json'), JSON.stringify({ ...DRIVEN_POLICY, evidence }));
    await writeFile(pathOf('notes.txt'), 'years of work');
    const log = ['--log', pathOf('run.duckdb')];
    const refusals: readonly (readonly [readonly string[], RegExp])[] = [
      [
        [pathOf('edited.json'), ...log],
        /edited\.json: evidence\.policyHash: is [0-9a-f]{12}, but the policy in the file is/,
      ],
      [['ranked', '--log', pathOf('nowhere.duckdb')], /nowhere\.duckdb: /],
      [['ranked', '--log', pathOf('notes.txt')], /notes\.txt: /],
      [['rankd', ...log], /policy "rankd": neither a file nor a built-in policy/],
      [['ranked', ...log, '--markdown', pathOf('notes.txt')], /notes\.txt: exists and is not the summary of a check/],
      [['ranked', ...log, '--max-changed', '2'], /--max-changed.*has to be from 0% to 100%, and 2 is 200%/],
      [['ranked', ...log, '--max-cost-increase', 'two'], /has to be a share, such as 2% or 0\.02/],
      [['ranked', ...log, '--outcomes', 'auto'], /--outcomes, --recorded: are for a replay; name the scenario/],
      [['ranked'], /required option '--log <log>' not specified/],
    ];
    for (const [args, pattern] of refusals) {
      const { code, stdout, stderr } = await runHere('check', ...args);
      expect(stderr).toMatch(pattern);
      expect(stderr.trimEnd().split('\n')).toHaveLength(1);
      expect([code, stdout]).toEqual([2, '']);
    }
    expect(await readFile(pathOf('notes.txt'), 'utf8')).toBe('years of work');
  });
});
