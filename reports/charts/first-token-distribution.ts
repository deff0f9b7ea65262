import type { Comparison } from '../../simulator/result.ts';
import { formatMs } from '../format.ts';
import { FIRST_TOKEN_P95 } from '../metrics.ts';
import type { Chart } from './chart.ts';
import { distributionChart } from './distribution.ts';
import type { Draw } from './draw-panel.ts';

/** How long do clients wait for the first token? */
export function firstTokenDistribution(comparison: Comparison, draw: Draw): Chart {
  return distributionChart(comparison, draw, {
    id: 'first-token-distribution',
    metric: FIRST_TOKEN_P95,
    what: 'time to the first token',
    format: formatMs,
    points: (run) => run.firstTokenEcdf,
    quantiles: (run) => run.firstTokenMs,
  });
}
