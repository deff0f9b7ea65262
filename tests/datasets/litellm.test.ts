import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { suggestImport } from '../../datasets/import-suggestion.ts';
import { openTrace } from '../../datasets/index.ts';
import {
  ASSUMED_CHAT,
  importLiteLlm,
  importTrace,
  refuseBadRows,
  skipBadRows,
  type RejectedRow,
} from '../../datasets/importers/index.ts';
import type { TraceRow } from '../../datasets/trace.ts';
import { BadInput } from '../../src/config/bad-input.ts';
import { allRows, temporaryFolder } from './rows.ts';

const inFolder = temporaryFolder();
const OPTIONS = { ...ASSUMED_CHAT, clientKey: 'litellm' };

/** The hash as which LiteLLM stores the virtual key; it must not get into a trace either. */
const STORED_KEY = '88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b';
const MODEL_ID = 'deployment-4f1c';

const SUCCESS = {
  request_id: 'chatcmpl-1',
  call_type: 'acompletion',
  api_key: STORED_KEY,
  spend: 0.00345,
  total_tokens: 1_200,
  prompt_tokens: 1_000,
  completion_tokens: 200,
  startTime: '2026-02-05T14:41:48.000000Z',
  endTime: '2026-02-05T14:41:52.500000Z',
  completionStartTime: '2026-02-05T14:41:48.400000Z',
  model: 'openai/large-2.5',
  model_id: MODEL_ID,
  model_group: 'large',
  custom_llm_provider: 'openai',
  api_base: 'https://models.example/v1',
  user: 'u1',
  metadata: { status: 'success', user_api_key: STORED_KEY, user_api_key_alias: 'team-a' },
  cache_hit: 'False',
  end_user: '',
  session_id: 's-1',
  status: 'success',
};

function failure(id: string, code: string | null, errorClass: string, changes: object = {}) {
  return {
    ...SUCCESS,
    request_id: id,
    spend: 0,
    prompt_tokens: 0,
    completion_tokens: 0,
    startTime: '2026-02-05T14:42:00.000Z',
    endTime: '2026-02-05T14:42:00.000Z',
    completionStartTime: '2026-02-05T14:42:00.000Z',
    status: 'failure',
    metadata: { status: 'failure', error_information: { error_code: code, error_class: errorClass } },
    ...changes,
  };
}

function written(name: string, content: string): string {
  writeFileSync(inFolder(name), content);
  return inFolder(name);
}

const linesOf = (records: readonly object[]): string => records.map((each) => `${JSON.stringify(each)}\n`).join('');

/** Quoted as PostgreSQL writes CSV. */
function csvOf(records: readonly Readonly<Record<string, unknown>>[]): string {
  const names = Object.keys(records[0]!);
  const text = (value: unknown): string =>
    typeof value === 'object' ? JSON.stringify(value) : typeof value === 'string' ? value : String(value);
  const cell = (value: unknown): string => `"${text(value).replaceAll('"', '""')}"`;
  return [names.join(','), ...records.map((each) => names.map((name) => cell(each[name])).join(','))].join('\n');
}

function read(...files: readonly string[]): Promise<TraceRow[]> {
  return allRows(importLiteLlm(files, OPTIONS, refuseBadRows()));
}

async function rejectedOf(path: string): Promise<{ rows: TraceRow[]; rejected: RejectedRow[] }> {
  const rejected: RejectedRow[] = [];
  const rejects = skipBadRows((row) => rejected.push(row));
  return { rows: await allRows(importLiteLlm([path], OPTIONS, rejects)), rejected };
}

