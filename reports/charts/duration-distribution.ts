import type { Comparison } from '../../simulator/result.ts';
import { formatMs } from '../format.ts';
import { DURATION_P95 } from '../metrics.ts';
import type { Chart } from './chart.ts';
import { distributionChart } from './distribution.ts';
import type { Draw } from './draw-panel.ts';

/** How long do clients wait for the whole answer? */
export function durationDistribution(comparison: Comparison, draw: Draw): Chart {
  return distributionChart(comparison, draw, {
    id: 'duration-distribution',
    metric: DURATION_P95,
    what: 'time to the whole answer',
    format: formatMs,
    points: (run) => run.durationEcdf,
    quantiles: (run) => run.durationMs,
  });
}
