import { readFile, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { memoryTrace, writeTrace } from '../../datasets/index.ts';
import { createLogWriter } from '../../src/log/log-writer.ts';
import { CORE_VERSION } from '../../src/router/index.ts';
import { driveRouter } from '../log/drive-router.ts';
import { temporaryFolder } from '../log/temporary-folder.ts';
import { rowAt } from '../../simulator/validate/small/pool-in-small.ts';
import { runHere } from './run-here.ts';
import { runTokenpool } from './run-tokenpool.ts';

const pathOf = temporaryFolder();

beforeAll(async () => {
  const writer = await createLogWriter(pathOf('run.duckdb'), { coreVersion: CORE_VERSION });
  driveRouter(writer, 3_000, 42);
  await writer.close();
});

describe('estimate', () => {
  test('says what another policy would have got', async () => {
    const args = ['estimate', pathOf('run.duckdb'), '--policy', 'random'];
    const [{ code, stdout, stderr }, text] = await Promise.all([
      runHere(...args, '--json', '--out', pathOf('result.json')),
      runHere(...args, '--metric', 'successRatio'),
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const result = JSON.parse(stdout) as Record<string, unknown>;
    expect(Object.keys(result)).toEqual([
      'kind',
      'formatVersion',
      'log',
      'policy',
      'policyHash',
      'requests',
      'decisions',
      'gates',
      'identifiable',
      'reason',
      'advice',
      'metrics',
      'diagnostics',
      'notes',
    ]);
    const interval = { value: expect.any(Number), low95: expect.any(Number), high95: expect.any(Number) } as unknown;
    expect(result).toMatchObject({ kind: 'estimate', formatVersion: 1, policy: 'random', identifiable: true });
    expect(result['metrics']).toContainEqual({
      metric: 'successRatio',
      logging: interval,
      ips: interval,
      snips: interval,
      doublyRobust: interval,
      switch: interval,
      switchAbove: null,
      difference: interval,
    });
    expect(JSON.parse(await readFile(pathOf('result.json'), 'utf8'))).toEqual(result);
    expect(text.code).toBe(0);
    expect(text.stdout).toMatch(/│ successRatio +│ 0\.\d+/);
    expect(text.stdout).not.toContain('firstTokenMs');
    expect(text.stdout.trimEnd().split('\n').at(-1)).toMatch(
      /^This log (speaks (for|against)|shows no clear difference)/,
    );
  });

  test('says no, why, and what it would take', async () => {
    const path = pathOf('few.duckdb');
    const writer = await createLogWriter(path, { coreVersion: CORE_VERSION });
    driveRouter(writer, 300, 42);
    await writer.close();
    const [{ code, stdout, stderr }, json] = await Promise.all([
      runHere('estimate', path, '--policy', 'ranked'),
      runTokenpool('estimate', path, '--policy', 'ranked', '--json'),
    ]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/Not identifiable: the decisions say as much as \d+ [\s\S]*To make it so: /);
    expect(stderr).toMatch(/few\.duckdb: not identifiable: /);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(
      'This log speaks neither for nor against ranked: do not decide by it.',
    );
    expect(json.code).toBe(1);
    const { metrics } = JSON.parse(json.stdout) as { metrics: { ips: unknown; logging: { value: number } }[] };
    expect(metrics.map(({ ips }) => ips)).toEqual([null, null, null, null]);
    expect(metrics[0]!.logging.value).toBeGreaterThan(0);
  });

  test('refuses a trace, a word that is no metric, and what is no log', async () => {
    const trace = pathOf('trace.parquet');
    await writeTrace(trace, memoryTrace([rowAt(0, 0)], 'one').batches());
    await writeFile(pathOf('notes.txt'), 'hello');
    const refusals: readonly (readonly [readonly string[], RegExp])[] = [
      [[trace], /trace\.parquet: is a Parquet file, such as a trace: .* not the candidates/],
      [[pathOf('run.duckdb'), '--metric', 'speed'], /--metric: "speed" cannot be estimated; there are successRatio, /],
      [[pathOf('notes.txt')], /notes\.txt: /],
    ];
    const endings = await Promise.all(
      refusals.map(([args]) => runHere('estimate', ...args, '--policy', 'random', '--json')),
    );
    endings.forEach(({ code, stdout, stderr }, index) => {
      expect({ code, stdout, lines: stderr.trim().split('\n').length }).toEqual({ code: 2, stdout: '', lines: 1 });
      expect(stderr).toMatch(refusals[index]![1]);
    });
  });

  test('takes each metric once', async () => {
    const args = [
      'estimate',
      pathOf('run.duckdb'),
      '--policy',
      'random',
      '--metric',
      'successRatio, firstTokenMs,successRatio',
    ];
    expect(await runHere(...args)).toEqual({
      code: 2,
      stdout: '',
      stderr: 'tokenpool: --metric: "successRatio" stands twice; name each metric once\n',
    });
  });
});
