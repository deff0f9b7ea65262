import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import {
  ASSUMED_CHAT,
  importAzure,
  importCsv,
  importMooncake,
  importTrace,
  refuseBadRows,
  skipBadRows,
  type CsvOptions,
  type Importer,
  type RejectedRow,
} from '../../datasets/importers/index.ts';
import { openTrace } from '../../datasets/index.ts';
import { BadInput } from '../../src/config/bad-input.ts';
import { allRows, temporaryFolder } from './rows.ts';

const inFolder = temporaryFolder();

function file(name: string, content: string | Buffer): string {
  writeFileSync(inFolder(name), content);
  return inFolder(name);
}

function read<Options>(importer: Importer<Options>, files: readonly string[], options: Options) {
  return allRows(importer(files, options, refuseBadRows()));
}

async function readSkipping<Options>(importer: Importer<Options>, path: string, options: Options) {
  const rejected: RejectedRow[] = [];
  const rows = await allRows(
    importer(
      [path],
      options,
      skipBadRows((row) => rejected.push(row)),
    ),
  );
  return { rows, rejected };
}

const AZURE_HEADER = 'TIMESTAMP,ContextTokens,GeneratedTokens';

describe('azure', () => {
  test('arrivals count from the first row, exact to 100 ns, across midnight and files', async () => {
    const first = file(
      'a1.csv',
      `${AZURE_HEADER}\n2023-11-16 23:59:59.9999999,374,44\n2023-11-17 00:00:00.0000001,396,109\n`,
    );
    const second = file('a2.csv', `${AZURE_HEADER}\r\n2023-11-17 00:01:00,1,0\r\n`);
    const rows = await read(importAzure, [first, second], { ...ASSUMED_CHAT, clientKey: 'azure' });
    expect(rows.map((row) => [row.arrivalMs, row.inputTokens, row.outputTokens])).toEqual([
      [0, 374, 44],
      [0.0002, 396, 109],
      [60_000.0001, 1, 0],
    ]);
    expect(rows[0]).toMatchObject({ clientKey: 'azure', model: 'auto', stream: true, sessionId: null, recorded: null });
    expect(new Set(rows.map((row) => row.requestId)).size).toBe(3);
  });

  test('gzip is read as it comes', async () => {
    const path = file('a.csv.gz', gzipSync(`${AZURE_HEADER}\n2023-11-16 18:15:46.6805900,374,44\n`));
    expect((await read(importAzure, [path], ASSUMED_CHAT)).length).toBe(1);
  });

  test.each([
    ['2023-11-16 18:15:46,374', /2 fields in place of 3/],
    ['2023-11-16 18:15:46,374,4,4', /4 fields in place of 3/],
    ['yesterday,374,44', /TIMESTAMP is "yesterday"/],
    ['2023-02-30 18:15:46,374,44', /TIMESTAMP is "2023-02-30/],
    ['2023-11-16 18:15:46,-1,44', /ContextTokens is "-1"/],
    ['2023-11-16 18:15:46,374,', /GeneratedTokens is empty/],
    ['2023-11-16 18:15:46,374,99999999999', /GeneratedTokens is "99999999999"/],
    ['2023-11-16 18:15:46,"374,44', /a quote \("\) has no partner/],
  ])('a row %s is refused with file and line, or counted', async (bad, reason) => {
    const path = file('bad.csv', `${AZURE_HEADER}\n2023-11-16 18:15:46,374,44\n${bad}\n`);
    const failure = await read(importAzure, [path], ASSUMED_CHAT).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(BadInput);
    expect((failure as Error).message.startsWith(`${path}:3: `)).toBe(true);
    expect((failure as Error).message).toMatch(reason);
    const { rows, rejected } = await readSkipping(importAzure, path, ASSUMED_CHAT);
    expect(rows.length).toBe(1);
    expect(rejected).toMatchObject([{ file: path, line: 3 }]);
  });

  test('another file, half a gzip, bytes that are no text and no file at all are named', async () => {
    const other = file('other.csv', 'a,b\n1,2\n');
    await expect(read(importAzure, [other], ASSUMED_CHAT)).rejects.toThrow(/other\.csv:1: the header is not TIMESTAMP/);
    const half = file('half.csv.gz', gzipSync(AZURE_HEADER.repeat(500)).subarray(0, 60));
    await expect(read(importAzure, [half], ASSUMED_CHAT)).rejects.toThrow(/half\.csv\.gz: damaged gzip data/);
    const binary = file('binary.csv', Buffer.from([0x41, 0x0a, 0xff, 0xfe, 0x0a]));
    await expect(read(importAzure, [binary], ASSUMED_CHAT)).rejects.toThrow(/is not UTF-8 text/);
    await expect(read(importAzure, [inFolder('gone.csv')], ASSUMED_CHAT)).rejects.toThrow(/gone\.csv: .*no such file/);
  });
});

describe('mooncake', () => {
  const options = { ...ASSUMED_CHAT, clientKey: 'mooncake', seed: 1 };
  const line = (timestamp: number, hash_ids: readonly number[]) =>
    JSON.stringify({ timestamp, input_length: 600, output_length: 50, hash_ids });

  test('requests spread over their 3 s bin in the order of the file, blocks kept', async () => {
    const lines = [0, 0, 0, 0, 2_999, 3_000, 3_001, 9_000].map((timestamp, index) => line(timestamp, [0, index]));
    const rows = await read(importMooncake, [file('m.jsonl', lines.join('\n'))], options);
    const arrivals = rows.map((row) => row.arrivalMs);
    expect(arrivals).toEqual(arrivals.toSorted((a, b) => a - b));
    expect(arrivals.map((atMs) => Math.floor(atMs / 3_000))).toEqual([0, 0, 0, 0, 1, 1, 1, 3]);
    expect(new Set(arrivals).size).toBe(8);
    expect(rows.map((row) => row.prefixBlocks)).toEqual(lines.map((_, index) => [0, index]));
    expect(rows.every((row) => row.sessionId === null && row.inputTokens === 600)).toBe(true);
  });

  test('the spread is uniform, and the seed decides it', async () => {
    const path = file('m2.jsonl', Array.from({ length: 4_000 }, () => line(6_000, [])).join('\n'));
    const rows = await read(importMooncake, [path], options);
    // Kolmogorov-Smirnov against the uniform distribution; 1.95 / sqrt(n) is passed by 99.9 %.
    const distance = Math.max(
      ...rows.map((row, index) => Math.abs((row.arrivalMs - 6_000) / 3_000 - (index + 0.5) / 4_000)),
    );
    expect(distance).toBeLessThan(1.95 / Math.sqrt(4_000));
    expect(await read(importMooncake, [path], options)).toEqual(rows);
    expect(await read(importMooncake, [path], { ...options, seed: 2 })).not.toEqual(rows);
  });

  test.each([
    ['{"timestamp": 0,', /is not JSON/],
    ['[1]', /timestamp is missing/],
    ['7', /is no JSON object/],
    ['{"timestamp":-1,"input_length":1,"output_length":1,"hash_ids":[]}', /timestamp is -1/],
    ['{"timestamp":0,"input_length":1.5,"output_length":1,"hash_ids":[]}', /input_length is 1.5/],
    ['{"timestamp":0,"input_length":1,"output_length":"1","hash_ids":[]}', /output_length is "1"/],
    ['{"timestamp":0,"input_length":1,"output_length":1,"hash_ids":[null]}', /hash_ids is \[null\]/],
  ])('a row %s is refused with file and line', async (bad, reason) => {
    const path = file('bad.jsonl', `${line(0, [])}\n${bad}\n${line(0, [])}\n`);
    await expect(read(importMooncake, [path], options)).rejects.toThrow(reason);
    const { rows, rejected } = await readSkipping(importMooncake, path, options);
    expect([rows.length, rejected.length, rejected[0]?.line]).toEqual([2, 1, 2]);
  });
});

describe('csv', () => {
  const options: CsvOptions = { ...ASSUMED_CHAT, map: {}, timeUnit: 'ms' };

  test('columns are mapped, quoted fields read, what is missing assumed', async () => {
    const path = file(
      'log.csv',
      'when,user,in,out,"free text",tools,blocks,kind,status\n' +
        '1700000000.5,"Doe, ""J""",10,5,"two\nlines",yes,"[1, 2]",success,200\n' +
        '\n1700000001,b,11,6,,,,,\n',
    );
    const map = {
      arrival_ms: 'when',
      client_key: 'user',
      input_tokens: 'in',
      output_tokens: 'out',
      has_tools: 'tools',
      prefix_blocks: 'blocks',
    };
    const rows = await read(importCsv, [path], { ...options, map, timeUnit: 's' });
    expect(rows).toMatchObject([
      {
        arrivalMs: 1_700_000_000_500,
        clientKey: 'Doe, "J"',
        inputTokens: 10,
        outputTokens: 5,
        hasTools: true,
        prefixBlocks: [1, 2],
        recorded: { kind: 'success', status: 200, target: null },
      },
      { arrivalMs: 1_700_000_001_000, clientKey: 'b', hasTools: false, prefixBlocks: null, recorded: null },
    ]);
  });

  test.each([
    ['ms', '1500', 1_500],
    ['s', '1.5', 1_500],
    ['us', '1500000', 1_500],
    ['iso', '1970-01-01T00:00:01.500Z', 1_500],
    ['iso', '1970-01-01 00:00:01.500', 1_500],
    ['iso', '1970-01-01T02:00:01.5+02:00', 1_500],
  ] as const)('time in %s: %s', async (timeUnit, text, expected) => {
    const path = file('time.csv', `arrival_ms,input_tokens,output_tokens\n${text},1,1\n`);
    expect((await read(importCsv, [path], { ...options, timeUnit }))[0]?.arrivalMs).toBeCloseTo(expected, 6);
  });

  test.each<[string, Partial<CsvOptions>, RegExp]>([
    [
      'an unknown canonical column',
      { map: { tokens: 'b' } },
      /--map: tokens is no canonical column; known are arrival_ms/,
    ],
    [
      'an unknown column of the file',
      { map: { arrival_ms: 'z' } },
      /no column "z" for arrival_ms; the file has a, b, c/,
    ],
    ['nothing mapped', {}, /no column for arrival_ms, input_tokens, output_tokens; add --map arrival_ms=COLUMN/],
  ])('%s is told', async (_name, changes, message) => {
    const path = file('abc.csv', 'a,b,c\n1,2,3\n');
    await expect(read(importCsv, [path], { ...options, ...changes })).rejects.toThrow(message);
  });

  test('outcomes of each request are kept, and what was not recorded stays unknown', async () => {
    const path = file(
      'outcomes.csv',
      'arrival_ms,input_tokens,output_tokens,target,kind,code,first_token_ms,duration_ms,cost_usd,propensity\n' +
        '0,900,210,aurora.main.large,success,200,350,4100,0.0034,0.8\n' +
        '1500,1200,0,aurora.main.large,limited,429,,40,0,0.8\n' +
        '2000,100,10,,,,,,,\n',
    );
    const rows = await read(importCsv, [path], { ...options, map: { status: 'code' } });
    const target = 'aurora.main.large';
    expect(rows.map((row) => row.recorded)).toEqual([
      { target, propensity: 0.8, kind: 'success', status: 200, firstTokenMs: 350, durationMs: 4_100, costUsd: 0.0034 },
      { target, propensity: 0.8, kind: 'limited', status: 429, firstTokenMs: null, durationMs: 40, costUsd: 0 },
      null,
    ]);
  });

  test('columns of plain words make up the steering of a row', async () => {
    const path = file(
      'steered.csv',
      'arrival_ms,input_tokens,output_tokens,request_id,session_id,hint,instructions,bans,session_scope,signals\n' +
        '0,1,1,a,s1,,!aurora.large; #borealis,,,user image web_search background uses_tools\n' +
        '1,1,1,b,s1,,<**clear**>;cumulus.x,aurora.1 ; borealis.main,conversation,tool:read uses_tools\n' +
        '2,1,1,c,,longcontext,,,,\n' +
        '3,1,1,d,a,,,,resume,none\n' +
        '4,1,1,e,s1,,,,request,\n' +
        '5,1,1,f,s1,,,,,\n',
    );
    const rows = await read(importCsv, [path], { ...options, map: { route_hint: 'hint' } });
    const nothing = {
      latestFromUser: false,
      hasImage: false,
      wantsWebSearch: false,
      isBackground: false,
      lastTool: null,
      usesTools: false,
    };
    const plain = { signals: null, routeHint: null, instructions: [], bans: [], needsServerTools: false };
    expect(rows.map((row) => row.steering)).toEqual([
      {
        ...plain,
        scope: 'session',
        scopeId: 'default:session:s1',
        signals: {
          latestFromUser: true,
          hasImage: true,
          wantsWebSearch: true,
          isBackground: true,
          lastTool: null,
          usesTools: true,
        },
        instructions: [
          { kind: 'sticky', name: 'aurora.large' },
          { kind: 'disable', name: 'borealis' },
        ],
      },
      {
        ...plain,
        scope: 'conversation',
        scopeId: 'default:conversation:s1',
        signals: { ...nothing, lastTool: 'read', usesTools: true },
        instructions: [
          { kind: 'clear', name: '' },
          { kind: 'force', name: 'cumulus.x' },
        ],
        bans: ['aurora.1', 'borealis.main'],
      },
      { ...plain, scope: 'request', scopeId: 'default:resume:c', routeHint: 'longcontext' },
      { ...plain, scope: 'resume', scopeId: 'default:resume:a', signals: nothing },
      { ...plain, scope: 'request', scopeId: 'default:resume:e' },
      { ...plain, scope: 'session', scopeId: 'default:session:s1' },
    ]);
    const out = inFolder('steered.parquet');
    await importTrace((rejects) => importCsv([path], { ...options, map: { route_hint: 'hint' } }, rejects), {
      out,
      skipBadRows: false,
      rebase: false,
    });
    expect(await allRows(await openTrace(out))).toEqual(rows);
  });

  test('steering as JSON is taken as it is', async () => {
    const steering = {
      scope: 'request',
      scopeId: 'x',
      signals: null,
      routeHint: 'thinking',
      instructions: [],
      bans: [],
      needsServerTools: true,
    };
    const text = JSON.stringify(steering).replaceAll('"', '""');
    const path = file('json.csv', `arrival_ms,input_tokens,output_tokens,steering\n0,1,1,"${text}"\n`);
    expect((await read(importCsv, [path], options))[0]?.steering).toEqual(steering);
  });

  test.each([
    ['s,,,,world,', /session_scope is "world", but has to be one of session, conversation, resume, request/],
    [',,,,session,', /session_scope is "session", which needs a session_id/],
    ['s,,!,,,', /instructions: "!" is neither "clear" nor addresses/],
    ['s,,!a b,,,', /instructions: "!a b" is neither/],
    ['s,,"a.b,",,,', /instructions: "a.b," is neither/],
    ['s,,,,,user tool:fish', /signals hold "tool:fish"; the words are user, image, .*tool:read.*none/],
    ['s,{},,,,', /steering: scope: /],
    ['s,{},#a,,,', /steering stands beside instructions; a row takes one or the other/],
  ])('steering %s is refused with its line', async (bad, reason) => {
    const header = 'arrival_ms,input_tokens,output_tokens,session_id,steering,instructions,bans,session_scope,signals';
    const path = file('bad-steering.csv', `${header}\n0,1,1,${bad}\n`);
    const failure = await read(importCsv, [path], options).catch((error: unknown) => error);
    expect((failure as Error).message).toMatch(reason);
    expect((failure as Error).message).toContain('bad-steering.csv:2: ');
  });

  test.each([
    ['x,1,1,a,,', /arrival_ms is "x"/],
    ['1,one,1,a,,', /input_tokens is "one"/],
    ['1,1,1,a,maybe,', /stream is "maybe"/],
    ['1,1,1,a,,2', /propensity is "2", but has to be above 0 up to 1/],
    ['1,1,1,seen,,', /request_id "seen" was used before/],
    ['1,1,1', /3 fields in place of 6/],
    ['1,1,1,a"b,,', /quote/],
  ])('a row %s is refused with its line', async (bad, reason) => {
    const path = file(
      'rows.csv',
      `arrival_ms,input_tokens,output_tokens,request_id,stream,propensity\n0,1,1,seen,,\n${bad}\n`,
    );
    const failure = await read(importCsv, [path], options).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(BadInput);
    expect((failure as Error).message).toMatch(reason);
    expect((failure as Error).message).toContain('rows.csv:3: ');
  });
});

describe('an import', () => {
  const options: CsvOptions = { ...ASSUMED_CHAT, map: {}, timeUnit: 'ms' };
  const HEADER = 'arrival_ms,input_tokens,output_tokens';
  const run = (path: string, out: string, skip: boolean) =>
    importTrace((rejects) => importCsv([path], options, rejects), { out, skipBadRows: skip, rebase: true });

  test('sorts and shifts to 0', async () => {
    const path = file('unsorted.csv', `${HEADER}\n900,1,1\n500,2,2\n700,3,3\n`);
    const summary = await run(path, inFolder('sorted.parquet'), false);
    expect(summary).toMatchObject({ requests: 3, spanMs: 400, rejected: 0, rejectsPath: null });
    const rows = await allRows(await openTrace(summary.out));
    expect(rows.map((row) => [row.arrivalMs, row.inputTokens])).toEqual([
      [0, 2],
      [200, 3],
      [400, 1],
    ]);
  });

  test('of a bad row writes nothing at all', async () => {
    const path = file('one-bad.csv', `${HEADER}\n0,1,1\n1,1,x\n`);
    const before = readdirSync(dirname(path));
    await expect(run(path, inFolder('none.parquet'), false)).rejects.toThrow(/one-bad\.csv:3: .*--skip-bad-rows/);
    expect(readdirSync(dirname(path))).toEqual(before);
  });

  test('that skips bad rows counts them all, names 20 and lists all', async () => {
    const bad = Array.from({ length: 50 }, (_, index) => `${index},x,1`).join('\n');
    const path = file('many-bad.csv', `${HEADER}\n0,1,1\n${bad}\n`);
    const summary = await run(path, inFolder('rest.parquet'), true);
    expect(summary).toMatchObject({ requests: 1, rejected: 50, rejectsPath: inFolder('rest.parquet.rejects.jsonl') });
    expect(summary.firstRejects.length).toBe(20);
    const listed = readFileSync(summary.rejectsPath ?? '', 'utf8')
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text) as RejectedRow);
    expect(listed.length).toBe(50);
    expect(listed[49]).toEqual({
      file: path,
      line: 52,
      reason: expect.stringContaining('input_tokens is "x"') as string,
    });
    // A later import without bad rows does not leave the old list beside its trace.
    await run(file('good.csv', `${HEADER}\n0,1,1\n`), inFolder('rest.parquet'), true);
    expect(existsSync(inFolder('rest.parquet.rejects.jsonl'))).toBe(false);
  });

  test('of bad rows only, or of none, fails and writes nothing', async () => {
    const all = file('all-bad.csv', `${HEADER}\nx,1,1\n`);
    const before = readdirSync(dirname(all));
    await expect(run(all, inFolder('none.parquet'), true)).rejects.toThrow(
      /all 1 rows are bad, the first: \S+:2: arrival_ms/,
    );
    expect(readdirSync(dirname(all))).toEqual(before);
    await expect(run(file('empty.csv', HEADER), inFolder('none.parquet'), false)).rejects.toThrow(
      /the files hold no rows/,
    );
  });
});
