/** Where two policies differ, number by number. */
import type { TuningResult } from '../../simulator/tune/tuning-result.ts';
import { formatPlain } from '../format.ts';

export interface ChangedKnob {
  /** Path in the policy, e.g. `score.weights.cost`. */
  readonly path: string;
  readonly from: unknown;
  readonly to: unknown;
}

/** What the candidate has otherwise than the incumbent, in the order of the policy; empty without a candidate. */
export function changedKnobs({ incumbent, candidate }: TuningResult): readonly ChangedKnob[] {
  return candidate === null ? [] : differences(incumbent.policy, candidate.policy, '');
}

function differences(from: unknown, to: unknown, path: string): ChangedKnob[] {
  if (isRecord(from) && isRecord(to)) {
    return [...new Set([...Object.keys(from), ...Object.keys(to)])].flatMap((key) =>
      differences(from[key], to[key], path === '' ? key : `${path}.${key}`),
    );
  }
  return JSON.stringify(from) === JSON.stringify(to) ? [] : [{ path, from, to }];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value of a policy for people. */
export function knobText(value: unknown): string {
  if (typeof value === 'number') return formatPlain(value);
  if (typeof value === 'string') return value;
  return value === undefined ? '–' : JSON.stringify(value);
}

/** The value at a path of a policy; undefined where there is none. */
export function valueAt(policy: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), policy);
}
