import { beforeAll, describe, expect, it } from 'vitest';
import { markdownDocument } from '../../../reports/markdown/document.ts';
import { htmlPage } from '../../../reports/page/page.ts';
import { drawPromotionCharts } from '../../../reports/promotion/charts/promotion-charts.ts';
import { promotionVerdict, trafficChanges } from '../../../reports/promotion/promotion-judgement.ts';
import { promotionReport } from '../../../reports/promotion/promotion-report.ts';
import { parsePromotion } from '../../../reports/promotion/read-promotion.ts';
import { chartsOf, type Report } from '../../../reports/report-model.ts';
import { measurePromotion } from '../../../src/cli/promotion/measure-promotion.ts';
import type { Estimated } from '../../../src/config/evidence-schema.ts';
import { openRequestLog } from '../../../src/log/logged-requests.ts';
import type { MeasuredMetric, MeasuredPromotion } from '../../../src/policies/measured-promotion.ts';
import { evidenceOf, logCandidate, predictionsOf, promotionOf } from '../../cli/promotion/promoted-log.ts';
import { temporaryFolder } from '../../log/temporary-folder.ts';
import { cellsOf, expectPictures, expectSoundPage, HOSTILE } from '../page-of.ts';

const pathOf = temporaryFolder();
let kept: MeasuredPromotion;

beforeAll(async () => {
  const { run, trace } = await logCandidate(pathOf('run.duckdb'), 900);
  const log = await openRequestLog(pathOf('run.duckdb'));
  const evidence = evidenceOf(trace, predictionsOf(run));
  const settings = { promotionPath: 'p.json', log, trace: null, seed: 1, command: 'tokenpool report p.json --log run' };
  try {
    kept = await measurePromotion({ ...settings, promotion: promotionOf(evidence) });
  } finally {
    log.close();
  }
});

async function reportOf(measured: MeasuredPromotion): Promise<Report> {
  return promotionReport(measured, await drawPromotionCharts(measured));
}

/** The same with one metric promised at so many times what came. */
function promised(
  name: MeasuredMetric['metric'],
  factor: number,
  agreement: MeasuredMetric['agreement'],
): MeasuredPromotion {
  const times = (value: number | null): number | null => (value === null ? null : value * factor);
  return {
    ...kept,
    metrics: kept.metrics.map((metric) => {
      if (metric.metric !== name) return metric;
      const shifted = ({ value, low95, high95 }: Estimated): Estimated => ({
        value: times(value),
        low95: times(low95),
        high95: times(high95),
      });
      return { ...metric, agreement, predicted: shifted(metric.predicted), expected: shifted(metric.expected) };
    }),
  };
}

