import { BadInput } from '../../src/config/bad-input.ts';
import { OUTCOME_KINDS, type OutcomeKind } from '../../src/router/contract.ts';
import type { Steering } from '../../src/router/index.ts';
import { readSteering } from '../steering-text.ts';
import { isTraceColumn, TRACE_COLUMNS, type TraceColumnName } from '../trace-columns.ts';
import type { RecordedOutcome, TraceRow } from '../trace.ts';
import { readCsvRecords } from './csv-records.ts';
import { quote, readNumber, readTokens, type Field } from './fields.ts';
import { numberedId, type AssumedRequest, type Importer } from './importer.ts';
import { isSteeringColumn, readSteeringColumns, STEERING_COLUMNS, type SteeringColumn } from './steering-columns.ts';

export const TIME_UNITS = ['ms', 's', 'us', 'iso'] as const;
/** Unit of the arrival column; `iso` is a date and time such as 2024-05-01T12:00:00.250Z. */
export type TimeUnit = (typeof TIME_UNITS)[number];

export interface CsvOptions extends AssumedRequest {
  /** Canonical column -> column of the file; columns that bear a canonical name need no entry. */
  readonly map: Readonly<Record<string, string>>;
  readonly timeUnit: TimeUnit;
}

const REQUIRED = ['arrival_ms', 'input_tokens', 'output_tokens'] as const;

const ISO = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/;

/** What a column of the file can be: one of the trace, or one of those that make up its `steering`. */
type CsvColumn = TraceColumnName | SteeringColumn;

/** Reads the text of a column; undefined where the file has no such column or the field is empty. */
type Cells = (column: CsvColumn) => string | undefined;

/**
 * Any CSV file with a header. Arrivals may be in any unit and count from anywhere: the writer shifts them to start at
 * 0. Ids are made from the line number where the file has none.
 *
 * @throws BadInput for a mapping that names unknown columns
 */
export const importCsv: Importer<CsvOptions> = async function* (files, options, rejects) {
  const ids = new Set<string>();
  let number = 0;
  for (const file of files) {
    let positions: ReadonlyMap<CsvColumn, number> | undefined;
    let width = 0;
    for await (const records of readCsvRecords(file, rejects)) {
      const rows: TraceRow[] = [];
      for (const { line, fields } of records) {
        if (positions === undefined) {
          positions = resolveColumns(file, fields, options.map);
          width = fields.length;
          continue;
        }
        number++;
        const found = positions;
        const isSteered = STEERING_COLUMNS.some((column) => found.has(column));
        const cells: Cells = (column) => {
          const text = fields[found.get(column) ?? -1];
          return text === undefined || text.trim() === '' ? undefined : text.trim();
        };
        const row =
          fields.length === width
            ? readRow(cells, options, numberedId('csv', number), isSteered)
            : `${fields.length} fields in place of ${width}`;
        if (typeof row === 'string') rejects.reject(file, line, row);
        else if (ids.has(row.requestId))
          rejects.reject(file, line, `request_id ${quote(row.requestId)} was used before`);
        else {
          if (found.has('request_id')) ids.add(row.requestId);
          rows.push(row);
        }
      }
      yield rows;
    }
  }
};

function resolveColumns(
  file: string,
  header: readonly string[],
  map: Readonly<Record<string, string>>,
): ReadonlyMap<CsvColumn, number> {
  const names = header.map((name) => name.trim());
  const positions = new Map<CsvColumn, number>();
  for (const [canonical, source] of Object.entries(map)) {
    if (!isCsvColumn(canonical)) {
      throw new BadInput(
        `--map: ${canonical} is no canonical column; known are ${[...TRACE_COLUMNS.map((column) => column.name), ...STEERING_COLUMNS].join(', ')}`,
      );
    }
    const position = names.indexOf(source);
    if (position < 0)
      throw new BadInput(
        `${file}:1: there is no column ${quote(source)} for ${canonical}; the file has ${names.join(', ')}`,
      );
    positions.set(canonical, position);
  }
  for (const [position, name] of names.entries()) {
    if (isCsvColumn(name) && !positions.has(name)) positions.set(name, position);
  }
  const missing = REQUIRED.filter((name) => !positions.has(name));
  if (missing.length > 0) {
    const hint = missing.map((name) => `${name}=COLUMN`).join(',');
    throw new BadInput(
      `${file}:1: no column for ${missing.join(', ')}; add --map ${hint} (the file has ${names.join(', ')})`,
    );
  }
  return positions;
}

function isCsvColumn(name: string): name is CsvColumn {
  return isTraceColumn(name) || isSteeringColumn(name);
}

/** Ends the reading of a row with a reason; caught where the row is rejected. */
class UnreadableField extends Error {}

function must<T>(field: Field<T>): T {
  if (field.ok) return field.value;
  throw new UnreadableField(field.reason);
}

