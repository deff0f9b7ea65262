import { copyFile } from 'node:fs/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { beforeAll, describe, expect, test } from 'vitest';
import { openLog } from '../../src/log/log-reader.ts';
import { createLogWriter } from '../../src/log/log-writer.ts';
import { verifyLog, type ParityResult } from '../../src/log/parity.ts';
import { CORE_VERSION } from '../../src/router/index.ts';
import { driveRouter } from './drive-router.ts';
import { temporaryFolder } from './temporary-folder.ts';

const pathOf = temporaryFolder();
let decisions = 0;

beforeAll(async () => {
  const writer = await createLogWriter(pathOf('run.duckdb'), { coreVersion: CORE_VERSION });
  driveRouter(writer, 600, 42);
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

async function verify(path: string): Promise<ParityResult> {
  const reader = await openLog(path);
  try {
    return await verifyLog(reader);
  } finally {
    reader.close();
  }
}

async function tamper(name: string, sql: string): Promise<string> {
  const path = pathOf(`${name}.duckdb`);
  await copyFile(pathOf('run.duckdb'), path);
  await query(path, sql);
  return path;
}

describe('a log as it was written', () => {
  test('gives every decision back, over all kinds of inputs and causes', async () => {
    const seen = await query(
      pathOf('run.duckdb'),
      `SELECT (SELECT list(DISTINCT kind ORDER BY kind) FROM inputs), list(DISTINCT cause ORDER BY cause),
        count(*) FILTER (chosen_target IS NULL) > 0, max(ordinal) > 0, bool_or(explored), bool_and(draw BETWEEN 0 AND 1)
        FROM decisions`,
    );
    expect(seen).toEqual([
      [['begin', 'configure', 'observe', 'order', 'wake'], ['arrival', 'queue', 'retry'], true, true, true, true],
    ]);
    const result = await verify(pathOf('run.duckdb'));
    decisions = result.decisions;
    expect(decisions).toBeGreaterThan(600);
    expect(result).toEqual({ decisions, identical: decisions, firstDifference: null });
  });

  test('counts its inputs', async () => {
    const reader = await openLog(pathOf('run.duckdb'));
    const counts: number[] = [];
    await verifyLog(reader, (done) => counts.push(done));
    expect(counts.at(-1)).toBe(await reader.count('inputs'));
    reader.close();
  });
});

describe('a log that was changed', () => {
  // The last decision with a target that lies in the middle of the run and has two candidates or more.
  const MIDDLE = `(SELECT max(sequence) FROM decisions WHERE sequence < 700 AND ordinal = 0 AND chosen_target IS NOT NULL)`;
  const middle = async (): Promise<{ sequence: number; request: string }> => {
    const [row] = await query(
      pathOf('run.duckdb'),
      `SELECT sequence::INTEGER, request_id FROM decisions WHERE sequence = ${MIDDLE} AND ordinal = 0`,
    );
    return { sequence: row?.[0] as number, request: row?.[1] as string };
  };
  /** The next double after `x`, so that the smallest possible change is what must be found. */
  const bumped = (column: string): string =>
    `CASE WHEN ${column} = 0 THEN 5e-324 ELSE ${column} * (1 + 2.220446049250313e-16) END`;

  test.each(['draw', 'propensity', 'budget_pressure', 'queued_ms', 'at_ms'])('one bit of %s', async (column) => {
    const path = await tamper(
      `bit-${column}`,
      `UPDATE decisions SET ${column} = ${bumped(column)} WHERE sequence = ${MIDDLE} AND ordinal = 0`,
    );
    expect(await verify(path)).toMatchObject({
      decisions,
      identical: decisions - 1,
      firstDifference: { ...(await middle()), column },
    });
  });

  test('one term of one candidate', async () => {
    const path = await tamper(
      'term',
      `UPDATE decisions SET candidates = list_transform(candidates, (c, i) -> CASE WHEN i = 2
         THEN struct_update(c, terms := struct_update(c.terms, cost := c.terms.cost + 1e-9)) ELSE c END)
       WHERE sequence = ${MIDDLE} AND ordinal = 0`,
    );
    const result = await verify(path);
    expect(result.identical).toBe(decisions - 1);
    expect(result.firstDifference).toMatchObject({ ...(await middle()), column: 'candidates[1].terms.cost' });
  });

  test('a chosen target', async () => {
    const path = await tamper(
      'target',
      `UPDATE decisions SET chosen_target = 'nobody.main.none' WHERE sequence = ${MIDDLE} AND ordinal = 0`,
    );
    expect(await verify(path)).toMatchObject({
      identical: decisions - 1,
      firstDifference: { ...(await middle()), column: 'chosen_target', logged: 'nobody.main.none' },
    });
  });

  test('the order of the candidates, one of them gone, or all', async () => {
    const set = async (name: string, value: string): Promise<unknown> => {
      const path = await tamper(name, `UPDATE decisions SET candidates = ${value} WHERE sequence = 1`);
      return (await verify(path)).firstDifference;
    };
    expect(await set('reversed', 'list_reverse(candidates)')).toMatchObject({ column: 'candidates[0].target' });
    expect(await set('shorter', 'candidates[1:2]')).toMatchObject({
      column: 'candidates.length',
      logged: 2,
      recomputed: 3,
    });
    expect(await set('without', 'NULL')).toMatchObject({ column: 'candidates.length', logged: 0 });
  });

  test('a row that is gone, and a row too many', async () => {
    const gone = await tamper('gone', `DELETE FROM decisions WHERE sequence = ${MIDDLE} AND ordinal = 0`);
    expect(await verify(gone)).toMatchObject({
      decisions,
      identical: decisions - 1,
      firstDifference: { ...(await middle()), column: 'decision', logged: null },
    });
    const extra = await tamper(
      'extra',
      `INSERT INTO decisions SELECT * REPLACE (ordinal + 50 AS ordinal) FROM decisions WHERE sequence = ${MIDDLE} AND ordinal = 0`,
    );
    expect(await verify(extra)).toMatchObject({
      decisions: decisions + 1,
      identical: decisions,
      firstDifference: { ...(await middle()), column: 'decision', recomputed: null },
    });
  });

  test('a seed, a price, an input that is gone', async () => {
    const seed = await tamper(
      'seed',
      `UPDATE inputs SET payload = replace(payload, '"seed":42', '"seed":43') WHERE sequence = 0`,
    );
    expect((await verify(seed)).firstDifference?.column).toBe('draw');
    const price = await tamper(
      'price',
      `UPDATE inputs SET payload = replace(payload, '"outputMicroUsdPerToken":0.7', '"outputMicroUsdPerToken":0.8') WHERE sequence = 0`,
    );
    expect((await verify(price)).firstDifference?.column).toMatch(/^(propensity|candidates)/);
    const input = await tamper('input', `DELETE FROM inputs WHERE sequence = 300`);
    expect((await verify(input)).firstDifference).toMatchObject({ sequence: 301, column: 'inputs.sequence' });
  });

  test('inputs that no core would have taken are bad input', async () => {
    const headless = await tamper('headless', `DELETE FROM inputs WHERE sequence = 0`);
    await expect(verify(headless)).rejects.toThrow(/input 1 \(begin\) cannot be replayed: no configure/);
    const twice = await tamper('twice', `UPDATE inputs SET at_ms = 0 WHERE sequence = 200`);
    await expect(verify(twice)).rejects.toThrow(/input 200 .* cannot be replayed: time went back/);
  });
});
