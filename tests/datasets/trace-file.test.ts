import fc from 'fast-check';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { withDatabase } from '../../datasets/database.ts';
import { embeddedTracePath } from '../../datasets/embedded/embedded-trace.ts';
import { openTrace, writeTrace, TRACE_COLUMNS } from '../../datasets/index.ts';
import type { TraceRow } from '../../datasets/trace.ts';
import { BadInput } from '../../src/config/bad-input.ts';
import { allRows, batchesOf, row, temporaryFolder } from './rows.ts';

const inFolder = temporaryFolder();

const FULL_ROW = row({
  arrivalMs: 12.5,
  requestId: 'r-1',
  sessionId: 's-1',
  declaredClass: 'background',
  declaredPriority: 'low',
  maxOutputTokens: 512,
  hasTools: true,
  hasImage: true,
  prefixBlocks: [7, 0, Number.MAX_SAFE_INTEGER],
  steering: {
    scope: 'session',
    scopeId: 'session:s-1',
    signals: {
      latestFromUser: false,
      hasImage: false,
      wantsWebSearch: false,
      isBackground: false,
      lastTool: 'read',
      usesTools: true,
    },
    routeHint: 'thinking',
    instructions: [
      { kind: 'clear', name: '' },
      { kind: 'sticky', name: 'aurora.model.with.dots' },
    ],
    bans: ['borealis.2', "o'neill.main"],
    needsServerTools: true,
  },
  recorded: {
    target: 'aurora.main.model.with.dots',
    propensity: 0.25,
    kind: 'success',
    status: 200,
    firstTokenMs: 310.25,
    durationMs: 2_000.125,
    costUsd: 0.000123,
  },
});

describe('round trip', () => {
  test('every column comes back as it was, null or not', async () => {
    const sparse = row({ arrivalMs: 13, requestId: 'r-2', prefixBlocks: [] });
    const path = inFolder('full.parquet');
    const written = await writeTrace(path, batchesOf([FULL_ROW], [sparse]));
    const trace = await openTrace(path);
    expect(written).toEqual({ path, requests: 2, spanMs: 13 });
    expect([trace.requests, trace.spanMs, trace.name]).toEqual([2, 13, path]);
    expect(await allRows(trace)).toEqual([FULL_ROW, sparse]);
    expect(await allRows(trace)).toEqual([FULL_ROW, sparse]);
  });

  test('columns and their order are those of the design', async () => {
    const path = inFolder('columns.parquet');
    await writeTrace(path, batchesOf([FULL_ROW]));
    const rows = await query(`DESCRIBE SELECT * FROM '${path}'`);
    expect(rows.map((described) => `${described['column_name']} ${described['column_type']}`)).toEqual(
      TRACE_COLUMNS.map((column) => `${column.name} ${column.type.toString()}`),
    );
  });

  test('any rows come back, sorted by arrival and id', async () => {
    const rowArbitrary = fc.record({
      arrivalMs: fc.double({ min: 0, max: 1e12, noNaN: true }).map((value) => value + 0),
      sessionId: fc.option(fc.string({ minLength: 1 })),
      inputTokens: fc.nat(2_147_483_647),
      maxOutputTokens: fc.option(fc.nat(100_000)),
      stream: fc.boolean(),
      prefixBlocks: fc.option(fc.array(fc.maxSafeNat(), { maxLength: 5 })),
    });
    const path = inFolder('any.parquet');
    await fc.assert(
      fc.asyncProperty(fc.array(rowArbitrary, { minLength: 1, maxLength: 40 }), async (parts) => {
        const rows = parts.map((part, index) => row({ ...part, requestId: `r-${String(index).padStart(4, '0')}` }));
        await writeTrace(path, batchesOf(rows));
        const sorted = rows.toSorted((a, b) => a.arrivalMs - b.arrivalMs || (a.requestId < b.requestId ? -1 : 1));
        expect(await allRows(await openTrace(path))).toEqual(sorted);
      }),
      { numRuns: 25 },
    );
  });

  test('nulls, values and odd batch sizes survive many chunks', async () => {
    const rows = Array.from({ length: 150_000 }, (_, index) =>
      row({
        arrivalMs: index,
        requestId: `r-${String(index).padStart(8, '0')}`,
        // Whole stretches of a column without a value, so that used chunks are met in both states.
        sessionId: Math.floor(index / 5_000) % 2 === 0 ? null : `a-session-with-a-long-name-${index >> 2}`,
        maxOutputTokens: index % 7 === 0 ? index : null,
        prefixBlocks: index > 100_000 && index % 3 === 0 ? [index, index + 1] : null,
      }),
    );
    const batches = [rows.slice(0, 5), rows.slice(5, 70_001), [], rows.slice(70_001)];
    const path = inFolder('many.parquet');
    await writeTrace(path, batchesOf(...batches));
    const read = await allRows(await openTrace(path));
    expect(read.length).toBe(rows.length);
    const different = rows.findIndex((expected, index) => !isDeepStrictEqual(expected, read[index]));
    expect(different).toBe(-1);
  });

  test('without steering there is no column for it, so that files of before there was one stay what they are', async () => {
    const path = inFolder('embedded-again.parquet');
    await writeTrace(path, (await openTrace(embeddedTracePath())).batches());
    const [embedded, again] = [readFileSync(embeddedTracePath()), readFileSync(path)];
    expect(again.equals(embedded)).toBe(true);
    const columns = (await query(`DESCRIBE SELECT * FROM '${path}'`)).map((described) => described['column_name']);
    expect(columns).toEqual(TRACE_COLUMNS.map(({ name }) => name).filter((name) => name !== 'steering'));
  });

  test('rows of equal steering share it, however many there are', async () => {
    const steering = FULL_ROW.steering!;
    const rows = Array.from({ length: 30_000 }, (_, index) =>
      row({
        arrivalMs: index,
        requestId: `r-${String(index).padStart(8, '0')}`,
        steering: index % 3 === 0 ? null : { ...steering, scopeId: `session:${index % 3 === 1 ? 'one' : index}` },
      }),
    );
    const path = inFolder('steered.parquet');
    await writeTrace(path, batchesOf(rows));
    const read = await allRows(await openTrace(path));
    expect(read.findIndex((found, index) => !isDeepStrictEqual(found, rows[index]))).toBe(-1);
    expect(read[4]!.steering).toBe(read[1]!.steering);
  });

  test('the same rows give the same bytes', async () => {
    const paths = [inFolder('same-1.parquet'), inFolder('same-2.parquet')] as const;
    for (const path of paths) await writeTrace(path, batchesOf([FULL_ROW, row({ arrivalMs: 99, requestId: 'z' })]));
    const [first, second] = await Promise.all(paths.map((path) => openTrace(path)));
    expect(first?.sha256).toBe(second?.sha256);
  });

  test('rebase shifts the earliest arrival to 0', async () => {
    const path = inFolder('rebased.parquet');
    const rows = [row({ arrivalMs: 5_030, requestId: 'b' }), row({ arrivalMs: 5_000, requestId: 'a' })];
    const written = await writeTrace(path, batchesOf(rows), { rebase: true });
    expect(written.spanMs).toBe(30);
    expect((await allRows(await openTrace(path))).map(({ arrivalMs }) => arrivalMs)).toEqual([0, 30]);
  });
});