describe('spend logs of LiteLLM', () => {
  test('become requests with what became of them', async () => {
    const [row] = await read(written('one.jsonl', linesOf([SUCCESS])));
    expect(row).toEqual({
      arrivalMs: Date.UTC(2026, 1, 5, 14, 41, 48),
      requestId: 'chatcmpl-1',
      sessionId: 's-1',
      clientKey: 'team-a',
      protocol: 'openai',
      model: 'large',
      declaredClass: null,
      declaredPriority: null,
      inputTokens: 1_000,
      outputTokens: 200,
      maxOutputTokens: null,
      stream: true,
      hasTools: false,
      hasImage: false,
      prefixBlocks: null,
      steering: null,
      recorded: {
        target: expect.stringMatching(/^openai\.key-[\da-f]{8}\.large-2\.5$/) as string,
        propensity: null,
        kind: 'success',
        status: 200,
        firstTokenMs: 400,
        durationMs: 4_500,
        costUsd: 0.00345,
      },
    });
  });

  test('are the same as JSON lines, as an array, as an answer of the API and as CSV', async () => {
    const records = [SUCCESS, failure('f1', '500', 'InternalServerError'), { ...SUCCESS, request_id: 'chatcmpl-2' }];
    const wanted = await read(written('same.jsonl', linesOf(records)));
    expect(wanted).toHaveLength(3);
    expect(await read(written('flat.json', JSON.stringify(records)))).toEqual(wanted);
    expect(await read(written('pretty.json', JSON.stringify(records, null, 2)))).toEqual(wanted);
    expect(await read(written('api.json', JSON.stringify({ data: records, total: 3 })))).toEqual(wanted);
    expect(await read(written('table.csv', csvOf(records)))).toEqual(wanted);
  });

  test('take times without a zone as UTC, with one as they say, and as seconds since 1970', async () => {
    const times = [
      '2026-02-05 14:41:48.25',
      '2026-02-05 15:41:48.25+01',
      '2026-02-05T15:41:48.25+01:00',
      1_770_302_508.25,
    ];
    const records = times.map((startTime, index) => ({ ...SUCCESS, request_id: `t${index}`, startTime }));
    const rows = await read(written('times.jsonl', linesOf(records)));
    expect(rows.map((row) => row.arrivalMs)).toEqual(times.map(() => Date.UTC(2026, 1, 5, 14, 41, 48, 250)));
  });

  test('have a first token where it came before the end', async () => {
    const whole = { ...SUCCESS, completionStartTime: SUCCESS.endTime };
    const [row] = await read(written('whole.jsonl', linesOf([whole])));
    expect(row).toMatchObject({ stream: false, recorded: { firstTokenMs: null, durationMs: 4_500 } });
  });

  test.each([
    ['429', 'RateLimitError', 'limited', 429],
    ['408', 'Timeout', 'timeout', 408],
    ['504', 'Timeout', 'timeout', 504],
    ['499', 'ClientDisconnected', 'cancelled', 499],
    ['500', 'InternalServerError', 'failure', 500],
    ['401', 'AuthenticationError', 'failure', 401],
    [null, 'APIConnectionError', 'failure', null],
    ['', '', 'failure', null],
  ])('name a failure of code %s and class %s %s', async (code, errorClass, kind, status) => {
    const [row] = await read(written('failed.jsonl', linesOf([failure('f', code, errorClass)])));
    expect(row!.recorded).toMatchObject({ kind, status, durationMs: null, firstTokenMs: null, costUsd: 0 });
  });

  test('give requests without an answer the median lengths of the log', async () => {
    const lengths = [100, 300, 2_000].map((tokens, index) => ({
      ...SUCCESS,
      request_id: `s${index}`,
      prompt_tokens: tokens,
      completion_tokens: tokens / 10,
    }));
    const records = [failure('f1', '500', ''), ...lengths, failure('f2', '429', '', { prompt_tokens: 777 })];
    const rows = await read(written('lengths.jsonl', linesOf(records)));
    const byId = new Map(rows.map((row) => [row.requestId, [row.inputTokens, row.outputTokens]]));
    expect(byId.get('f1')).toEqual([300, 30]);
    expect(byId.get('f2')).toEqual([777, 30]);
    const [alone] = await read(written('alone.jsonl', linesOf([failure('f1', '500', '')])));
    expect([alone!.inputTokens, alone!.outputTokens]).toEqual([512, 256]);
  });

  test('served from its own cache have no outcome', async () => {
    const [row] = await read(written('cached.jsonl', linesOf([{ ...SUCCESS, cache_hit: 'True', spend: 0 }])));
    expect(row).toMatchObject({ inputTokens: 1_000, recorded: null });
  });

  test('tell the provider by its field or by the name of the model, and deployments apart', async () => {
    const records = [
      SUCCESS,
      { ...SUCCESS, request_id: 'b', model_id: 'another', custom_llm_provider: '', model: 'azure_ai/large' },
      { ...SUCCESS, request_id: 'c', custom_llm_provider: '', model: 'large' },
      { ...SUCCESS, request_id: 'd', model_id: '', custom_llm_provider: 'my.house', model: 'x/y/z' },
    ];
    const targets = (await read(written('targets.jsonl', linesOf(records)))).map((row) => row.recorded!.target);
    expect(targets[1]).toMatch(/^azure_ai\.key-[\da-f]{8}\.large$/);
    expect(targets[1]!.split('.')[1]).not.toBe(targets[0]!.split('.')[1]);
    expect(targets[2]).toBeNull();
    expect(targets[3]).toMatch(/^my-house\.key-[\da-f]{8}\.y\/z$/);
  });

  test('leave no key in the trace', async () => {
    const secret = 'sk-very-secret-0123456789';
    const records = [SUCCESS, { ...SUCCESS, request_id: 'b', api_key: secret, model_id: '', metadata: {} }];
    const path = written('keys.jsonl', linesOf(records));
    const rows = await read(path);
    expect(rows[1]!.clientKey).toMatch(/^key-[\da-f]{8}$/);
    const out = inFolder('keys.parquet');
    await importTrace((rejects) => importLiteLlm([path], OPTIONS, rejects), { out, skipBadRows: false, rebase: true });
    expect((await openTrace(out)).requests).toBe(2);
    const bytes = readFileSync(out, 'latin1');
    for (const key of [secret, STORED_KEY, MODEL_ID]) {
      expect(JSON.stringify(rows)).not.toContain(key);
      expect(bytes).not.toContain(key);
    }
  });

  test.each([
    [{ request_id: '' }, /request_id is missing/],
    [{ startTime: null }, /startTime is missing/],
    [{ startTime: 'yesterday' }, /startTime is "yesterday", but has to be a date and time/],
    [{ endTime: '2026-02-05T14:41:40Z' }, /endTime is before startTime/],
    [{ prompt_tokens: -1 }, /prompt_tokens is "-1"/],
    [{ completion_tokens: 1.5 }, /completion_tokens is "1.5"/],
    [{ spend: 'much' }, /spend is "much", but has to be USD/],
    [{ call_type: 'aimage_generation' }, /call_type is "aimage_generation"/],
    [{ metadata: '{not json' }, /metadata is not JSON/],
    [{ request_id: 'first' }, /request_id "first" was used before/],
  ])('with %o are rejected with their line', async (changes, reason) => {
    const path = written(
      'bad.jsonl',
      linesOf([
        { ...SUCCESS, request_id: 'first' },
        { ...SUCCESS, ...changes },
      ]),
    );
    const { rows, rejected } = await rejectedOf(path);
    expect(rows).toHaveLength(1);
    expect(rejected).toEqual([{ file: path, line: 2, reason: expect.stringMatching(reason) as string }]);
    await expect(read(path)).rejects.toThrow(BadInput);
  });

  test('that are no JSON are rejected with their line, without a word of them', async () => {
    const lines = written('broken.jsonl', `${JSON.stringify(SUCCESS)}\n{"api_key": "sk-1", oops\n[1]\n`);
    expect((await rejectedOf(lines)).rejected).toEqual([
      { file: lines, line: 2, reason: 'is not JSON' },
      { file: lines, line: 3, reason: 'is no JSON object: [1]' },
    ]);
    const array = written('broken.json', `[\n${JSON.stringify(SUCCESS)},\n{"a": oops},\n{"request_id": "never ends"`);
    const { rows, rejected } = await rejectedOf(array);
    expect(rows).toHaveLength(1);
    expect(rejected.map(({ line, reason }) => [line, reason])).toEqual([
      [3, 'is not JSON'],
      [4, 'the file ends before this object does'],
    ]);
    const table = written('broken.csv', `${csvOf([SUCCESS])}\na,b\n`);
    expect((await rejectedOf(table)).rejected[0]).toMatchObject({ line: 3, reason: '2 fields in place of 21' });
  });

  test('are recognised where a trace was expected', async () => {
    for (const content of [linesOf([SUCCESS]), csvOf([SUCCESS]), JSON.stringify([SUCCESS])]) {
      expect(await suggestImport(written('unknown.txt', content))).toContain('tokenpool import litellm');
    }
  });

  test.each([
    [
      'page.html',
      '<!DOCTYPE html>\n<html><body>502</body></html>\n',
      /page\.html:1: is HTML or XML, such as the page of an/,
    ],
    ['empty.jsonl', '', /empty\.jsonl: has no rows; wanted are spend logs of LiteLLM/],
    ['blank.jsonl', '\n\n', /blank\.jsonl: has no rows/],
    ['none.json', '[]', /none\.json: has no rows/],
    [
      'error.json',
      '{"error": {"message": "no"}}',
      /error\.json:1: .* no spend log: it has the field error, not request_id/,
    ],
    ['pretty.json', '\n{\n  "data": []\n}\n', /pretty\.json:2: begins a JSON object that goes over several lines/],
    [
      'other.csv',
      'ts,tokens\n1,2\n',
      /other\.csv:1: is CSV without the column request_id and startTime \(it has ts, tokens\)/,
    ],
    ['notes.txt', 'hello\nworld\n', /notes\.txt:1: is neither JSON nor CSV/],
  ])('that are none, as in %s, are refused with what was found and what is wanted', async (name, content, message) => {
    const path = written(name, content);
    await expect(read(path)).rejects.toThrow(BadInput);
    await expect(read(path)).rejects.toThrow(message);
    await expect(read(path)).rejects.toThrow(/wanted are spend logs of LiteLLM: one JSON object a line/);
  });

  test('may have an empty file among them', async () => {
    const rows = await read(written('nothing.jsonl', ''), written('something.jsonl', linesOf([SUCCESS])));
    expect(rows).toHaveLength(1);
  });
});
