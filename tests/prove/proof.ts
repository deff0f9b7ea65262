/** What a long proof says of itself, one line a check. */
import type { Check as ValidationCheck } from '../../simulator/validate/check.ts';

export interface Check {
  readonly name: string;
  /** What was measured, for people. */
  readonly figure: string;
  /** What it had to be. */
  readonly limit: string;
  readonly passed: boolean;
}

export interface Proof {
  readonly name: string;
  /** One line: what it shows. */
  readonly about: string;
  /** @param report to be called once a check, as soon as its figure is known */
  run(report: (check: Check) => void): Promise<void>;
}

/** A check of a figure against the most it may be. */
export function atMost(name: string, value: number, limit: number, show: (value: number) => string): Check {
  return { name, figure: show(value), limit: `<= ${show(limit)}`, passed: value <= limit };
}

/** A check of a yes or no. */
export function holds(name: string, figure: string, limit: string, passed: boolean): Check {
  return { name, figure, limit, passed };
}

/** A check as `validate` makes it. */
export function ofValidation({ name, value, limit, pass, detail }: ValidationCheck): Check {
  const figure = value === null ? 'not measured' : Number(value.toPrecision(3)).toString();
  return { name, figure: `${figure} (${detail})`, limit: `<= ${Number(limit.toPrecision(3))}`, passed: pass };
}

export const percent = (ratio: number): string => `${(100 * ratio).toFixed(3)} %`;
export const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
export const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
