/** Every chart of a measured promotion. */
import type { MeasuredPromotion } from '../../../src/policies/measured-promotion.ts';
import type { Chart } from '../../charts/chart.ts';
import { createDraw } from '../../charts/draw-panel.ts';
import { classMix } from './class-mix.ts';
import { predictedMeasured } from './predicted-measured.ts';

export interface PromotionCharts {
  readonly predictedMeasured: Chart;
  readonly classMix: Chart;
}

/** Draws them all. Same result, same bytes. */
export async function drawPromotionCharts(measured: MeasuredPromotion): Promise<PromotionCharts> {
  const { draw, close } = createDraw();
  try {
    return { predictedMeasured: predictedMeasured(measured, draw), classMix: classMix(measured, draw) };
  } finally {
    await close();
  }
}
