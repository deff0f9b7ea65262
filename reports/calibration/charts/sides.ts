/** How the two sides of a calibration look: the same colours and dashes in every chart. */
import type { LegendItem } from '../../charts/chart.ts';
import { policyDash, policyPaint } from '../../palette.ts';

export const OBSERVED_PAINT = policyPaint(0);
export const SIMULATED_PAINT = policyPaint(1);
export const SIMULATED_DASH = policyDash(1);

export const SIDES_LEGEND: readonly LegendItem[] = [
  { label: 'observed', paint: OBSERVED_PAINT, mark: 'line', dash: 'none' },
  { label: 'simulated', paint: SIMULATED_PAINT, mark: 'line', dash: SIMULATED_DASH },
];
