/** An axis that shows values where they are, rather than from zero on; logarithmic where they are far apart. */
import { logTicks } from '../../charts/ticks.ts';

export interface RangeAxis {
  readonly type: 'linear' | 'log';
  readonly domain: readonly [number, number];
  readonly ticks: readonly number[];
  /** Place of a value on the axis, 0 at its lower end and 1 at its upper. */
  readonly shareOf: (value: number) => number;
  /** The value at a place. */
  readonly valueAt: (share: number) => number;
}

/** Largest over smallest value from which on the axis is logarithmic. */
const FAR = 5;
const PAD = 0.05;
const TICKS = 6;

/** @param values finite; none is as good as a single 0 */
export function rangeAxis(values: readonly number[]): RangeAxis {
  const low = Math.min(...(values.length === 0 ? [0] : values));
  const high = Math.max(...(values.length === 0 ? [0] : values));
  if (low > 0 && high / low > FAR) {
    const pad = Math.log(high / low) * PAD;
    const domain = [low * Math.exp(-pad), high * Math.exp(pad)] as const;
    const span = Math.log(domain[1] / domain[0]);
    return {
      type: 'log',
      domain,
      ticks: logTicks(domain[0], domain[1], TICKS),
      shareOf: (value) => Math.log(value / domain[0]) / span,
      valueAt: (share) => domain[0] * Math.exp(share * span),
    };
  }
  // A single value gets some room around it.
  const reach = high > low ? (high - low) * PAD : Math.abs(high) * PAD || 1;
  const domain = [low - reach, high + reach] as const;
  const span = domain[1] - domain[0];
  return {
    type: 'linear',
    domain,
    ticks: roundTicks(domain[0], domain[1]),
    shareOf: (value) => (value - domain[0]) / span,
    valueAt: (share) => domain[0] + share * span,
  };
}

/** Multiples of 1, 2 or 5 times a power of ten within [low, high], about {@link TICKS}. */
function roundTicks(low: number, high: number): readonly number[] {
  const rough = (high - low) / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from(
    { length: last - first + 1 },
    (_unused, index) => Number(((first + index) * step).toPrecision(12)) + 0,
  );
}
