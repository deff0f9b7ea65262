/** Writes one table of a log to a file of another format. */
import { randomBytes } from 'node:crypto';
import { open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { BadInput } from '../config/bad-input.ts';
import { noteUnfinished } from '../config/unfinished-files.ts';
import type { ExportFormat } from './export-format.ts';
import { allRows, type OpenLogSources } from './log-source.ts';
import { openLogSources } from './open-log-sources.ts';
import { asReadingTrouble } from './reading-trouble.ts';
import { LOG_COLUMNS, LOG_ORDER, type LogTable } from './schema.ts';
import { sqlText } from './sql-text.ts';

export interface ExportRequest {
  readonly table: LogTable;
  readonly format: ExportFormat;
  /** Replaced when it exists. */
  readonly out: string;
}

export interface ExportSummary extends ExportRequest {
  readonly log: string;
  readonly rows: number;
  readonly bytes: number;
  /** What a reader of the log should know, see `LogReader`. */
  readonly notes: readonly string[];
}

/**
 * Exports a table of a log file or of a live log's folder, in the order of the log. The file appears when it is whole.
 * CSV has no lists, so the candidates of a decision stand there as JSON.
 *
 * @throws BadInput when the log cannot be read or the file cannot be written
 */
export async function exportLog(log: string, request: ExportRequest): Promise<ExportSummary> {
  const { table, format, out } = request;
  const folder = await stat(dirname(out)).catch(() => null);
  if (folder?.isDirectory() !== true) {
    throw new BadInput(`${out}: the folder ${dirname(out)} does not exist; create it first`);
  }
  await requireReplaceable(out, table, format);
  const temporary = noteUnfinished(join(dirname(out), `.${basename(out)}.${randomBytes(4).toString('hex')}.tmp`));
  const opened = await openLogSources(log, temporary);
  try {
    const rows = await countRows(opened, table);
    await (format === 'arrow' ? writeArrow(opened, table, temporary) : copy(opened, request, temporary));
    await rename(temporary, out);
    return { log, ...request, rows, bytes: (await stat(out)).size, notes: opened.notes };
  } catch (error) {
    throw asReadingTrouble(log, error);
  } finally {
    opened.file.close();
    await rm(temporary, { force: true });
  }
}

/** What is there may be somebody's only copy of something, unless it is an earlier export. */
async function requireReplaceable(out: string, table: LogTable, format: ExportFormat): Promise<void> {
  const existing = await stat(out).catch(() => null);
  if (existing === null || (existing.isFile() && existing.size === 0)) return;
  if (!existing.isFile()) throw new BadInput(`${out}: is not a file; choose another name`);
  const expected = Buffer.from(format === 'csv' ? Object.keys(LOG_COLUMNS[table]).join(',') : FIRST_BYTES[format]);
  const file = await open(out, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(expected.length), 0, expected.length, 0);
    if (bytesRead === expected.length && buffer.equals(expected)) return;
  } finally {
    await file.close();
  }
  throw new BadInput(`${out}: exists and is no earlier export of ${table} as ${format}; name another file`);
}

const FIRST_BYTES = { parquet: Buffer.from('PAR1'), arrow: Buffer.from([0xff, 0xff, 0xff, 0xff]) } as const;

async function countRows({ file, sources }: OpenLogSources, table: LogTable): Promise<number> {
  let rows = 0;
  for (const source of sources) {
    const from = source.from(table);
    if (from === null) continue;
    rows += Number((await file.connection.runAndReadAll(`SELECT count(*) FROM ${from}`)).getRows()[0]?.[0]);
  }
  return rows;
}

async function copy(opened: OpenLogSources, { table, format }: ExportRequest, path: string): Promise<void> {
  const names = Object.keys(LOG_COLUMNS[table]);
  const shown = names.map((name) =>
    format === 'csv' && name === 'candidates' ? 'CAST(to_json(candidates) AS VARCHAR) AS candidates' : `"${name}"`,
  );
  const settings = format === 'csv' ? 'FORMAT csv, HEADER' : 'FORMAT parquet, COMPRESSION zstd';
  await opened.file.connection.run(
    `COPY (SELECT ${shown.join(', ')} FROM (${allRows(table, opened.sources)}) ORDER BY ${LOG_ORDER[table].join(', ')}) TO ${sqlText(path)} (${settings})`,
  );
}

async function writeArrow({ file, sources }: OpenLogSources, table: LogTable, path: string): Promise<void> {
  const out = await open(path, 'w');
  try {
    // Arrow's library is large, and most commands never need it.
    const { arrowStream } = await import('./arrow-stream.ts');
    for await (const piece of arrowStream(file, sources, { table })) await out.writeFile(piece);
  } finally {
    await out.close();
  }
}
