/** Every chart of a comparison, grouped under the questions that the report asks. */
import type { Comparison } from '../../simulator/result.ts';
import { attemptsPerRequest } from './attempts-per-request.ts';
import { budgetUse } from './budget-use.ts';
import type { Chart } from './chart.ts';
import { costAgainstSpeed } from './cost-against-speed.ts';
import { costDistribution } from './cost-distribution.ts';
import { createDraw } from './draw-panel.ts';
import { durationDistribution } from './duration-distribution.ts';
import { failuresOverTime } from './failures-over-time.ts';
import { firstTokenDistribution } from './first-token-distribution.ts';
import { firstTokenOverTime } from './first-token-over-time.ts';
import { loadOverTime } from './load-over-time.ts';
import { pairedDifferences } from './paired-differences.ts';
import { routeUse } from './route-use.ts';
import { targetStates } from './target-states.ts';
import { trafficShare } from './traffic-share.ts';

export interface Charts {
  readonly pairedDifferences: Chart;
  readonly costAgainstSpeed: Chart;
  readonly costDistribution: Chart;
  readonly firstTokenDistribution: Chart;
  readonly durationDistribution: Chart;
  readonly loadOverTime: Chart;
  readonly firstTokenOverTime: Chart;
  readonly trafficShare: Chart;
  readonly targetStates: Chart;
  readonly failuresOverTime: Chart;
  readonly attemptsPerRequest: Chart;
  readonly budgetUse: Chart;
  /** Left out where no decision knew of routes. */
  readonly routeUse?: Chart;
}

/** Draws them all. Same comparison, same bytes. */
export async function drawCharts(comparison: Comparison): Promise<Charts> {
  const { draw, close } = createDraw();
  try {
    const routes = routeUse(comparison, draw);
    return {
      pairedDifferences: pairedDifferences(comparison, draw),
      costAgainstSpeed: costAgainstSpeed(comparison, draw),
      costDistribution: costDistribution(comparison, draw),
      firstTokenDistribution: firstTokenDistribution(comparison, draw),
      durationDistribution: durationDistribution(comparison, draw),
      loadOverTime: loadOverTime(comparison, draw),
      firstTokenOverTime: firstTokenOverTime(comparison, draw),
      trafficShare: trafficShare(comparison, draw),
      targetStates: targetStates(comparison, draw),
      failuresOverTime: failuresOverTime(comparison, draw),
      attemptsPerRequest: attemptsPerRequest(comparison, draw),
      budgetUse: budgetUse(comparison, draw),
      ...(routes === null ? {} : { routeUse: routes }),
    };
  } finally {
    await close();
  }
}
