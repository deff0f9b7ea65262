/** Every chart of a tuning. */
import type { TuningResult } from '../../../simulator/tune/tuning-result.ts';
import type { Chart } from '../../charts/chart.ts';
import { createDraw } from '../../charts/draw-panel.ts';
import { classPairs } from './class-pairs.ts';
import { hourLines } from './hour-lines.ts';
import { knobImportance } from './knob-importance.ts';
import { knobSlices } from './knob-slices.ts';
import { paretoFront } from './pareto-front.ts';
import { predictedDifferences } from './predicted-differences.ts';

export interface TuningCharts {
  readonly predictedDifferences: Chart;
  readonly paretoFront: Chart;
  readonly knobImportance: Chart;
  readonly knobSlices: Chart;
  readonly byHour: Chart;
  readonly byClass: Chart;
}

/** Draws them all. Same result, same bytes. */
export async function drawTuningCharts(result: TuningResult): Promise<TuningCharts> {
  const { draw, close } = createDraw();
  try {
    return {
      predictedDifferences: predictedDifferences(result, draw),
      paretoFront: paretoFront(result, draw),
      knobImportance: knobImportance(result, draw),
      knobSlices: knobSlices(result, draw),
      byHour: hourLines(result, draw),
      byClass: classPairs(result, draw),
    };
  } finally {
    await close();
  }
}
