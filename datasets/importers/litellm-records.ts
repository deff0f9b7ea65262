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

/**
 * The spend logs of a file: JSON lines, one JSON array, answers of the proxy's own API (`{"data": [...]}`, one a line)
 * or CSV with a header. What is none of these is rejected line by line.
 */
export async function* readSpendLogs(file: string, rejects: Rejects): AsyncGenerator<readonly SpendLogRecord[]> {
  const form = await formOf(file);
  if (form === 'csv') yield* readTable(file, rejects);
  else if (form === 'array') yield* readArray(file, rejects);
  else yield* readJsonLines(file, rejects);
}

async function formOf(file: string): Promise<'lines' | 'array' | 'csv'> {
  for await (const { lines } of readLines(file)) {
    const first = lines.find((line) => line.trim() !== '')?.trimStart();
    if (first === undefined) continue;
    if (first.startsWith('[')) return 'array';
    return first.startsWith('{') ? 'lines' : 'csv';
  }
  return 'lines';
}

async function* readTable(file: string, rejects: Rejects): AsyncGenerator<readonly SpendLogRecord[]> {
  let header: readonly string[] | undefined;
  for await (const records of readCsvRecords(file, rejects)) {
    const read: SpendLogRecord[] = [];
    for (const { line, fields } of records) {
      if (header === undefined) {
        header = fields.map((name) => name.trim());
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
  if (!Array.isArray(data) || 'request_id' in value) return [{ line, fields: value }];
  return data.flatMap((each: unknown) => {
    if (isObject(each)) return [{ line, fields: each }];
    rejects.reject(file, line, `data holds what is no JSON object: ${quote(each)}`);
    return [];
  });
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
