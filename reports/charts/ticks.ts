/** Where axes have their labels: round numbers, few of them. */
import { formatPlain, formatTick } from '../format.ts';

/** Multiples of 1, 2 or 5 times a power of ten from 0 up to `max` or just above, about `count` of them. */
export function linearTicks(max: number, count: number): readonly number[] {
  if (!(max > 0)) return [0, 1];
  const step = niceStep(max / count);
  const steps = Math.ceil(max / step - 1e-9);
  return Array.from({ length: steps + 1 }, (_unused, index) => Number((index * step).toPrecision(12)));
}

/** 1, 2 and 5 times powers of ten within [min, max], thinned to at most `limit`; both bounds > 0. */
export function logTicks(min: number, max: number, limit: number): readonly number[] {
  for (const factors of [[1, 2, 5], [1, 3], [1]]) {
    const ticks = decades(min, max).flatMap((power) =>
      factors.map((factor) => Number((factor * power).toPrecision(6))),
    );
    const inside = ticks.filter((tick) => tick >= min && tick <= max);
    if (inside.length <= limit && inside.length > 1) return inside;
  }
  const powers = decades(min, max).filter((power) => power >= min && power <= max);
  if (powers.length <= 1) return [min, max];
  return powers.filter((_power, index) => index % Math.ceil(powers.length / limit) === 0);
}

export interface TimeAxis {
  /** ms from the start of the trace. */
  readonly ticks: readonly number[];
  readonly format: (ms: number) => string;
  /** `minutes from the start of the trace` */
  readonly name: string;
}

const TIME_STEPS: readonly (readonly [unit: string, unitMs: number, steps: readonly number[]])[] = [
  ['milliseconds', 1, [1, 2, 5, 10, 20, 50, 100, 200, 500]],
  ['seconds', 1_000, [1, 2, 5, 10, 15, 20, 30]],
  ['minutes', 60_000, [1, 2, 5, 10, 15, 20, 30]],
  ['hours', 3_600_000, [1, 2, 3, 6, 12]],
  ['days', 86_400_000, [1, 2, 5, 7, 10, 20, 50, 100, 200, 500, 1000]],
];

/** Ticks for a trace of this length; about `count`, in whole units. */
export function timeAxis(spanMs: number, count: number, of: 'trace' | 'log' = 'trace'): TimeAxis {
  for (const [unit, unitMs, steps] of TIME_STEPS) {
    for (const step of steps) {
      const stepMs = step * unitMs;
      if (spanMs / stepMs > count) continue;
      const ticks = Array.from({ length: Math.floor(spanMs / stepMs + 1e-9) + 1 }, (_unused, index) => index * stepMs);
      return {
        ticks,
        format: (ms) => formatTick(ms / unitMs, formatPlain),
        name: `${unit} from the start of the ${of}`,
      };
    }
  }
  return {
    ticks: [0, spanMs],
    format: (ms) => formatTick(ms / 86_400_000, formatPlain),
    name: `days from the start of the ${of}`,
  };
}

function decades(min: number, max: number): readonly number[] {
  const first = Math.floor(Math.log10(min));
  const last = Math.ceil(Math.log10(max));
  return Array.from({ length: last - first + 1 }, (_unused, index) => 10 ** (first + index));
}

/** Round values within [min, max] that include 0, about `count` of them; `min` <= 0 <= `max`. */
export function differenceTicks(min: number, max: number, count: number): readonly number[] {
  const step = niceStep((max - min) / count);
  if (!(step > 0)) return [0];
  const first = Math.ceil(min / step - 1e-9);
  const last = Math.floor(max / step + 1e-9);
  return Array.from(
    { length: last - first + 1 },
    (_unused, index) => Number(((first + index) * step).toPrecision(12)) + 0,
  );
}

/** The smallest 1, 2 or 5 times a power of ten that is at least `rough`; 0 when `rough` is not positive. */
function niceStep(rough: number): number {
  if (!(rough > 0)) return 0;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= rough * (1 - 1e-9)) ?? 10);
}
