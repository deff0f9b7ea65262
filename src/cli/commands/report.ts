import { basename, extname, join } from 'node:path';
import { Command } from 'commander';
import { readResult } from '../../../reports/read-result.ts';
import { printJson } from '../print-json.ts';

/** Where reports go when nothing else is said; not in version control. */
const DEFAULT_ROOT = join('reports', 'out');

/** `report RESULT.json`: HTML, Markdown, JSON and PNGs from the result of `compare`, `calibrate` or `estimate`. */
export function reportCommand(): Command {
  return new Command('report')
    .description('write a report (HTML, Markdown, JSON, PNG charts) from the result of compare, calibrate or estimate')
    .argument('<result>', 'JSON file written by compare --out, calibrate --result or estimate --out')
    .option('--out <folder>', 'folder of the report; an earlier report there is replaced (default: reports/out/NAME)')
    .option('--json', 'print the paths and the verdict as JSON')
    .action(report);
}

async function report(path: string, options: { readonly out?: string; readonly json?: boolean }): Promise<void> {
  const result = await readResult(path);
  // Drawing needs a document model and a rasterizer: only who draws waits for them to load.
  const { writeReport } = await import('../../../reports/write-report.ts');
  const written = await writeReport(result, options.out ?? join(DEFAULT_ROOT, basename(path, extname(path))));
  if (options.json === true) printJson(written);
  else process.stdout.write(`${written.headline}\n${written.html}\n`);
}
