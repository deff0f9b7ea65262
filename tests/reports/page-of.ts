/** What tests ask of any page. */
import { Window } from 'happy-dom';
import { markdownDocument } from '../../reports/markdown/document.ts';
import { htmlPage } from '../../reports/page/page.ts';
import { createRasterizer } from '../../reports/png/rasterize.ts';
import { chartSheet } from '../../reports/png/sheet.ts';
import { chartsOf, type Report } from '../../reports/report-model.ts';
import { expect } from 'vitest';

export const HOSTILE = '<script>alert(1)</script>"\'&nbsp;--><img src=x onerror=alert(2)>';

/** The page as a browser's parser sees it; nothing in it runs or loads. */
export async function parsePage<T>(html: string, read: (document: Window['document']) => T): Promise<T> {
  const window = new Window();
  window.document.write(html);
  try {
    return read(window.document);
  } finally {
    await window.happyDOM.close();
  }
}

/** Nothing from outside, words for who cannot see, one place for an id, no value that is none. */
export async function expectSoundPage(report: Report): Promise<void> {
  const html = htmlPage(report);
  expect(html).not.toMatch(/<(?:script|link|img|iframe|object|embed|image|use)\b/i);
  expect(html).not.toMatch(/\b(?:src|srcset|href|action|data)\s*=\s*["'](?!#)/i);
  expect(html).not.toMatch(/url\(|@import/i);
  await parsePage(html, (document) => {
    for (const svg of document.querySelectorAll('svg[role=img]'))
      expect(svg.getAttribute('aria-label')?.length ?? 0).toBeGreaterThan(20);
    const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
    expect(new Set(ids).size).toBe(ids.length);
  });
  for (const text of [html, markdownDocument(report)]) {
    expect(text).not.toMatch(/NaN|Infinity|undefined|\[object|\bnull\b/);
    expect(text).toContain('How to repeat it');
  }
  expect(report.summary.headline.length).toBeGreaterThan(40);
}

/** Every chart has words and, where there is something to draw, a picture. */
export function expectPictures(report: Report): void {
  const rasterize = createRasterizer(false);
  for (const chart of chartsOf(report)) {
    expect(chart.title.length).toBeGreaterThan(20);
    const sheet = chartSheet(chart);
    if (sheet !== null) expect(rasterize(sheet).length).toBeGreaterThan(2_000);
  }
}

/** Cells of a table of the page, row by row. */
export async function cellsOf(report: Report, id: string): Promise<string[][]> {
  return parsePage(htmlPage(report), (document) =>
    [...document.querySelectorAll(`#${id}-table tbody tr`)].map((row) =>
      [...row.querySelectorAll('th,td')].map((cell) => cell.textContent),
    ),
  );
}
