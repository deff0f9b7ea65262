import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answerQueries, type NotebookCell } from '../../notebooks/build/sql-cells.ts';
import { rowsOfArrow } from '../../notebooks/parts/arrow-rows.ts';
import { rowsDatabase, type NotebookDatabase } from '../../notebooks/tables/notebook-database.ts';

const folder = mkdtempSync(join(tmpdir(), 'tokenpool-sql-cells-'));
let database: NotebookDatabase;

beforeAll(async () => {
  database = await rowsDatabase(
    {
      runs: {
        columns: { policy: 'VARCHAR', cost: 'DOUBLE', good: 'BOOLEAN' },
        rows: [
          { policy: 'ranked', cost: 1.5, good: true },
          { policy: "o'weighted", cost: null, good: false },
        ],
      },
      nothing: { columns: { policy: 'VARCHAR', cost: 'DOUBLE' }, rows: [] },
    },
    folder,
  );
});

afterAll(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

function cell(value: string, more: Partial<NotebookCell> = {}): NotebookCell {
  return { id: 3, mode: 'sql', value, pinned: false, hidden: true, output: 'rows', database: 'run', ...more };
}

async function answered(value: string): Promise<unknown> {
  const answers = new Map<string, Uint8Array>();
  await answerQueries('a.html', [cell(value)], { run: database }, answers);
  return rowsOfArrow(Buffer.from(answers.get('rows') ?? []).toString('base64'));
}

describe('an SQL cell', () => {
  test('reaches the page with texts, numbers, truth values and nulls', async () => {
    expect(await answered('SELECT policy, cost, good FROM runs ORDER BY policy DESC')).toEqual([
      { policy: 'ranked', cost: 1.5, good: true },
      { policy: "o'weighted", cost: null, good: false },
    ]);
  });

  test('has plain numbers, whatever type DuckDB counts with', async () => {
    expect(
      await answered('SELECT count(*) AS n, sum(1) AS s, 1.25::DECIMAL(9, 2) AS d, 7::BIGINT AS b FROM runs'),
    ).toEqual([{ n: 2, s: 2, d: 1.25, b: 7 }]);
  });

  test('may have no rows', async () => {
    expect(await answered('SELECT policy, cost FROM nothing')).toEqual([]);
  });

  test.each([
    ['SELECT nowhere FROM runs', /^a\.html: the query of cell 3 \(database "run"\) failed: .*nowhere/],
    ['SELECT [1, 2] AS list', /column "list" is neither number, text nor truth value/],
    ['SELECT * FROM range(60000)', /60000 rows are too many for a page/],
  ])('%s is refused by name', async (value, message) => {
    await expect(answered(value)).rejects.toThrow(message);
  });

  test('of an unknown database is refused', async () => {
    const asked = answerQueries('a.html', [cell('SELECT 1', { database: 'elsewhere' })], { run: database }, new Map());
    await expect(asked).rejects.toThrow('a.html: cell 3 asks the database "elsewhere"; there are run');
  });

  test('becomes one that takes the answer from the page, with the query folded below when it is pinned', async () => {
    const text = { ...cell('# Title'), id: 1, mode: 'md' };
    const cells = await answerQueries(
      'a.html',
      [text, cell('SELECT policy FROM runs WHERE 1 < 2', { pinned: true })],
      { run: database },
      new Map(),
    );
    expect(cells).toMatchObject([
      text,
      { id: 3, mode: 'js', value: '(await import("answer:rows")).default', pinned: false, hidden: true },
      { mode: 'html', hidden: false, value: expect.stringContaining('WHERE 1 &lt; 2') as string },
    ]);
  });
});
