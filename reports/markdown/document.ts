/** The report as Markdown: summary, tables, and the charts as pictures beside it. */
import type { Chart } from '../charts/chart.ts';
import type { Part, Report } from '../report-model.ts';
import { markdownTable } from './markdown-table.ts';
import { markdownCode, markdownText } from './markdown-text.ts';

/** Paths of the charts are relative to the file: `charts/ID.png`. */
export function markdownDocument(report: Report): string {
  const { summary } = report;
  const blocks = [
    `# ${markdownText(report.title)}`,
    markdownText(report.subtitle),
    `**${markdownText(summary.headline)}**`,
    summary.answers
      .map(
        (answer) =>
          `- **${answer.question} ${markdownText(answer.answer)}.** ${answer.evidence.map(markdownText).join(' ')}`,
      )
      .join('\n'),
    ...(summary.cautions.length === 0 ? [] : [`Be careful:\n\n${bullets(summary.cautions)}`]),
    ...report.sections.flatMap((section) => [
      `## ${markdownText(section.title)}`,
      markdownText(section.intro),
      ...section.parts.map(partText),
    ]),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function partText(part: Part): string {
  switch (part.kind) {
    case 'charts':
      return part.charts.map(chartText).join('\n\n');
    case 'table':
      return markdownTable(part.table);
    case 'command':
      return markdownCode(part.command);
    case 'notes':
      return part.notes.map((note) => `- **${markdownText(note.term)}**: ${markdownText(note.text)}`).join('\n');
    case 'list':
      return bullets(part.items);
    default:
      return part satisfies never;
  }
}

function chartText(chart: Chart): string {
  const heading = `### ${markdownText(chart.title)}`;
  if (chart.panels.length === 0) return heading;
  return `${heading}\n\n${markdownText(chart.sentence)}\n\n![${markdownText(chart.title)}](charts/${chart.id}.png)`;
}

function bullets(items: readonly string[]): string {
  return items.map((item) => `- ${markdownText(item)}`).join('\n');
}
