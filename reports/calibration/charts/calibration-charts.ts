/** Every chart of a calibration. */
import type { Calibration } from '../../../simulator/calibrate/calibration.ts';
import type { Chart } from '../../charts/chart.ts';
import { createDraw } from '../../charts/draw-panel.ts';
import { failureMemory } from './failure-memory.ts';
import { firstTokenCurves } from './first-token-curves.ts';
import { providerStates } from './provider-states.ts';
import { quantileErrors } from './quantile-errors.ts';
import { quantilePlot } from './quantile-plot.ts';
import { rankHistograms } from './rank-histograms.ts';
import { reliabilityDiagram } from './reliability.ts';

export interface CalibrationCharts {
  readonly quantileErrors: Chart;
  readonly firstTokenCurves: Chart;
  readonly quantilePairs: Chart;
  readonly rankHistograms: Chart;
  readonly failureMemory: Chart;
  readonly reliability: Chart;
  readonly providerStates: Chart;
}

/** Draws them all, of the hold-out. Same calibration, same bytes. */
export async function drawCalibrationCharts(calibration: Calibration): Promise<CalibrationCharts> {
  const { holdout } = calibration.goodness;
  const { draw, close } = createDraw();
  try {
    return {
      quantileErrors: quantileErrors(holdout, draw),
      firstTokenCurves: firstTokenCurves(holdout, draw),
      quantilePairs: quantilePlot(holdout, draw),
      rankHistograms: rankHistograms(holdout, draw),
      failureMemory: failureMemory(holdout, draw),
      reliability: reliabilityDiagram(holdout, draw),
      providerStates: providerStates(calibration, draw),
    };
  } finally {
    await close();
  }
}
