/** A calibration as tables that SQL cells ask: how far the fitted providers are from the log's last part. */
import { summariseCalibration } from '../../reports/calibration/calibration-summary.ts';
import { BANDS, judgeGroup, quantileVerdict, type Verdict } from '../../reports/calibration/judgement.ts';
import type { Calibration } from '../../simulator/calibrate/calibration.ts';
import type { FigureFit, GroupFit, QuantileFit } from '../../simulator/calibrate/goodness/goodness.ts';
import type { RowTable } from './notebook-database.ts';

type Rows = RowTable['rows'];

/** How rows call all targets together. */
export const ALL_TARGETS = '(all)';

export function calibrationTables(calibration: Calibration): Readonly<Record<string, RowTable>> {
  const { source, goodness, command } = calibration;
  const { holdout } = goodness;
  const groups = [holdout.all, ...holdout.targets];
  return {
    facts: {
      columns: {
        log: 'VARCHAR',
        attempts: 'DOUBLE',
        judged: 'DOUBLE',
        from_ms: 'DOUBLE',
        to_ms: 'DOUBLE',
        replicates: 'DOUBLE',
        command: 'VARCHAR',
        verdict: 'VARCHAR',
      },
      rows: [
        {
          log: source.name,
          attempts: source.attempts,
          judged: holdout.rows,
          from_ms: holdout.fromMs,
          to_ms: holdout.toMs,
          replicates: holdout.replicates,
          command,
          verdict: summariseCalibration(calibration).headline,
        },
      ],
    },
    verdicts: {
      columns: { target: 'VARCHAR', attempts: 'DOUBLE', verdict: 'VARCHAR' },
      rows: holdout.targets.map((group) => ({
        target: group.target ?? ALL_TARGETS,
        attempts: group.rows,
        verdict: judgeGroup(group).verdict,
      })),
    },
    quantiles: {
      columns: {
        target: 'VARCHAR',
        metric: 'VARCHAR',
        probability: 'DOUBLE',
        observed: 'DOUBLE',
        simulated: 'DOUBLE',
        relative_error: 'DOUBLE',
        low95: 'DOUBLE',
        high95: 'DOUBLE',
        verdict: 'VARCHAR',
      },
      rows: groups.flatMap(quantileRows),
    },
    distances: {
      columns: {
        target: 'VARCHAR',
        attempts: 'DOUBLE',
        metric: 'VARCHAR',
        ks: 'DOUBLE',
        split_half_ks: 'DOUBLE',
        replicate_ks_max: 'DOUBLE',
      },
      rows: groups.flatMap(distanceRows),
    },
    figures: {
      columns: {
        target: 'VARCHAR',
        attempts: 'DOUBLE',
        figure: 'VARCHAR',
        observed: 'DOUBLE',
        simulated: 'DOUBLE',
        simulated_min: 'DOUBLE',
        simulated_max: 'DOUBLE',
      },
      rows: groups.flatMap(figureRows),
    },
    reliability: {
      columns: { attempts: 'DOUBLE', simulated: 'DOUBLE', observed: 'DOUBLE', low95: 'DOUBLE', high95: 'DOUBLE' },
      rows: holdout.reliability.map(({ rows, ...bin }) => ({ attempts: rows, ...bin })),
    },
  };
}

function quantileRows({ target, metrics }: GroupFit): Rows {
  return metrics.flatMap(({ metric, quantiles }) =>
    quantiles.map((fit) => ({
      target: target ?? ALL_TARGETS,
      metric,
      probability: fit.probability,
      observed: fit.observed,
      simulated: fit.simulated,
      relative_error: fit.relativeError,
      low95: fit.low95,
      high95: fit.high95,
      verdict: verdictOf(fit),
    })),
  );
}

/** As the report has it; null for quantiles that it does not judge. */
function verdictOf(fit: QuantileFit): Verdict | null {
  const judged = BANDS.find(({ probability }) => probability === fit.probability);
  return judged === undefined ? null : quantileVerdict(fit, judged.band);
}

function distanceRows({ target, rows, metrics }: GroupFit): Rows {
  return metrics.map(({ metric, ks, splitHalfKs, replicateKs }) => ({
    target: target ?? ALL_TARGETS,
    attempts: rows,
    metric,
    ks,
    split_half_ks: splitHalfKs,
    replicate_ks_max: replicateKs?.max ?? null,
  }));
}

function figureRows({ target, rows, successRatio, failureRatio, limited, costMicroUsd }: GroupFit): Rows {
  const row = (figure: string, fit: FigureFit, scale: number): Rows[number] => ({
    target: target ?? ALL_TARGETS,
    attempts: rows,
    figure,
    observed: scaled(fit.observed, scale),
    simulated: scaled(fit.simulated, scale),
    simulated_min: scaled(fit.simulatedMin, scale),
    simulated_max: scaled(fit.simulatedMax, scale),
  });
  return [
    row('success', successRatio, 1),
    row('failure', failureRatio, 1),
    row('limited', limited, 1),
    row('cost_usd', costMicroUsd, 1e-6),
  ];
}

function scaled(value: number | null, scale: number): number | null {
  return value === null ? null : value * scale;
}
