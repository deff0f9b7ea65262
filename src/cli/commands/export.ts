import { Command, Option } from 'commander';
import { EXPORT_FORMATS, exportFormatOf, type ExportFormat } from '../../log/export-format.ts';
import { exportLog } from '../../log/export-log.ts';
import { LOG_TABLES, type LogTable } from '../../log/schema.ts';
import { printJson } from '../print-json.ts';
import { printNotes } from '../print-notes.ts';

interface ExportOptions {
  readonly out: string;
  readonly table: LogTable;
  readonly format?: ExportFormat;
  readonly json?: boolean;
}

/** `export LOG --out FILE`: a table of a log as Parquet, Arrow or CSV. */
export function exportCommand(): Command {
  return new Command('export')
    .description('write a table of a decision log as Parquet, Arrow IPC or CSV')
    .argument('<log>', 'decision log: the file of a run, or the folder of a live log')
    .requiredOption(
      '--out <file>',
      'file to write; an earlier one is replaced. Its ending names the format: .parquet, .csv, or .arrow, .arrows, .ipc',
    )
    .addOption(new Option('--table <name>', 'table to export').choices(LOG_TABLES).default('decisions'))
    .addOption(new Option('--format <name>', 'format that the ending of --out must name').choices(EXPORT_FORMATS))
    .option('--json', 'print {log, table, format, out, rows, bytes, notes} as JSON')
    .action(runExport);
}

async function runExport(log: string, options: ExportOptions): Promise<void> {
  const { table, out } = options;
  const format = exportFormatOf(out, options.format);
  const summary = await exportLog(log, { table, format, out });
  printNotes(summary.notes);
  if (options.json === true) printJson(summary);
  else process.stdout.write(`${out}: ${summary.rows} rows of ${table}, ${summary.bytes} bytes\n`);
}
