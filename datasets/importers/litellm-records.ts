import { BadInput } from '../../src/config/bad-input.ts';
import { readCsvRecords } from './csv-records.ts';
import { quote } from './fields.ts';
import type { Rejects } from './rejects.ts';
import { readLines } from './text-lines.ts';

/** One spend log, its fields as JSON or, from CSV, as text. */
export interface SpendLogRecord {
  /** Line on which it starts, from 1. */
  readonly line: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What a message says is wanted. */
export const SPEND_LOGS_WANTED =
  'wanted are spend logs of LiteLLM: one JSON object a line, a JSON array, the answer of its API on one line, or CSV with a header';

/** Without these two no row can be read. */
const NEEDED_FIELDS = ['request_id', 'startTime'] as const;
const NAMES_SHOWN_MAX = 8;

/**
 * The spend logs of a file: JSON lines, one JSON array, answers of the proxy's own API (`{"data": [...]}`, one a line)
 * or CSV with a header. Rows that are none of these are rejected line by line.
 *
 * @throws BadInput for a file that is something else as a whole, with what it is
 */
export async function* readSpendLogs(file: string, rejects: Rejects): AsyncGenerator<readonly SpendLogRecord[]> {
  const form = await formOf(file);
  if (form === 'csv') yield* readTable(file, rejects);
  else if (form === 'array') yield* readArray(file, rejects);
  else yield* readJsonLines(file, rejects);
}

async function formOf(file: string): Promise<'lines' | 'array' | 'csv'> {
  for await (const { firstLine, lines } of readLines(file)) {
    const index = lines.findIndex((line) => line.trim() !== '');
    if (index < 0) continue;
    const first = lines[index]!.trim();
    const refuse = (found: string): never => {
      throw new BadInput(`${file}:${firstLine + index}: ${found}; ${SPEND_LOGS_WANTED}`);
    };
    if (first.startsWith('[')) return 'array';
    if (first === '{') {
      return refuse("begins a JSON object that goes over several lines (its rows, one a line: jq -c '.data[]? // .')");
    }
    if (first.startsWith('{')) return 'lines';
    if (first.startsWith('<')) return refuse('is HTML or XML, such as the page of an error or of a login');
    if (!first.includes(',')) return refuse('is neither JSON nor CSV');
    return 'csv';
  }
  return 'lines';
}

/** @throws BadInput when a header is that of another table */
function checkHeader(file: string, line: number, names: readonly string[]): void {
  const missing = NEEDED_FIELDS.filter((name) => !names.includes(name));
  if (missing.length === 0) return;
  throw new BadInput(
    `${file}:${line}: is CSV without the column ${missing.join(' and ')} (it has ${shownNames(names)}); ${SPEND_LOGS_WANTED}. Another CSV file goes by: tokenpool import csv`,
  );
}

function shownNames(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_SHOWN_MAX).map((name) => (name.length > 30 ? `${name.slice(0, 27)}...` : name));
  return `${shown.join(', ')}${names.length > NAMES_SHOWN_MAX ? ', ...' : ''}`;
}

async function* readTable(file: string, rejects: Rejects): AsyncGenerator<readonly SpendLogRecord[]> {
  let header: readonly string[] | undefined;
  for await (const records of readCsvRecords(file, rejects)) {
    const read: SpendLogRecord[] = [];
    for (const { line, fields } of records) {
      if (header === undefined) {
        header = fields.map((name) => name.trim());
        checkHeader(file, line, header);
        continue;
      }
      const names = header;
      if (fields.length !== names.length)
        rejects.reject(file, line, `${fields.length} fields in place of ${names.length}`);
      else read.push({ line, fields: Object.fromEntries(fields.map((text, index) => [names[index]!, text])) });
    }
    yield read;
  }
}

async function* readJsonLines(file: string, rejects: Rejects): AsyncGenerator<readonly SpendLogRecord[]> {
  for await (const { firstLine, lines } of readLines(file)) {
    const read: SpendLogRecord[] = [];
    for (const [index, text] of lines.entries()) {
      if (text.trim() !== '') read.push(...recordsOf(text, file, firstLine + index, rejects));
    }
    yield read;
  }
}

/** The elements of an array, each parsed by itself, so that one that is broken is told by its line. */
async function* readArray(file: string, rejects: Rejects): AsyncGenerator<readonly SpendLogRecord[]> {
  const elements = elementSplitter();
  for await (const { firstLine, lines } of readLines(file)) {
    const read: SpendLogRecord[] = [];
    for (const [index, text] of lines.entries()) {
      for (const { line, element } of elements.add(`${text}\n`, firstLine + index)) {
        read.push(...recordsOf(element, file, line, rejects));
      }
    }
    yield read;
  }
  const open = elements.openLine();
  if (open !== null) rejects.reject(file, open, 'the file ends before this object does');
}

function recordsOf(text: string, file: string, line: number, rejects: Rejects): readonly SpendLogRecord[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Not quoted: it may hold keys and prompts.
    rejects.reject(file, line, 'is not JSON');
    return [];
  }
  if (!isObject(value)) {
    rejects.reject(file, line, `is no JSON object: ${quote(value)}`);
    return [];
  }
  const { data } = value;
  if (!Array.isArray(data) || 'request_id' in value) {
    if (NEEDED_FIELDS.some((name) => name in value)) return [{ line, fields: value }];
    rejects.reject(file, line, `is a JSON object but no spend log: it has ${objectWords(value)}; ${SPEND_LOGS_WANTED}`);
    return [];
  }
  return data.flatMap((each: unknown) => {
    if (isObject(each)) return [{ line, fields: each }];
    rejects.reject(file, line, `data holds what is no JSON object: ${quote(each)}`);
    return [];
  });
}

function objectWords(value: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(value);
  if (names.length === 0) return 'no fields';
  return `the ${names.length === 1 ? 'field' : 'fields'} ${shownNames(names)}, not ${NEEDED_FIELDS.join(' and ')}`;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Cuts a JSON array into the texts of its objects by counting brackets outside of texts. */
function elementSplitter() {
  let depth = 0;
  let isText = false;
  let isEscaped = false;
  let parts: string[] = [];
  let startLine: number | null = null;

  function* add(text: string, line: number): Generator<{ readonly line: number; readonly element: string }> {
    let from = 0;
    for (let at = 0; at < text.length; at++) {
      const char = text[at];
      if (isText) {
        if (isEscaped) isEscaped = false;
        else if (char === '\\') isEscaped = true;
        else if (char === '"') isText = false;
      } else if (char === '"') {
        isText = true;
      } else if (char === '{' || char === '[') {
        depth += 1;
        // The array itself is the first level, its elements the second.
        if (depth === 2) {
          from = at;
          startLine = line;
        }
      } else if (char === '}' || char === ']') {
        depth -= 1;
        if (depth === 1 && startLine !== null) {
          yield { line: startLine, element: parts.join('') + text.slice(from, at + 1) };
          parts = [];
          startLine = null;
        }
      }
    }
    if (startLine !== null) parts.push(text.slice(from));
  }

  return { add, openLine: () => startLine };
}