/** @param isSteered the file has columns of plain words that make up steering */
function readRow(cells: Cells, options: CsvOptions, madeUpId: string, isSteered: boolean): TraceRow | string {
  try {
    const requestId = cells('request_id') ?? madeUpId;
    const sessionId = cells('session_id') ?? null;
    const clientKey = cells('client_key') ?? options.clientKey;
    return {
      arrivalMs: must(readArrival(cells('arrival_ms'), options.timeUnit)),
      requestId,
      sessionId,
      clientKey,
      protocol: cells('protocol') ?? options.protocol,
      model: cells('model') ?? options.model,
      declaredClass: cells('class') ?? null,
      declaredPriority: cells('priority') ?? null,
      inputTokens: must(readTokens('input_tokens', cells('input_tokens'))),
      outputTokens: must(readTokens('output_tokens', cells('output_tokens'))),
      maxOutputTokens: optional(cells, 'max_output_tokens', readTokens),
      stream: optional(cells, 'stream', readFlag) ?? options.stream,
      hasTools: optional(cells, 'has_tools', readFlag) ?? false,
      hasImage: optional(cells, 'has_image', readFlag) ?? false,
      prefixBlocks: optional(cells, 'prefix_blocks', readBlocks),
      steering: must(readSteeringOfRow(cells, { requestId, sessionId, clientKey }, isSteered)),
      recorded: readRecorded(cells),
    };
  } catch (error) {
    if (error instanceof UnreadableField) return error.message;
    throw error;
  }
}

function optional<T>(cells: Cells, name: TraceColumnName, read: (name: string, text: string) => Field<T>): T | null {
  const text = cells(name);
  return text === undefined ? null : must(read(name, text));
}

/** As JSON in the column `steering`, or in columns of plain words. */
function readSteeringOfRow(
  cells: Cells,
  ids: Pick<TraceRow, 'requestId' | 'sessionId' | 'clientKey'>,
  isSteered: boolean,
): Field<Steering | null> {
  const text = cells('steering');
  if (text === undefined) return readSteeringColumns(cells, ids, isSteered);
  const beside = STEERING_COLUMNS.find((column) => cells(column) !== undefined);
  if (beside !== undefined)
    return { ok: false, reason: `steering stands beside ${beside}; a row takes one or the other` };
  const read = readSteering(text);
  return read.ok ? read : { ok: false, reason: `steering: ${read.reason}` };
}

function readRecorded(cells: Cells): RecordedOutcome | null {
  const recorded: RecordedOutcome = {
    target: cells('target') ?? null,
    propensity: optional(cells, 'propensity', inRange(0, 1, true)),
    kind: optional(cells, 'kind', readKind),
    status: optional(cells, 'status', inRange(100, 599, false)),
    firstTokenMs: optional(cells, 'first_token_ms', inRange(0, Infinity, false)),
    durationMs: optional(cells, 'duration_ms', inRange(0, Infinity, false)),
    costUsd: optional(cells, 'cost_usd', inRange(0, Infinity, false)),
  };
  return Object.values(recorded).every((value) => value === null) ? null : recorded;
}

function readArrival(text: string | undefined, unit: TimeUnit): Field<number> {
  if (unit === 'iso') {
    // Without a zone, UTC: the reader's own zone would jump by an hour twice a year.
    const zone = text !== undefined && /\d(Z|[+-]\d\d:?\d\d)$/.test(text) ? '' : 'Z';
    const epochMs = text !== undefined && ISO.test(text) ? Date.parse(text.replace(' ', 'T') + zone) : NaN;
    if (Number.isFinite(epochMs)) return { ok: true, value: epochMs };
    return { ok: false, reason: `arrival_ms is ${quote(text)}, but has to be a date and time (--time-unit iso)` };
  }
  const read = readNumber('arrival_ms', text);
  if (!read.ok) return read;
  const msPerUnit = { ms: 1, s: 1_000, us: 0.001 }[unit];
  return { ok: true, value: read.value * msPerUnit };
}

function readFlag(name: string, text: string): Field<boolean> {
  if (/^(true|1|yes)$/i.test(text)) return { ok: true, value: true };
  if (/^(false|0|no)$/i.test(text)) return { ok: true, value: false };
  return { ok: false, reason: `${name} is ${quote(text)}, but has to be true or false` };
}

function readBlocks(name: string, text: string): Field<readonly number[]> {
  const blocks = text
    .replaceAll(/[[\]]/g, ' ')
    .trim()
    .split(/[\s,;]+/)
    .filter((block) => block !== '');
  const numbers = blocks.map((block) => (/^\d+$/.test(block) ? Number(block) : NaN));
  if (numbers.every(Number.isSafeInteger)) return { ok: true, value: numbers };
  return { ok: false, reason: `${name} is ${quote(text)}, but has to be whole numbers, separated by spaces` };
}

function readKind(name: string, text: string): Field<OutcomeKind> {
  const kind = OUTCOME_KINDS.find((known) => known === text);
  if (kind !== undefined) return { ok: true, value: kind };
  return { ok: false, reason: `${name} is ${quote(text)}, but has to be one of ${OUTCOME_KINDS.join(', ')}` };
}

function inRange(min: number, max: number, minExcluded: boolean) {
  return (name: string, text: string): Field<number> => {
    const read = readNumber(name, text);
    if (!read.ok) return read;
    const { value } = read;
    if (value > min && value <= max) return read;
    if (value === min && !minExcluded) return read;
    const range = `${minExcluded ? 'above' : 'from'} ${min}${max === Infinity ? '' : ` up to ${max}`}`;
    return { ok: false, reason: `${name} is ${quote(text)}, but has to be ${range}` };
  };
}
