import { existsSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { Command } from 'commander';
import { readResult } from '../../../reports/read-result.ts';
import type { ReportedResult } from '../../../reports/report-result.ts';
import { BadInput } from '../../config/bad-input.ts';
import { STATE_FILE } from '../../policies/promotion-store.ts';
import { printJson } from '../print-json.ts';
import { measureForReport } from '../promotion/measured-report.ts';
import { seedOption } from '../seed-option.ts';

/** Where reports go when nothing else is said; not in version control. */
const DEFAULT_ROOT = join('reports', 'out');

interface ReportOptions {
  readonly promotion?: string;
  readonly log?: string;
  readonly trace?: string;
  readonly seed: number;
  readonly out?: string;
  readonly json?: boolean;
}

/**
 * `report RESULT.json`: HTML, Markdown, JSON and PNGs from the result of another command. `report --promotion ID --log LOG`:
 * the same of a promotion, out of the log's folder, where the proxy keeps its promotions.
 */
export function reportCommand(): Command {
  return new Command('report')
    .description(
      'write a report (HTML, Markdown, JSON, PNG charts) from the result of compare, calibrate, estimate or tune; or, with --log, of what a promoted policy promised and what came',
    )
    .argument(
      '[result]',
      'JSON file written by compare --out, calibrate --result, estimate --out or tune --result; with --log: the promotion, as GET /admin/policies answers (default: what the proxy keeps beside that log)',
    )
    .option('--log <log>', 'decision log of the proxy: hold what was promised against what is in it')
    .option('--promotion <id>', 'which promotion, where there are several')
    .option('--trace <file>', 'the trace that the policy was tuned on, to hold the mix of requests against its own')
    .addOption(seedOption())
    .option('--out <folder>', 'folder of the report; an earlier report there is replaced (default: reports/out/NAME)')
    .option('--json', 'print the paths and the verdict as JSON')
    .action(report);
}

async function report(given: string | undefined, options: ReportOptions): Promise<void> {
  const path = given ?? promotionsBeside(options.log);
  const result = await resultOf(path, options);
  // Drawing needs a document model and a rasterizer: only who draws waits for them to load.
  const { writeReport } = await import('../../../reports/write-report.ts');
  const written = await writeReport(result, options.out ?? join(DEFAULT_ROOT, nameOf(path, options)));
  if (options.json === true) printJson(written);
  else process.stdout.write(`${written.headline}\n${written.html}\n`);
}

/** @throws BadInput when there is nothing that a report could be made of */
function promotionsBeside(log: string | undefined): string {
  if (log === undefined) {
    throw new BadInput('report: name the JSON file of a result, or a promotion and its log: --promotion ID --log LOG');
  }
  const path = join(log, STATE_FILE);
  if (existsSync(path)) return path;
  throw new BadInput(
    `${log}: has no ${STATE_FILE}, in which the proxy keeps its promotions; give the folder of the proxy's log, or name the promotion's JSON file: report FILE --log ${log}`,
  );
}

/** Several promotions may come out of one file. */
function nameOf(path: string, { promotion }: ReportOptions): string {
  const name = basename(path, extname(path));
  return promotion === undefined ? name : `${name}-${promotion}`;
}

async function resultOf(path: string, { log, promotion, trace, seed }: ReportOptions): Promise<ReportedResult> {
  if (log !== undefined) {
    return measureForReport({ path, id: promotion ?? null, log, trace: trace ?? null, seed });
  }
  if (promotion !== undefined || trace !== undefined) {
    throw new BadInput(
      `${promotion === undefined ? '--trace' : '--promotion'}: is for a promotion that is held against a log; name that with --log`,
    );
  }
  return readResult(path);
}