describe('nothing half-written', () => {
  test('a source that fails leaves neither the file nor a temporary', async () => {
    const path = inFolder('failed/out.parquet');
    await expect(writeTrace(path, failing())).rejects.toThrow(/folder .* does not exist/);
    const beside = inFolder('out.parquet');
    await expect(writeTrace(beside, failing())).rejects.toThrow('broke off');
    expect(readdirSync(dirname(beside)).filter((name) => name.includes('out.parquet'))).toEqual([]);
  });

  test('an older file stays as it was', async () => {
    const path = inFolder('older.parquet');
    await writeTrace(path, batchesOf([FULL_ROW]));
    await expect(writeTrace(path, failing())).rejects.toThrow('broke off');
    expect(await allRows(await openTrace(path))).toEqual([FULL_ROW]);
  });

  test('a trace without rows is not written', async () => {
    await expect(writeTrace(inFolder('none.parquet'), batchesOf())).rejects.toThrow(BadInput);
    expect(existsSync(inFolder('none.parquet'))).toBe(false);
  });
});

describe('a file from elsewhere', () => {
  test('needs no more than four columns', async () => {
    const path = inFolder('four.parquet');
    await query(
      `COPY (SELECT 1::BIGINT AS arrival_ms, 'r' AS request_id, 10::BIGINT AS input_tokens, 5.0::FLOAT AS output_tokens)
       TO '${path}' (FORMAT parquet)`,
    );
    const expected = row({
      arrivalMs: 1,
      requestId: 'r',
      inputTokens: 10,
      outputTokens: 5,
      clientKey: 'default',
      stream: false,
    });
    expect(await allRows(await openTrace(path))).toEqual([expected]);
  });

  test.each<[string, Readonly<Record<string, string>>, RegExp]>([
    [
      'negative tokens',
      { input_tokens: 'CASE i WHEN 3 THEN -1 ELSE 5 END' },
      /row 4: column input_tokens: is not a whole/,
    ],
    ['half tokens', { output_tokens: '0.5' }, /row 1: column output_tokens: is not a whole number/],
    ['no arrival', { arrival_ms: 'CASE i WHEN 2 THEN NULL ELSE i END' }, /row 3: column arrival_ms: is null/],
    [
      'NaN arrival',
      { arrival_ms: "CASE i WHEN 2 THEN 'nan'::DOUBLE ELSE i END" },
      /row 3: column arrival_ms: is not a finite/,
    ],
    [
      'infinite arrival',
      { arrival_ms: "CASE i WHEN 4 THEN 'inf'::DOUBLE ELSE i END" },
      /row 5: column arrival_ms: is not a finite/,
    ],
    ['negative arrival', { arrival_ms: 'i - 1.0' }, /row 1: column arrival_ms: is negative/],
    ['unsorted', { arrival_ms: '10 - i' }, /row 2: column arrival_ms: is earlier than in the row before/],
    ['null id', { request_id: "CASE i WHEN 1 THEN NULL ELSE 'r' || i END" }, /row 2: column request_id: is null/],
    ['same id', { arrival_ms: '1', request_id: "'r'" }, /row 2: column request_id: is the same as in the row before/],
    [
      'ids out of order',
      { arrival_ms: '1', request_id: "'r' || (9 - i)" },
      /row 2: column request_id: is out of order/,
    ],
    ['bad propensity', { propensity: '0.0' }, /row 1: column propensity: is not a probability/],
    ['unknown kind', { kind: "'fine'" }, /row 1: column kind: is none of success, failure/],
    ['negative block', { prefix_blocks: '[1, -1]' }, /row 1: column prefix_blocks/],
    ['steering that is not JSON', { steering: "CASE i WHEN 4 THEN '{' END" }, /row 5: column steering: is not JSON$/],
    [
      'steering of another form',
      { steering: `'{"scope":"world"}'` },
      /row 1: column steering: scope: .*one of session/,
    ],
    ['steering of no text', { steering: '7' }, /column steering has type INTEGER, but holds JSON text/],
    ['null block', { prefix_blocks: '[1, NULL]' }, /row 1: column prefix_blocks/],
    ['text for tokens', { input_tokens: "'5'" }, /column input_tokens has type VARCHAR, but holds a number/],
    ['number for text', { client_key: '5' }, /column client_key has type INTEGER, but holds text/],
    ['no tokens', { output_tokens: '' }, /column output_tokens is missing/],
  ])('%s', async (name, changes, message) => {
    const path = inFolder(`${name.replaceAll(' ', '-')}.parquet`);
    const columns = { arrival_ms: 'i', request_id: "'r' || i", input_tokens: '5', output_tokens: '5', ...changes };
    const selection = Object.entries(columns).flatMap(([column, sql]) => (sql === '' ? [] : [`${sql} AS ${column}`]));
    await query(`COPY (SELECT ${selection.join(', ')} FROM range(6) t(i)) TO '${path}' (FORMAT parquet)`);
    const failure = await openTrace(path).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(BadInput);
    expect((failure as Error).message).toMatch(message);
    expect((failure as Error).message.startsWith(`${path}: `)).toBe(true);
  });

  test.each<[string, string | Buffer, RegExp]>([
    [
      'a.csv',
      'TIMESTAMP,ContextTokens,GeneratedTokens\n',
      /run: tokenpool import azure \S+a\.csv --out \S+a\.parquet$/,
    ],
    [
      'b.csv',
      'time,in,out\n1,2,3\n',
      /run: tokenpool import csv \S+b\.csv --out \S+b\.parquet --map arrival_ms=COLUMN/,
    ],
    ['c.jsonl', '{"timestamp":0}\n', /run: tokenpool import mooncake \S+c\.jsonl --out \S+c\.parquet$/],
    [
      'd.csv',
      'model,client,window_start_s,rate_rps\n',
      /run: tokenpool import servegen \S+ --out \S+d\.parquet --model NAME$/,
    ],
    ['e.parquet', Buffer.from([0, 159, 146, 150]), /is not a canonical trace \(Parquet\), nor anything/],
    ['f.parquet', 'PAR1 and then nothing of the kind', /cannot be read as Parquet/],
  ])('%s that is no trace is told how to become one', async (name, content, message) => {
    const path = inFolder(name);
    writeFileSync(path, content);
    const failure = await openTrace(path).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(BadInput);
    expect((failure as Error).message).toMatch(message);
    expect((failure as Error).message).not.toContain('\n');
  });

  test('a missing file and a folder are named', async () => {
    await expect(openTrace(inFolder('missing.parquet'))).rejects.toThrow(/missing\.parquet: cannot open.*no such file/);
    await expect(openTrace(dirname(inFolder('x')))).rejects.toThrow(/is a folder/);
  });

  test('a name that looks like a pattern is one file', async () => {
    const path = inFolder('week[1]*.parquet');
    await writeTrace(path, batchesOf([FULL_ROW]));
    expect(await allRows(await openTrace(path))).toEqual([FULL_ROW]);
  });
});

async function* failing(): AsyncGenerator<readonly TraceRow[]> {
  yield [FULL_ROW];
  throw new Error('broke off');
}

async function query(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  return withDatabase(async (connection) => (await connection.runAndReadAll(sql)).getRowObjectsJS());
}
