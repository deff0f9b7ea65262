import { describe, expect, it } from 'vitest';
import { markdownDocument } from '../../../reports/markdown/document.ts';
import { htmlPage } from '../../../reports/page/page.ts';
import { chartsOf, type Report } from '../../../reports/report-model.ts';
import { drawTuningCharts } from '../../../reports/tuning/charts/tuning-charts.ts';
import { tuningReport } from '../../../reports/tuning/tuning-report.ts';
import type { TuningResult } from '../../../simulator/tune/tuning-result.ts';
import { cellsOf, expectPictures, expectSoundPage, HOSTILE, parsePage } from '../page-of.ts';
import { DEGENERATE, degenerate } from './degenerate-tunings.ts';
import { fixtureTuning } from './fixture-tuning.ts';

async function reportOf(result: TuningResult): Promise<Report> {
  return tuningReport(result, await drawTuningCharts(result));
}

describe('the page of a tuning', () => {
  it('opens on the verdict, has every section and a drawing for every chart', async () => {
    const report = await reportOf(await fixtureTuning());
    await expectSoundPage(report);
    expectPictures(report);
    expect(chartsOf(report).map(({ id }) => id)).toEqual([
      'predicted-differences',
      'pareto-front',
      'knob-importance',
      'knob-slices',
      'by-hour',
      'by-class',
    ]);
    for (const chart of chartsOf(report)) expect(chart.panels.length).toBeGreaterThan(0);
    await parsePage(htmlPage(report), (document) => {
      expect([...document.querySelectorAll('section')].map(({ id }) => id)).toEqual([
        'difference',
        'changes',
        'trade-off',
        'knobs',
        'parts',
        'evidence',
        'repeat',
        'definitions',
        'limits',
      ]);
      expect(document.querySelector('.verdict')?.textContent).toBe(report.summary.headline);
    });
  });

  it('says what was found, in words that follow the intervals', async () => {
    const whole = await fixtureTuning();
    const cost = whole.predicted.holdout.find(({ metric }) => metric === 'cost')!;
    const { summary } = await reportOf(whole);
    const isBetter = cost.difference.high95! < 0;
    expect(whole.verdict).toBe(isBetter ? 'better' : 'no-better');
    expect(summary.headline).toMatch(
      isBetter
        ? /^A better policy was found: tuned in place of weighted\./
        : /^No better policy was found; weighted stays\./,
    );
    expect(summary.answers.map(({ question }) => question)).toEqual([
      'Better?',
      'Within the limits?',
      'What is different?',
    ]);
    expect(summary.answers[0]!.evidence.join(' ')).toMatch(
      /Sought: the least cost per 1,000 requests, with time to the first token \(p95\) at most .* and share of requests answered at least 97\.00\u00a0%\./,
    );
    const turned: TuningResult = { ...whole, verdict: 'no-better', why: 'its interval holds zero' };
    expect((await reportOf(turned)).summary.headline).toBe(
      'No better policy was found; weighted stays. Its interval holds zero.',
    );
    const said = { ...turned, why: 'No better policy was found: its interval holds zero.' };
    expect((await reportOf(said)).summary.headline).toBe(
      'No better policy was found: its interval holds zero. weighted stays.',
    );
  });

  it('shows the figures that it was given', async () => {
    const whole = await fixtureTuning();
    const report = await reportOf(whole);
    const changed = await cellsOf(report, 'changed');
    const { score } = whole.candidate!.policy;
    expect(Object.fromEntries(changed.map(([path, , to]) => [path, to]))).toMatchObject(
      score.weights.cost === 0.2 ? {} : { 'score.weights.cost': String(score.weights.cost).padEnd(5, '0') },
    );
    expect(changed.every(([, from, to, searched]) => from !== to && searched === 'yes')).toBe(true);
    const predicted = await cellsOf(report, 'predicted');
    expect(predicted.map(([metric, part]) => `${metric} ${part}`).slice(0, 4)).toEqual([
      'Cost per 1,000 requests hold-out',
      'Requests answered hold-out',
      'First token, p50 hold-out',
      'First token, p95 hold-out',
    ]);
    const cost = whole.predicted.holdout[0]!;
    expect(predicted[0]![2]).toContain(`$${cost.incumbent.value!.toFixed(2)}`);
    expect((await cellsOf(report, 'compared')).map(([name]) => name)).toEqual([
      'weighted',
      'default',
      'lowest-cost',
      'round-robin',
      'lowest-latency',
      'tuned',
    ]);
    expect((await cellsOf(report, 'tiers'))[0]).toEqual(['tuned', '0.0\u00a0%', '0.0\u00a0%', '100.0\u00a0%']);
    expect((await cellsOf(report, 'trials')).map(([origin, count]) => [origin, count])).toEqual([
      ['incumbent', '1'],
      ['default policy', '1'],
      ['baselines', '3'],
      ['scrambled Sobol points', '12'],
    ]);
    expect(htmlPage(report)).toContain(whole.trace.sha256);
    expect(markdownDocument(report)).toContain(whole.command);
  });

  it('marks incumbent, candidate and baselines in the picture of what can be had', async () => {
    const [, front] = chartsOf(await reportOf(await fixtureTuning()));
    const label = front!.panels[0]!.label;
    for (const name of ['incumbent weighted', 'candidate tuned', 'lowest-cost', 'round-robin', 'lowest-latency'])
      expect(label).toContain(`${name}: cost per 1,000 requests $`);
    expect(front!.title).toMatch(/^\d+ of \d+ policies keep within the limits; \d+ polic(?:y|ies) cannot be beaten/);
  });

  it('says on top that a search was interrupted', async () => {
    const report = await reportOf({ ...(await fixtureTuning()), isPartial: true });
    expect(report.summary.headline).toMatch(/^Interrupted: this is what was known by then\. /);
    expect(report.eyebrow).toBe('tuning, interrupted');
    expect(report.summary.cautions[0]).toMatch(/^The search was interrupted\./);
  });

  it('lets no name become markup, in page, Markdown or pictures', async () => {
    const whole = await fixtureTuning();
    const hostile: TuningResult = {
      ...whole,
      why: HOSTILE,
      command: HOSTILE,
      importanceMethod: HOSTILE,
      trace: { ...whole.trace, name: HOSTILE },
      incumbent: { ...whole.incumbent, name: HOSTILE },
      candidate: { ...whole.candidate!, name: HOSTILE },
      compared: whole.compared.map((policy) => ({ ...policy, name: HOSTILE })),
      byClass: whole.byClass.map((part) => ({ ...part, part: HOSTILE })),
      byHour: whole.byHour.map((part) => ({ ...part, part: HOSTILE })),
    };
    const report = await reportOf(hostile);
    expect(htmlPage(report)).not.toMatch(/<script>|<img|&nbsp;(?!-)/);
    expect(markdownDocument(report).replaceAll(/```\n.*\n```/g, '')).not.toContain('<script>');
    expectPictures(report);
  });

  it('is the same for the same result', async () => {
    const whole = await fixtureTuning();
    expect(htmlPage(await reportOf(whole))).toBe(htmlPage(await reportOf(whole)));
  });

  it.each(DEGENERATE)('can be written for %s', async (_name, make) => {
    const report = await reportOf(await degenerate(make));
    await expectSoundPage(report);
    expectPictures(report);
  });
});
