/** A measured promotion as a report, in reading order. */
import type { MeasuredPromotion } from '../../src/policies/measured-promotion.ts';
import { formatCount, formatSpan } from '../format.ts';
import { section, table, type Report } from '../report-model.ts';
import type { PromotionCharts } from './charts/promotion-charts.ts';
import { PROMOTION_DEFINITIONS, PROMOTION_LIMITS } from './promotion-notes.ts';
import { summarisePromotion } from './promotion-summary.ts';
import {
  agreementTable,
  armTable,
  besideTable,
  momentText,
  promotionRepeatTable,
  trafficTable,
  transitionTable,
} from './tables/promotion-tables.ts';

/** Puts charts and tables of a measured promotion in their order. */
export function promotionReport(measured: MeasuredPromotion, charts: PromotionCharts): Report {
  const { promotion, window, candidate, notes } = measured;
  return {
    eyebrow: 'predicted against measured',
    title: `What ${promotion.policyName} promised and what came`,
    subtitle: `${formatCount(candidate.requests)} requests over ${formatSpan(Math.max(1, Math.round(window.toMs - window.fromMs)))} from ${momentText(window.fromMs)} · promotion ${promotion.id} · log ${measured.log}`,
    summary: summarisePromotion(measured),
    sections: [
      section('agreement', 'Predicted against measured', 'The prediction is that of the hold-out of the tuning.', [
        { kind: 'charts', charts: [charts.predictedMeasured] },
        table(agreementTable(measured)),
      ]),
      ...(measured.differences.length === 0
        ? []
        : [
            section('beside', 'Beside the old policy', 'At the same time, on other sessions.', [
              table(besideTable(measured)),
            ]),
          ]),
      section('traffic', 'The traffic, then and now', 'A prediction holds for traffic like that of the trace.', [
        { kind: 'charts', charts: [charts.classMix] },
        table(trafficTable(measured)),
        table(armTable(measured)),
      ]),
      section('life', 'Its life so far', 'Each step, who took it and why.', [table(transitionTable(measured))]),
      ...(notes.length === 0 ? [] : [section('notes', 'What else to know', '', [{ kind: 'list', items: notes }])]),
      section('repeat', 'How to repeat it', 'The same files give the same result.', [
        { kind: 'command', command: measured.command },
        table(promotionRepeatTable(measured)),
      ]),
      section('definitions', 'What the numbers mean', '', [{ kind: 'notes', notes: PROMOTION_DEFINITIONS }]),
      section('limits', 'What they do not say', '', [{ kind: 'list', items: PROMOTION_LIMITS }]),
    ],
    footer: 'Predicted figures come from a replay, measured ones from the log; see “What they do not say”.',
  };
}
