import type { Comparison } from '../../simulator/result.ts';
import { formatUsd } from '../format.ts';
import { COST } from '../metrics.ts';
import type { Chart } from './chart.ts';
import { distributionChart } from './distribution.ts';
import type { Draw } from './draw-panel.ts';

/** What does an answered request cost? */
export function costDistribution(comparison: Comparison, draw: Draw): Chart {
  return distributionChart(comparison, draw, {
    id: 'cost-distribution',
    metric: COST,
    what: 'cost of a request',
    format: formatUsd,
    points: (run) => run.costEcdf,
    quantiles: null,
  });
}
