import { describe, expect, it } from 'vitest';
import { drawCharts } from '../../reports/charts/all-charts.ts';
import { markdownDocument } from '../../reports/markdown/document.ts';
import { markdownTable } from '../../reports/markdown/markdown-table.ts';
import { markdownCode, markdownText } from '../../reports/markdown/markdown-text.ts';
import { buildReport } from '../../reports/report-model.ts';
import { leftColumn, rightColumn } from '../../reports/tables/table.ts';
import { DEGENERATE } from './degenerate-comparisons.ts';
import { fixtureComparison } from './fixture-comparison.ts';

describe('Markdown', () => {
  it('writes tables with aligned columns, and no letter of a name means anything', () => {
    const table = {
      id: 'x',
      caption: 'Prices',
      columns: [leftColumn('Policy'), rightColumn('Cost')],
      rows: [
        ['a|b_c', '$1'],
        ['<script>', '$2'],
      ],
      paints: [],
    };
    expect(markdownTable(table)).toBe(
      '**Prices**\n\n| Policy | Cost |\n| --- | ---: |\n| a\\|b\\_c | $1 |\n| &lt;script&gt; | $2 |',
    );
    expect(markdownTable({ ...table, rows: [] })).toBe('');
  });

  it('keeps text on one line and code in a fence that it cannot leave', () => {
    expect(markdownText('one\n# two')).toBe('one \\# two');
    expect(markdownCode('a ```` b')).toBe('`````\na ```` b\n`````');
  });

  it('has the summary, every table with as many cells as columns, and every chart', async () => {
    const comparison = fixtureComparison();
    const text = markdownDocument(buildReport(comparison, await drawCharts(comparison)));
    expect(text).toContain('**weighted costs 12.0\u00a0% less; ranked answers 20.6\u00a0% sooner');
    expect([...text.matchAll(/!\[[^\n]*\]\(charts\/[a-z-]+\.png\)/g)]).toHaveLength(12);
    expect(text).toContain(`\`\`\`\n${comparison.command}\n\`\`\``);
    const widths = text
      .split('\n\n')
      .filter((block) => block.startsWith('|'))
      .map((block) => new Set(block.split('\n').map((line) => line.replaceAll('\\|', '').split('|').length)));
    expect(widths).toHaveLength(6);
    for (const width of widths) expect(width.size).toBe(1);
  });

  it.each(DEGENERATE)('can be written for %s', async (_name, comparison) => {
    const text = markdownDocument(buildReport(comparison, await drawCharts(comparison)));
    expect(text).not.toMatch(/NaN|Infinity|undefined|\[object/);
  });
});
