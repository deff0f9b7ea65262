import { formatSigned } from '../../../reports/format.ts';
import { objectiveMetric } from '../../../reports/tuning/objective-metrics.ts';
import { predictionVerdict, VERDICT_WORDS } from '../../../reports/tuning/prediction-verdict.ts';
import { intervalText } from '../../../reports/tuning/tables/prediction-table.ts';
import type { Promotion } from '../../policies/promotion.ts';
import { DataTable, left, right } from '../parts/data-table.tsx';

export interface PredictionTableProps {
  readonly promotion: Promotion;
  /** It is active: what was measured is from the end of its last stage. */
  readonly isOver?: boolean;
}

/** What its evidence promised beside what was measured of both arms. */
export function PredictionTable({ promotion, isOver }: PredictionTableProps) {
  const { evidence, figures } = promotion;
  if (evidence === null) return null;
  const when = isOver === true ? 'as its last stage ended' : 'in this stage so far';
  return (
    <DataTable
      caption={`Predicted, on ${evidence.trace.name}, with 95 % intervals; and measured ${when}`}
      label="Predicted and measured"
      wraps
      columns={[
        left('Metric'),
        right('Predicted'),
        right('Predicted change'),
        left('So it should be'),
        right('Measured'),
        right('The rest, measured'),
      ]}
      empty="Its evidence predicts nothing."
      rows={evidence.predicted.holdout.map((prediction) => {
        const { metric, candidate, difference } = prediction;
        const { label, format, formatDifference } = objectiveMetric(metric);
        return {
          key: metric,
          cells: [
            label,
            intervalText(candidate, format),
            intervalText(difference, (value) => formatSigned(value, formatDifference)),
            VERDICT_WORDS[predictionVerdict(prediction)],
            format(figures.canary.metrics[metric] ?? null),
            format(figures.main.metrics[metric] ?? null),
          ],
        };
      })}
    />
  );
}
