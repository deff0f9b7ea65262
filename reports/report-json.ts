/** The report for programs: what the page says, and the result that it was made from, under the name of its kind. */
import type { Calibration } from '../simulator/calibrate/calibration.ts';
import type { PolicyEstimate } from '../simulator/estimate/policy-estimate.ts';
import type { Comparison } from '../simulator/result.ts';
import { chartsOf, type Report } from './report-model.ts';

/** A JSON document with a line end; the same report gives the same bytes. */
export function reportJson(report: Report, result: Comparison | Calibration | PolicyEstimate): string {
  const tables = report.sections.flatMap((section) =>
    section.parts.flatMap((part) => (part.kind === 'table' ? [part.table] : [])),
  );
  const document = {
    kind: 'report',
    formatVersion: 1,
    title: report.title,
    subtitle: report.subtitle,
    summary: report.summary,
    charts: chartsOf(report).map((chart) => ({
      id: chart.id,
      title: chart.title,
      sentence: chart.sentence,
      file: chart.panels.length === 0 ? null : `charts/${chart.id}.png`,
    })),
    tables: tables.map((table) => ({
      id: table.id,
      caption: table.caption,
      columns: table.columns.map((column) => column.title),
      rows: table.rows,
    })),
    [result.kind]: result,
  };
  return `${JSON.stringify(document, null, 1)}\n`;
}
