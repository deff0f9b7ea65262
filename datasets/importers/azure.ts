import { BadInput } from '../../src/config/bad-input.ts';
import type { TraceRow } from '../trace.ts';
import { readCsvRecords, type CsvRecord } from './csv-records.ts';
import { quote, readTokens } from './fields.ts';
import { assumedRow, numberedId, type AssumedRequest, type Importer } from './importer.ts';

const HEADER = ['TIMESTAMP', 'ContextTokens', 'GeneratedTokens'];
const TIMESTAMP = /^(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,7}))?\d*(?:Z|\+00:00)?$/;
const TICKS_PER_SECOND = 10_000_000;
const TICKS_PER_MS = 10_000;

/** A wall-clock time in two exact integers. */
interface Instant {
  readonly epochSeconds: number;
  /** Of 100 ns, 0 to 9,999,999. */
  readonly ticks: number;
}

/**
 * Azure LLM inference traces: `TIMESTAMP` (wall clock with 100 ns digits), `ContextTokens`, `GeneratedTokens`. Arrivals
 * count from the first row of the first file, exact to the digit; the writer shifts them when an earlier row follows.
 */
export const importAzure: Importer<AssumedRequest> = async function* (files, options, rejects) {
  let start: Instant | undefined;
  let number = 0;
  for (const file of files) {
    let header = true;
    for await (const records of readCsvRecords(file, rejects)) {
      const rows: TraceRow[] = [];
      for (const record of records) {
        if (header) {
          checkHeader(file, record);
          header = false;
          continue;
        }
        number++;
        const read = readRecord(record);
        if (typeof read === 'string') {
          rejects.reject(file, record.line, read);
          continue;
        }
        start ??= read.instant;
        const { inputTokens, outputTokens } = read;
        const arrivalMs = millisecondsBetween(start, read.instant);
        rows.push(
          assumedRow(options, { arrivalMs, requestId: numberedId('azure', number), inputTokens, outputTokens }),
        );
      }
      yield rows;
    }
  }
};

function checkHeader(file: string, record: CsvRecord): void {
  if (HEADER.every((name, index) => record.fields[index] === name)) return;
  throw new BadInput(
    `${file}:${record.line}: the header is not ${HEADER.join(',')}; is this an Azure LLM inference trace?`,
  );
}

function readRecord(record: CsvRecord) {
  if (record.fields.length !== HEADER.length) return `${record.fields.length} fields in place of ${HEADER.length}`;
  const instant = readInstant(record.fields[0] ?? '');
  if (instant === null) return `TIMESTAMP is ${quote(record.fields[0])}, but has to be YYYY-MM-DD hh:mm:ss.fffffff`;
  const inputTokens = readTokens('ContextTokens', record.fields[1]);
  if (!inputTokens.ok) return inputTokens.reason;
  const outputTokens = readTokens('GeneratedTokens', record.fields[2]);
  if (!outputTokens.ok) return outputTokens.reason;
  return { instant, inputTokens: inputTokens.value, outputTokens: outputTokens.value };
}

function readInstant(text: string): Instant | null {
  const match = TIMESTAMP.exec(text);
  if (match === null) return null;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const epochMs = Date.UTC(year, month - 1, day, hour, minute, second);
  // Date.UTC lets 30 February roll over into March.
  if (new Date(epochMs).toISOString().slice(0, 19) !== text.slice(0, 19).replace(' ', 'T')) return null;
  return { epochSeconds: epochMs / 1_000, ticks: Number((match[7] ?? '').padEnd(7, '0')) };
}

function millisecondsBetween(start: Instant, end: Instant): number {
  const ticks = (end.epochSeconds - start.epochSeconds) * TICKS_PER_SECOND + (end.ticks - start.ticks);
  return ticks / TICKS_PER_MS;
}
