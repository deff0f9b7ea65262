import type { Rejects } from './rejects.ts';
import { readLines } from './text-lines.ts';

/** One record of a CSV file. */
export interface CsvRecord {
  /** Line on which it starts, from 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

/** A quoted field may span lines, but not without end: a forgotten quote would swallow the file. */
const RECORD_LINES_MAX = 100;

/**
 * Reads comma-separated records as RFC 4180 has them: fields may be quoted, quotes inside are doubled, quoted line
 * ends are kept. Empty lines are skipped. A record whose quotes make no sense is rejected.
 */
export async function* readCsvRecords(path: string, rejects: Rejects): AsyncGenerator<readonly CsvRecord[]> {
  let open = '';
  let openLine = 0;
  for await (const { firstLine, lines } of readLines(path)) {
    const records: CsvRecord[] = [];
    for (const [index, line] of lines.entries()) {
      const lineNumber = firstLine + index;
      if (open === '') openLine = lineNumber;
      const text = open === '' ? line : `${open}\n${line}`;
      open = '';
      if (text === '') continue;
      if (!text.includes('"')) {
        records.push({ line: openLine, fields: text.split(',') });
        continue;
      }
      const fields = splitQuoted(text);
      if (fields === 'open' && lineNumber - openLine < RECORD_LINES_MAX) open = text;
      else if (typeof fields === 'string') rejects.reject(path, openLine, 'a quote (") has no partner');
      else records.push({ line: openLine, fields });
    }
    if (records.length > 0) yield records;
  }
  if (open !== '') rejects.reject(path, openLine, 'a quote (") has no partner');
}

/** The fields of a record, `open` when a quoted field goes on after its end, or `wrong` for text beside quotes. */
function splitQuoted(text: string): readonly string[] | 'open' | 'wrong' {
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    let field: string;
    if (text[at] === '"') {
      field = '';
      for (;;) {
        const end = text.indexOf('"', at + 1);
        if (end < 0) return 'open';
        field += text.slice(at + 1, end);
        at = end + 1;
        if (text[at] !== '"') break;
        field += '"';
      }
      if (at < text.length && text[at] !== ',') return 'wrong';
    } else {
      const comma = text.indexOf(',', at);
      const end = comma < 0 ? text.length : comma;
      field = text.slice(at, end);
      if (field.includes('"')) return 'wrong';
      at = end;
    }
    fields.push(field);
    if (at >= text.length) return fields;
    at++;
  }
}
