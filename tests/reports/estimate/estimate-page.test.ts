import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Window } from 'happy-dom';
import { afterAll, describe, expect, it } from 'vitest';
import { drawEstimateChart, estimateReport } from '../../../reports/estimate/estimate-report.ts';
import { parseEstimate } from '../../../reports/estimate/read-estimate.ts';
import { markdownDocument } from '../../../reports/markdown/document.ts';
import { htmlPage } from '../../../reports/page/page.ts';
import { readResult } from '../../../reports/read-result.ts';
import { writeReport } from '../../../reports/write-report.ts';
import type { PolicyEstimate } from '../../../simulator/estimate/policy-estimate.ts';
import { IDENTIFIABLE, NOT_IDENTIFIABLE } from './fixture-estimates.ts';

const folder = mkdtempSync(join(tmpdir(), 'tokenpool-estimate-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const reportOf = async (estimate: PolicyEstimate) => estimateReport(estimate, await drawEstimateChart(estimate));

async function parse<T>(html: string, read: (document: Window['document']) => T): Promise<T> {
  const window = new Window();
  window.document.write(html);
  try {
    return read(window.document);
  } finally {
    await window.happyDOM.close();
  }
}

const HOSTILE = '<script>alert(1)</script>"\'&nbsp;--><img src=x onerror=alert(2)>';

describe('the page of an estimate', () => {
  it('shows a panel a metric, every estimator, the gates and the verdict', async () => {
    const report = await reportOf(IDENTIFIABLE);
    expect(report.summary.headline).toMatch(/^candidate\.yaml would be a trade: better in cost per 1,000 requests/);
    expect(report.summary.answers.map(({ question, answer }) => [question, answer])).toEqual([
      ['Steadier?', 'No clear difference'],
      ['Cheaper?', 'Yes'],
      ['Faster?', 'No, worse'],
      ['Soon enough?', 'No clear difference'],
    ]);
    await parse(htmlPage(report), (document) => {
      const panels = [...document.querySelectorAll('#estimator-intervals svg[role=img]')];
      expect(panels).toHaveLength(4);
      expect(panels[1]!.getAttribute('aria-label')).toMatch(
        /^Cost per 1,000 requests: the log’s policy \$4\.20, .*IPS .*SNIPS .*doubly robust \$3\.10, 95\u00a0% interval \$2\.90 to \$3\.30; SWITCH-DR/,
      );
      expect(panels[1]!.textContent).toContain('SWITCH-DR');
      expect(document.querySelector('#gates-table')?.textContent).toContain('at least 500');
      expect(document.querySelectorAll('#gates-table tbody tr')).toHaveLength(4);
      expect(document.querySelector('#notes')?.textContent).toContain('12 requests without an end');
    });
  });

  it('has no figure of what cannot be told, but the reason and what it takes', async () => {
    const report = await reportOf(NOT_IDENTIFIABLE);
    expect(report.summary.headline).toMatch(
      /^This log speaks neither for nor against .* The reason: the decisions say/,
    );
    await parse(htmlPage(report), (document) => {
      expect(document.querySelectorAll('#estimator-intervals svg')).toHaveLength(0);
      expect(document.querySelector('#values-table')?.textContent).not.toContain('SNIPS');
      expect(document.querySelector('#gates')?.textContent).toContain('with explorationRate 0.05 they would be enough');
    });
  });

  it('lets no name become markup, and leaves nothing undefined', async () => {
    const hostile = { ...IDENTIFIABLE, policy: HOSTILE, log: HOSTILE, notes: [HOSTILE] };
    const single = { ...IDENTIFIABLE, metrics: IDENTIFIABLE.metrics.slice(0, 1) };
    const nothing = { value: null, low95: null, high95: null };
    const unseen = { ...IDENTIFIABLE, metrics: IDENTIFIABLE.metrics.map((each) => ({ ...each, logging: nothing })) };
    for (const estimate of [hostile, single, unseen, IDENTIFIABLE, NOT_IDENTIFIABLE]) {
      const report = await reportOf(estimate);
      expect(htmlPage(report)).not.toMatch(/<script>|<img|&nbsp;(?!-)/);
      expect(htmlPage(report)).not.toMatch(/NaN|Infinity|undefined|\[object/);
      expect(markdownDocument(report)).not.toMatch(/<script>|NaN|undefined/);
    }
  });
});

describe('the result of estimate', () => {
  it('is read back, and written as page, Markdown, JSON and picture', async () => {
    const path = join(folder, 'estimate.json');
    writeFileSync(path, JSON.stringify(IDENTIFIABLE));
    const result = await readResult(path);
    expect(result).toEqual(IDENTIFIABLE);
    const written = await writeReport(result, join(folder, 'report'));
    expect(written.charts).toHaveLength(1);
    expect(JSON.parse(readFileSync(written.json, 'utf8'))).toHaveProperty('estimate', IDENTIFIABLE);
    expect(readFileSync(written.markdown, 'utf8')).toContain('charts/estimator-intervals.png');
  });

  it.each([
    [{ ...IDENTIFIABLE, formatVersion: 2 }, /^x: formatVersion: expected 1, got 2; another version/],
    [{ ...IDENTIFIABLE, metrics: [] }, /^x: metrics: expected a list of >= 1 entries, got an empty list/],
    [{ ...IDENTIFIABLE, gates: undefined }, /^x: gates: missing; expected a list; it was changed, or/],
  ])('that is broken is refused in one plain line, %#', (value, message) => {
    expect(() => parseEstimate(JSON.stringify(value), 'x')).toThrow(message);
    expect(() => parseEstimate(JSON.stringify(value), 'x')).toThrow(
      /give a file written by `tokenpool estimate --out`$/,
    );
  });
});
