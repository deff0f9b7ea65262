import { copyFile, writeFile } from 'node:fs/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { beforeAll, describe, expect, test } from 'vitest';
import { createLogWriter } from '../../src/log/log-writer.ts';
import { CORE_VERSION } from '../../src/router/index.ts';
import { driveRouter } from '../log/drive-router.ts';
import { temporaryFolder } from '../log/temporary-folder.ts';
import { runHere } from './run-here.ts';
import { runTokenpool } from './run-tokenpool.ts';

const pathOf = temporaryFolder();

beforeAll(async () => {
  const writer = await createLogWriter(pathOf('run.duckdb'), { coreVersion: CORE_VERSION });
  driveRouter(writer, 300, 42);
  await writer.close();
});

async function query(path: string, sql: string): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  const rows = (await connection.runAndReadAll(sql)).getRowsJson();
  connection.closeSync();
  instance.closeSync();
  return rows;
}

async function changed(name: string, sql: string): Promise<string> {
  const path = pathOf(name);
  await copyFile(pathOf('run.duckdb'), path);
  await query(path, sql);
  return path;
}

describe('verify', () => {
  test('says yes to a log as it was written', async () => {
    const [row] = await query(pathOf('run.duckdb'), 'SELECT count(*)::INTEGER FROM decisions');
    const decisions = row?.[0] as number;
    const plain = await runHere('verify', pathOf('run.duckdb'));
    expect(plain).toEqual({
      code: 0,
      stdout: `${pathOf('run.duckdb')}: all ${decisions} decisions come out the same, bit for bit\n`,
      stderr: '',
    });
    const { code, stdout } = await runHere('verify', pathOf('run.duckdb'), '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ decisions, identical: decisions, firstDifference: null });
  });

  test('says no to a changed one, and where', async () => {
    const path = await changed(
      'changed.duckdb',
      `UPDATE decisions SET chosen_target = 'x.y.z' WHERE request_id = 'r7' AND chosen_target IS NOT NULL AND attempt = 1`,
    );
    const json = await runHere('verify', path, '--json');
    expect(json.code).toBe(1);
    const result = JSON.parse(json.stdout) as { decisions: number; identical: number };
    expect(Object.keys(result)).toEqual(['decisions', 'identical', 'firstDifference']);
    expect(result.identical).toBe(result.decisions - 1);
    expect(result).toMatchObject({ firstDifference: { request: 'r7', column: 'chosen_target', logged: 'x.y.z' } });
    const plain = await runTokenpool('verify', path);
    expect(plain.code).toBe(1);
    expect(plain.stdout).toBe('');
    expect(plain.stderr).toMatch(/request r7: chosen_target is logged as x\.y\.z, recomputed as /);
  });

  test('says so when another core wrote the log, and compares all the same', async () => {
    const path = await changed('older.duckdb', `UPDATE token_pool_log SET core_version = '0'`);
    const { code, stderr } = await runHere('verify', path);
    expect(code).toBe(0);
    expect(stderr).toContain('was written by core version 0');
  });

  test('a file that is no log is bad input', async () => {
    await writeFile(pathOf('notes.txt'), 'hello');
    const { code, stdout, stderr } = await runHere('verify', pathOf('notes.txt'), '--json');
    expect({ code, stdout, lines: stderr.trim().split('\n').length }).toEqual({ code: 2, stdout: '', lines: 1 });
  });
});

describe('explain', () => {
  test('tells of each attempt: the choice in words, the candidates, and what came of it', async () => {
    const path = pathOf('run.duckdb');
    const [row] = await query(
      path,
      'SELECT request_id FROM decisions WHERE attempt = 2 AND eligible > 1 ORDER BY 1 LIMIT 1',
    );
    const requestId = String(row?.[0]);
    const { code, stdout } = await runHere('explain', requestId, '--log', path);
    expect(code).toBe(0);
    expect(stdout).toMatch(/Attempt 1 -> [\s\S]* Outcome: (failure|limited|timeout)[\s\S]*Attempt 2 -> /);
    expect(stdout).toMatch(/caused by a failed attempt/);
    expect(stdout).toMatch(/draw 0\.\d{4}.* fell on it\. Its chance of being chosen was \d+\.\d\d %/);
    expect(stdout).toMatch(/│ excluded +│ +- │/);
    expect(stdout.match(/│ \* │/g)?.length).toBe(stdout.match(/^Attempt \d -> \w+\./gm)?.length);
  });

  test('gives the rows themselves as JSON', async () => {
    const { code, stdout } = await runHere('explain', 'r3', '--log', pathOf('run.duckdb'), '--json');
    expect(code).toBe(0);
    const told = JSON.parse(stdout) as { requestId: string; decisions: { decision: { candidates: unknown[] } }[] };
    expect(told.requestId).toBe('r3');
    expect(told.decisions[0]?.decision.candidates).toHaveLength(3);
  });

  test('a request that ended without a decision is told as such', async () => {
    const { code, stdout } = await runHere('explain', 'r99', '--log', pathOf('run.duckdb'));
    expect(code).toBe(0);
    expect(stdout).toContain(
      'No decision was made on it (UNKNOWN_MODEL): it asked for "unheard-of", and the pool had auto, chat-0, chat-1, chat-2.',
    );
  });

  test('an unknown request is bad input, and one that is known is named', async () => {
    const { code, stderr } = await runHere('explain', 'nobody', '--log', pathOf('run.duckdb'));
    expect(code).toBe(2);
    expect(stderr).toMatch(/no request nobody in this log; it knows r0, for example/);
  });
});