describe('the page of a promotion', () => {
  it('says that the simulator earned its trust when all came as predicted', async () => {
    const report = await reportOf(kept);
    await expectSoundPage(report);
    expectPictures(report);
    expect(chartsOf(report).map(({ id }) => id)).toEqual(['predicted-measured', 'class-mix']);
    expect(report.summary.headline).toBe(
      'The simulator earned its trust: 6 of 6 figures came where it was to be expected.',
    );
    const rows = await cellsOf(report, 'agreement');
    expect(rows.map(([metric, , , , , verdict]) => [metric, verdict])).toEqual([
      ['Cost per 1,000 requests', 'inside'],
      ['Requests answered', 'inside'],
      ['First token, p50', 'inside'],
      ['First token, p95', 'inside'],
      ['First token, p99', 'inside'],
      ['Whole answer, p95', 'inside'],
      ['Use of budgets beyond their limits', 'not known'],
    ]);
    expect(htmlPage(report)).toContain('the way to the client, and what the proxy itself takes, come on top');
  });

  it('does not praise a simulator that was wrong of the old policy, and so of the gain', async () => {
    const estimated = (value: number): Estimated => ({ value, low95: value - 0.1, high95: value + 0.1 });
    const differences: MeasuredPromotion['differences'] = [
      { metric: 'cost', predicted: estimated(-2.5), measured: estimated(-0.1) },
      { metric: 'success', predicted: estimated(0), measured: estimated(0) },
    ];
    const main = { ...kept.candidate, name: 'the-old-one' };
    const { headline } = (await reportOf({ ...kept, main, differences })).summary;
    expect(headline).toMatch(
      /^It came as promised: 6 of 6 figures came where it was to be expected\. But what it gains/,
    );
    expect(headline).toMatch(
      /over the-old-one, .*: cost .*predicted .*\. The simulator was wrong of the old policy\.$/,
    );
  });

  it('names what was not kept, by how much, and that nothing excuses it', async () => {
    const { summary } = await reportOf(promised('p95_first_token_ms', 0.5, 'above'));
    expect(summary.headline).toMatch(
      /^The promise was not kept: time to the first token \(p95\) .* instead of .* \(\+100\.0\u00a0%; .* to .* was to be expected\)\. The traffic is much as it was, so that is no excuse/,
    );
    expect(summary.answers[0]!.answer).toBe('No');
  });

  it('names a change of the traffic as what may be why', async () => {
    const { trace } = kept.traffic;
    const missed = promised('cost', 0.5, 'above');
    const quieter: MeasuredPromotion = {
      ...missed,
      traffic: { ...missed.traffic, trace: { ...trace, requestsPerHour: trace.requestsPerHour! / 2 } },
    };
    expect(trafficChanges(quieter)).toEqual([
      { what: 'load', change: expect.closeTo(1, 1) as number, against: 'trace' },
    ]);
    expect((await reportOf(quieter)).summary.headline).toMatch(
      /the load is \+\d+\u00a0% of that in the trace\. That may be why\.$/,
    );
    const { classes } = kept.traffic.now;
    const other: MeasuredPromotion = {
      ...missed,
      traffic: {
        ...missed.traffic,
        before: { ...kept.traffic.now, classes: { ...classes!, chat: classes!.chat - 0.4, long: classes!.long + 0.4 } },
      },
    };
    expect(trafficChanges(other)).toEqual([
      { what: 'classes', change: expect.closeTo(0.4, 6) as number, against: 'before' },
    ]);
  });

  it('does not praise what came better than promised', async () => {
    const report = await reportOf(promised('cost', 2, 'below'));
    expect(report.summary.headline).toMatch(/^It came better than promised: .* No harm, but the simulator was off\./);
  });

  it('says so when it is too early, or nothing is known', async () => {
    expect(promotionVerdict({ ...kept, blocks: 4 })).toBe('early');
    expect((await reportOf({ ...kept, blocks: 4 })).summary.headline).toMatch(
      /^Too early to say: 900 requests of tuned/,
    );
    const silent = { ...kept, metrics: kept.metrics.map((metric) => ({ ...metric, agreement: 'unknown' as const })) };
    const report = await reportOf(silent);
    expect(report.summary.headline).toMatch(/^Nothing can be said of tuned/);
    await expectSoundPage(report);
    expectPictures(report);
  });

  it('can be written without any metric, class or step, and with a canary beside it', async () => {
    const bare: MeasuredPromotion = {
      ...kept,
      metrics: [],
      promotion: { ...kept.promotion, transitions: [] },
      traffic: { now: { ...kept.traffic.now, classes: null }, trace: kept.traffic.trace, before: null },
    };
    await expectSoundPage(await reportOf(bare));
    const beside: MeasuredPromotion = {
      ...kept,
      main: { ...kept.candidate, name: 'ranked' },
      differences: kept.metrics.map(({ metric, measured }) => ({
        metric,
        predicted: { value: null, low95: null, high95: null },
        measured,
      })),
      window: { ...kept.window, stages: ['canary'] },
    };
    const report = await reportOf(beside);
    await expectSoundPage(report);
    expectPictures(report);
    expect(report.sections.map(({ id }) => id)).toContain('beside');
  });

  it('lets no name become markup', async () => {
    const hostile: MeasuredPromotion = {
      ...kept,
      log: HOSTILE,
      command: HOSTILE,
      notes: [HOSTILE],
      candidate: { ...kept.candidate, name: HOSTILE },
      promotion: {
        ...kept.promotion,
        id: HOSTILE,
        policyName: HOSTILE,
        transitions: kept.promotion.transitions.map((step) => ({ ...step, who: HOSTILE, why: HOSTILE })),
      },
    };
    const report = await reportOf(hostile);
    expect(htmlPage(report)).not.toMatch(/<script>|<img|&nbsp;(?!-)/);
    expect(markdownDocument(report).replaceAll(/```\n.*\n```/g, '')).not.toContain('<script>');
  });

  it('can be read back from what was written', () => {
    expect(parsePromotion(JSON.stringify(kept), 'p.json')).toEqual(kept);
    expect(() => parsePromotion(JSON.stringify({ ...kept, metrics: [{}] }), 'p.json')).toThrow(
      /^p\.json: metrics\[0\]\./,
    );
    expect(() => parsePromotion('{"kind":"tuning"}', 'p.json')).toThrow(
      /p\.json: kind: is not a promotion but a "tuning"/,
    );
  });
});
