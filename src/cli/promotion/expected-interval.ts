/** Where a measured figure is to be expected if its prediction holds, and how it stands to that. */
import type { Estimated, Prediction } from '../../config/evidence-schema.ts';
import { OBJECTIVE_METRICS } from '../../config/objective.ts';
import type { Agreement } from '../../policies/measured-promotion.ts';

/**
 * The predicted interval says where the replayed requests end up; others like them vary around that once more. The
 * half-widths of independent errors add up as their squares do; on each side, that of the prediction and, turned over, that
 * of the measurement. Of costs and times the errors are ratios, so that no interval reaches below nothing.
 */
export function expectedFrom(metric: Prediction['metric'], predicted: Estimated, measured: Estimated): Estimated {
  const isRatio = RATIO_METRICS.has(metric) && isPositive(predicted) && isPositive(measured);
  if (!isRatio) return withinShare(metric, summed(predicted, measured));
  return mapped(summed(mapped(predicted, Math.log), mapped(measured, Math.log)), Math.exp);
}

/** Shares stay shares, and an overshoot may be 0. */
const RATIO_METRICS: ReadonlySet<Prediction['metric']> = new Set(
  OBJECTIVE_METRICS.filter((metric) => metric !== 'success' && metric !== 'budget_overshoot'),
);

function summed(predicted: Estimated, measured: Estimated): Estimated {
  const { value } = predicted;
  if (value === null || measured.value === null) return predicted;
  const half = (a: number | null, b: number | null): number | null =>
    a === null || b === null ? null : Math.hypot(a, b);
  const below = half(distance(value, predicted.low95), distance(measured.value, measured.high95));
  const above = half(distance(value, predicted.high95), distance(measured.value, measured.low95));
  return {
    value,
    low95: below === null ? null : value - below,
    high95: above === null ? null : value + above,
  };
}

/** What costs nothing has no ratio. */
function isPositive({ value, low95, high95 }: Estimated): boolean {
  return [value, low95, high95].every((each) => each === null || each > 0);
}

function mapped({ value, low95, high95 }: Estimated, change: (value: number) => number): Estimated {
  const each = (number: number | null): number | null => (number === null ? null : change(number));
  return { value: each(value), low95: each(low95), high95: each(high95) };
}

/** No share is below 0 or above 1. */
function withinShare(metric: Prediction['metric'], { value, low95, high95 }: Estimated): Estimated {
  return {
    value,
    low95: low95 === null ? null : Math.max(0, low95),
    high95: high95 === null || metric !== 'success' ? high95 : Math.min(1, high95),
  };
}

function distance(value: number, limit: number | null): number | null {
  return limit === null ? null : Math.abs(limit - value);
}

/** Where a measured value stands to what was predicted. */
export function agreementOf(predicted: Estimated, expected: Estimated, measured: Estimated): Agreement {
  const { value, low95, high95 } = measured;
  if (value === null || expected.low95 === null || expected.high95 === null) return 'unknown';
  if (value >= expected.low95 && value <= expected.high95) return 'inside';
  if (low95 === null || high95 === null || predicted.low95 === null || predicted.high95 === null) return 'unknown';
  if (low95 <= predicted.high95 && high95 >= predicted.low95) return 'overlapping';
  return value > expected.high95 ? 'above' : 'below';
}
