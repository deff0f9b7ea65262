/** One thing that was checked: a figure and the most that it may be. */

export const CHECK_GROUPS = ['analytic', 'live', 'estimators', 'recovery'] as const;
export type CheckGroup = (typeof CHECK_GROUPS)[number];

export interface Check {
  /** Unique within its group. */
  readonly name: string;
  readonly group: CheckGroup;
  /** An error, a distance or a share: smaller is better. Null: it could not be measured, which does not pass. */
  readonly value: number | null;
  readonly limit: number;
  readonly pass: boolean;
  /** What stands behind the value, for people. */
  readonly detail: string;
}

/** A check of a value that must be at most `limit`. */
export function atMost(group: CheckGroup, name: string, value: number | null, limit: number, detail: string): Check {
  return { name, group, value, limit, pass: value !== null && value <= limit, detail };
}
