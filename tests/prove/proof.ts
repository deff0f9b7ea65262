/** What a long proof says of itself, one line a check. */

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

export const percent = (ratio: number): string => `${(100 * ratio).toFixed(3)} %`;
export const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
export const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
