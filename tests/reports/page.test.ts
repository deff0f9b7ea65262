import { Window } from 'happy-dom';
import { describe, expect, it } from 'vitest';
import { drawCharts } from '../../reports/charts/all-charts.ts';
import { htmlPage } from '../../reports/page/page.ts';
import { buildReport } from '../../reports/report-model.ts';
import type { Comparison } from '../../simulator/result.ts';
import { DEGENERATE } from './degenerate-comparisons.ts';
import { fixtureComparison, MANY, RANKED, WEIGHTED } from './fixture-comparison.ts';

async function pageOf(comparison: Comparison): Promise<string> {
  return htmlPage(buildReport(comparison, await drawCharts(comparison)));
}

/** The page as a browser's parser sees it; nothing in it runs or loads. */
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

/** A comparison in which everything that people name is hostile. */
function hostileComparison(): Comparison {
  const comparison = fixtureComparison([{ ...RANKED, name: HOSTILE }, WEIGHTED]);
  return {
    ...comparison,
    scenario: HOSTILE,
    scenarioHash: HOSTILE,
    command: `tokenpool compare '${HOSTILE}'`,
    trace: { ...comparison.trace, name: HOSTILE, sha256: HOSTILE },
    faults: [{ label: HOSTILE, startMs: 0, endMs: 60_000 }],
    policies: comparison.policies.map((run) => ({
      ...run,
      policyHash: HOSTILE,
      budgets: run.budgets.map((budget) => `${budget} ${HOSTILE}`),
      targets: run.targets.map((use) => ({ ...use, target: `${use.target}${HOSTILE}` })),
    })),
    paired: [
      ...comparison.paired,
      { metric: HOSTILE, a: HOSTILE, b: WEIGHTED.name, difference: 1, low95: 0.5, high95: 2, blocks: 30 },
    ],
  };
}

describe('the page', () => {
  it('needs nothing from outside and runs nothing', async () => {
    const html = await pageOf(fixtureComparison());
    expect(html).not.toMatch(/<(?:script|link|img|iframe|object|embed|image|use)\b/i);
    expect(html).not.toMatch(/\b(?:src|srcset|href|action|data)\s*=\s*["'](?!#)/i);
    expect(html).not.toMatch(/url\(|@import|https?:/i);
    expect(html).not.toMatch(/\son[a-z]+\s*=/i);
    expect(html).toContain("default-src 'none'");
  });

  it('has every section, linked from the top, and a drawing for every chart', async () => {
    await parse(await pageOf(fixtureComparison()), (document) => {
      const sections = [...document.querySelectorAll('section')].map((section) => section.id);
      expect(sections).toEqual([
        'key-figures',
        'differences',
        'cost-and-waiting',
        'over-time',
        'failures',
        'breakdown',
        'repeat',
        'definitions',
        'limits',
      ]);
      expect([...document.querySelectorAll('nav a')].map((link) => link.getAttribute('href'))).toEqual(
        sections.map((id) => `#${id}`),
      );
      const figures = [...document.querySelectorAll('figure')];
      expect(figures).toHaveLength(12);
      for (const figure of figures) {
        expect(figure.querySelector('h3')?.textContent.length).toBeGreaterThan(10);
        expect(figure.querySelectorAll('svg[role=img]').length).toBeGreaterThan(0);
      }
    });
  });

  it('can be read without eyes: drawings have words, tables have headers, ids are unique', async () => {
    await parse(await pageOf(fixtureComparison(MANY.slice(0, 3))), (document) => {
      for (const svg of document.querySelectorAll('svg')) {
        if (svg.getAttribute('aria-hidden') === 'true') continue;
        expect(svg.getAttribute('aria-label')?.length ?? 0).toBeGreaterThan(20);
      }
      for (const table of document.querySelectorAll('table')) {
        expect(table.querySelector('caption')).not.toBeNull();
        expect(table.querySelectorAll('thead th:not([scope=col])')).toHaveLength(0);
        for (const row of table.querySelectorAll('tbody tr'))
          expect(row.querySelector('th')?.getAttribute('scope')).toBe('row');
      }
      const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(document.documentElement.getAttribute('lang')).toBe('en');
    });
  });

  it('tells how to repeat the result', async () => {
    const comparison = fixtureComparison();
    await parse(await pageOf(comparison), (document) => {
      const text = document.querySelector('#repeat')?.textContent ?? '';
      expect(document.querySelector('#repeat pre')?.textContent).toBe(comparison.command);
      for (const part of [
        '42',
        comparison.trace.sha256,
        comparison.scenarioHash,
        comparison.policies[0]?.policyHash ?? '?',
      ])
        expect(text).toContain(part);
    });
  });

  it('shades and names the faults in every chart over time', async () => {
    await parse(await pageOf(fixtureComparison()), (document) => {
      for (const id of [
        'load-over-time',
        'first-token-over-time',
        'traffic-share',
        'target-states',
        'failures-over-time',
        'budget-use',
      ]) {
        for (const svg of document.querySelectorAll(`#${id} svg[role=img]`)) {
          expect(svg.innerHTML).toContain('var(--fault)');
          expect(svg.textContent).toContain('borealis down');
          expect(svg.textContent).toContain('429 storm');
        }
      }
    });
  });

  it('takes names for text, whatever they contain', async () => {
    const html = await pageOf(hostileComparison());
    expect(html).not.toMatch(/<script|<img/i);
    await parse(html, (document) => {
      expect(document.querySelectorAll('script, img')).toHaveLength(0);
      expect(document.querySelector('#key-figures-table tbody th')?.textContent).toBe(HOSTILE);
      expect(document.querySelector('#repeat pre')?.textContent).toContain(HOSTILE);
    });
  });

  it('is the same, byte for byte, for the same comparison', async () => {
    const first = await pageOf(fixtureComparison(MANY.slice(0, 3)));
    await pageOf(fixtureComparison());
    expect(await pageOf(fixtureComparison(MANY.slice(0, 3)))).toBe(first);
  });

  it('stays small and complete with eight policies', async () => {
    const html = await pageOf(fixtureComparison(MANY));
    expect(html.length).toBeLessThan(1_500_000);
    await parse(html, (document) => {
      expect(document.querySelectorAll('#traffic-share svg[role=img]')).toHaveLength(8);
      expect(document.querySelectorAll('#key-figures-table tbody tr')).toHaveLength(8);
    });
  });

  it.each(DEGENERATE)('can be written for %s', async (_name, comparison) => {
    const html = await pageOf(comparison);
    expect(html).not.toMatch(/NaN|Infinity|undefined|\[object/);
    expect(html).toContain('How to repeat it');
  });
});
