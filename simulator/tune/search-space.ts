/** Between the unit cube, in which points are drawn, and the values of knobs. */
import { policyWithKnobs, knobValue, type Knob, type KnobValue } from '../../src/config/policy-knobs.ts';
import type { Policy } from '../../src/router/policy.ts';

/** A value is written with so many digits: no policy depends on more, and a file of them can be read. */
const DIGITS = 4;
/** Values from here on are whole, as milliseconds are. */
const WHOLE_FROM = 1_000;

export interface SearchSpace {
  readonly knobs: readonly Knob[];
  /** The values at a point of the cube, one coordinate a knob. */
  valuesAt(point: ArrayLike<number>): Record<string, KnobValue>;
  /** A point that gives these values, or the nearest ones that the ranges allow. */
  pointOf(values: Readonly<Record<string, KnobValue>>): Float64Array;
  /** The base policy with the values of a point. */
  policyAt(point: ArrayLike<number>): Policy;
}

/** @param base what the policies are outside of the knobs */
export function createSearchSpace(knobs: readonly Knob[], base: Policy): SearchSpace {
  const valuesAt = (point: ArrayLike<number>): Record<string, KnobValue> =>
    Object.fromEntries(knobs.map((knob, index) => [knob.path, valueOf(knob, point[index]!)]));
  return {
    knobs,
    valuesAt,
    pointOf: (values) => Float64Array.from(knobs, (knob) => coordinateOf(knob, values[knob.path]!)),
    policyAt: (point) => policyWithKnobs(base, valuesAt(point)),
  };
}

/** The point at which a policy's own knobs stand. */
export function pointOfPolicy(space: SearchSpace, policy: Policy): Float64Array {
  return space.pointOf(Object.fromEntries(space.knobs.map(({ path }) => [path, knobValue(policy, path)])));
}

/** The value of a knob at a coordinate, 0 to 1. */
export function valueOf(knob: Knob, coordinate: number): KnobValue {
  const inside = Math.min(1, Math.max(0, coordinate));
  if (knob.choices !== null)
    return knob.choices[Math.min(knob.choices.length - 1, Math.floor(inside * knob.choices.length))]!;
  const [from, to] = knob.range!;
  if (knob.scale === 'integer') return Math.min(to, from + Math.floor(inside * (to - from + 1)));
  const value = knob.scale === 'log' ? from * (to / from) ** inside : from + inside * (to - from);
  return Math.min(to, Math.max(from, rounded(value)));
}

/** The coordinate at which a knob has a value; 0 for a choice that it does not have. */
function coordinateOf(knob: Knob, value: KnobValue): number {
  if (knob.choices !== null) {
    const place = Math.max(0, knob.choices.indexOf(String(value)));
    return (place + 0.5) / knob.choices.length;
  }
  const [from, to] = knob.range!;
  const number = Math.min(to, Math.max(from, Number(value)));
  if (knob.scale === 'integer') return (number - from + 0.5) / (to - from + 1);
  if (knob.scale === 'log') return Math.log(number / from) / Math.log(to / from);
  return (number - from) / (to - from);
}

function rounded(value: number): number {
  return value >= WHOLE_FROM ? Math.round(value) : Number(value.toPrecision(DIGITS));
}
