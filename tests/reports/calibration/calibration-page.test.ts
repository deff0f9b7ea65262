import { Window } from 'happy-dom';
import { describe, expect, it } from 'vitest';
import { calibrationReport } from '../../../reports/calibration/calibration-report.ts';
import { drawCalibrationCharts } from '../../../reports/calibration/charts/calibration-charts.ts';
import { markdownDocument } from '../../../reports/markdown/document.ts';
import { htmlPage } from '../../../reports/page/page.ts';
import { createRasterizer } from '../../../reports/png/rasterize.ts';
import { chartSheet } from '../../../reports/png/sheet.ts';
import type { Report } from '../../../reports/report-model.ts';
import type { Calibration } from '../../../simulator/calibrate/calibration.ts';
import type { GroupFit } from '../../../simulator/calibrate/goodness/goodness.ts';
import { DEGENERATE } from './degenerate-calibrations.ts';
import { fixtureCalibration } from './fixture-calibration.ts';

async function reportOf(calibration: Calibration): Promise<Report> {
  return calibrationReport(calibration, await drawCalibrationCharts(calibration));
}

async function pageOf(calibration: Calibration): Promise<string> {
  return htmlPage(await reportOf(calibration));
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

function hostileCalibration(): Calibration {
  const whole = fixtureCalibration();
  const { holdout } = whole.goodness;
  return {
    ...whole,
    source: { ...whole.source, name: HOSTILE },
    command: HOSTILE,
    scenarioPath: HOSTILE,
    notes: [HOSTILE],
    twins: whole.twins.map((twin) => ({ ...twin, model: `${twin.model}${HOSTILE}` })),
    troubles: whole.troubles.map((trouble) => ({ ...trouble, provider: `${trouble.provider}${HOSTILE}` })),
    goodness: {
      ...whole.goodness,
      holdout: {
        ...holdout,
        targets: holdout.targets.map((group) => ({ ...group, target: `${group.target ?? ''}${HOSTILE}` })),
      },
    },
  };
}

/** Forty targets, as a large pool has. */
function crowdedCalibration(): Calibration {
  const whole = fixtureCalibration();
  const { holdout } = whole.goodness;
  const [first] = holdout.targets as readonly [GroupFit];
  const targets = Array.from({ length: 40 }, (_unused, index) => ({
    ...first,
    target: `provider-${index % 7}.team-key.a-model-with-a-long-name-${index}`,
  }));
  return { ...whole, goodness: { ...whole.goodness, holdout: { ...holdout, targets } } };
}

describe('the page of a calibration', () => {
  it('needs nothing from outside and runs nothing', async () => {
    const html = await pageOf(fixtureCalibration());
    expect(html).not.toMatch(/<(?:script|link|img|iframe|object|embed|image|use)\b/i);
    expect(html).not.toMatch(/\b(?:src|srcset|href|action|data)\s*=\s*["'](?!#)/i);
    expect(html).not.toMatch(/url\(|@import|https?:/i);
    expect(html).toContain("default-src 'none'");
  });

  it('has every section, a drawing for every chart, and words for who cannot see them', async () => {
    await parse(await pageOf(fixtureCalibration()), (document) => {
      const sections = [...document.querySelectorAll('section')].map((section) => section.id);
      expect(sections).toEqual([
        'verdict',
        'waits',
        'failures',
        'trouble',
        'parameters',
        'validation',
        'notes',
        'repeat',
        'definitions',
        'limits',
      ]);
      const figures = [...document.querySelectorAll('figure')];
      expect(figures).toHaveLength(7);
      for (const figure of figures) {
        expect(figure.querySelector('h3')?.textContent.length).toBeGreaterThan(20);
        expect(figure.querySelectorAll('svg[role=img]').length).toBeGreaterThan(0);
      }
      for (const svg of document.querySelectorAll('svg[role=img]'))
        expect(svg.getAttribute('aria-label')?.length ?? 0).toBeGreaterThan(20);
      const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(document.querySelector('.eyebrow')?.textContent).toBe('Token Pool · calibration of twins');
    });
  });

  it('says which targets can be believed and where the fit is wrong', async () => {
    const { summary } = await reportOf(fixtureCalibration());
    expect(summary.headline).toMatch(
      /^On data it has not seen, this fit can be believed for 2 of the 3 targets with rows enough to judge them\. /,
    );
    expect(summary.headline).toMatch(
      /It is off for borealis\.main\.large \(first token p50 2\d\.\d\u00a0% too long, 5\u00a0% allowed; failures 0\.0\u00a0% instead of \d/,
    );
    expect(summary.answers.map(({ question }) => question)).toEqual(['Waits?', 'Failures?', 'Money?']);
  });

  it('shows the figures that it was given', async () => {
    const calibration = fixtureCalibration();
    await parse(await pageOf(calibration), (document) => {
      const cells = [...document.querySelectorAll('#verdicts-table tbody tr')].map((row) =>
        [...row.querySelectorAll('th,td')].map((cell) => cell.textContent),
      );
      expect(cells.map(([target, verdict]) => [target, verdict])).toEqual([
        ['aurora.first.large', 'believed'],
        ['aurora.second.large', 'believed'],
        ['borealis.main.large', 'off'],
      ]);
      const fit = calibration.goodness.holdout.targets[2]!.metrics[0]!;
      expect(cells[2]![3]).toBe(`+${(fit.quantiles[0]!.relativeError! * 100).toFixed(1)}\u00a0%`);
      expect(cells[2]![6]).toBe(fit.ks!.toFixed(3));
      expect(document.querySelector('#families-table')?.textContent).toContain('could not be fitted');
      expect(document.querySelector('#notes')?.textContent).toContain('borealis large: no first token took longer');
      expect(document.querySelector('#repeat pre')?.textContent).toBe(calibration.command);
      expect(document.querySelector('#repeat-table')?.textContent).toContain('2026-05-01 06:00:00 UTC');
    });
  });

  it('says of limits how many refusals they rest on, and says notes that twins share once', async () => {
    const whole = fixtureCalibration();
    const without = { rateLimit: { requestsPerMinute: null, tokensPerMinute: null, retryAfter: true } };
    const intervals = { requestsPerMinute: null, tokensPerMinute: null };
    const cellsOf = async (limited: number, tooFew: boolean): Promise<string> => {
      const twins = whole.twins.map((twin) => ({
        ...twin,
        rateLimit: { ...without, intervals, limited, tooFew, notes: [] },
      }));
      return parse(
        await pageOf({ ...whole, twins }),
        (document) => document.querySelector('#limits-and-prices-table')?.textContent ?? '',
      );
    };
    expect(await cellsOf(2, true)).toContain('no limit found: only 2 refusals');
    expect(await cellsOf(90, false)).toContain('no limit fits 90 refusals');
    expect(await cellsOf(0, false)).toContain('none seen');
    await parse(await pageOf(whole), (document) => {
      const notes = [...document.querySelectorAll('#notes li')].map((item) => item.textContent);
      expect(notes).toContain('aurora large, borealis large: no first token took longer than 20 s');
      expect(notes).toContain('borealis: no failures came in spells');
    });
  });

  it('lets no name become markup, in page, Markdown or pictures', async () => {
    const charts = await drawCalibrationCharts(hostileCalibration());
    const report = calibrationReport(hostileCalibration(), charts);
    expect(htmlPage(report)).not.toMatch(/<script>|<img|&nbsp;(?!-)/);
    expect(markdownDocument(report).replaceAll(/```\n.*\n```/g, '')).not.toContain('<script>');
    const rasterize = createRasterizer(false);
    for (const chart of Object.values(charts)) expect(rasterize(chartSheet(chart) ?? '').length).toBeGreaterThan(5_000);
  });

  it('stays readable with forty targets', async () => {
    await parse(await pageOf(crowdedCalibration()), (document) => {
      expect(document.querySelectorAll('#quantile-pairs svg[role=img]')).toHaveLength(12);
      expect(document.querySelectorAll('#verdicts-table tbody tr')).toHaveLength(40);
    });
  });

  it('is the same for the same calibration', async () => {
    expect(await pageOf(fixtureCalibration())).toBe(await pageOf(fixtureCalibration()));
  });

  it.each(DEGENERATE)('can be written for %s', async (_name, calibration) => {
    const report = await reportOf(calibration);
    for (const text of [htmlPage(report), markdownDocument(report)]) {
      expect(text).not.toMatch(/NaN|Infinity|undefined|\[object|null/);
      expect(text).toContain('How to repeat it');
    }
    expect(report.summary.headline.length).toBeGreaterThan(40);
    const rasterize = createRasterizer(false);
    for (const chart of report.sections.flatMap(({ parts }) =>
      parts.flatMap((part) => (part.kind === 'charts' ? part.charts : [])),
    )) {
      expect(chart.title.length).toBeGreaterThan(20);
      const sheet = chartSheet(chart);
      if (sheet !== null) expect(rasterize(sheet).length).toBeGreaterThan(2_000);
    }
  });
});
