import type { CandidateRow, DecisionRow } from './schema.ts';

/** A value of a row as a report shows it. Numbers that JSON spoils (NaN, -0, infinities) stand as text. */
export type ShownValue = string | number | boolean | null;

/** Where two rows part. */
export interface ColumnDifference {
  /** A column, or a place inside of one such as `candidates[2].terms.cost`. */
  readonly column: string;
  readonly logged: ShownValue;
  readonly recomputed: ShownValue;
}

/**
 * The first column, in the table's order, in which two rows differ; null when they are equal bit for bit.
 * Numbers are compared by `Object.is`, so that 0 and -0 differ and NaN equals itself.
 */
export function decisionDifference(logged: DecisionRow, recomputed: DecisionRow): ColumnDifference | null {
  for (const column of Object.keys(recomputed) as (keyof DecisionRow)[]) {
    const difference =
      column === 'candidates'
        ? candidatesDifference(logged.candidates, recomputed.candidates)
        : valueDifference(column, logged[column], recomputed[column]);
    if (difference !== null) return difference;
  }
  return null;
}

// A log that was changed from outside may lack a candidate or its terms, whatever the types say.
function candidatesDifference(
  logged: readonly (CandidateRow | null)[],
  recomputed: readonly CandidateRow[],
): ColumnDifference | null {
  const lengths = valueDifference('candidates.length', logged.length, recomputed.length);
  if (lengths !== null) return lengths;
  for (const [index, candidate] of recomputed.entries()) {
    const difference = recordDifference(`candidates[${index}]`, logged[index] ?? null, candidate);
    if (difference !== null) return difference;
  }
  return null;
}

function recordDifference(path: string, logged: object | null, recomputed: object): ColumnDifference | null {
  for (const [name, value] of Object.entries(recomputed)) {
    const other: unknown = logged === null ? null : (logged as Readonly<Record<string, unknown>>)[name];
    const place = `${path}.${name}`;
    const difference =
      typeof value === 'object' && value !== null
        ? recordDifference(place, other as object | null, value)
        : valueDifference(place, other, value);
    if (difference !== null) return difference;
  }
  return null;
}

function valueDifference(column: string, logged: unknown, recomputed: unknown): ColumnDifference | null {
  return Object.is(logged, recomputed) ? null : { column, logged: show(logged), recomputed: show(recomputed) };
}

function show(value: unknown): ShownValue {
  if (typeof value === 'number') {
    const spoiled = !Number.isFinite(value) || Object.is(value, -0);
    return spoiled ? (Object.is(value, -0) ? '-0' : String(value)) : value;
  }
  return typeof value === 'string' || typeof value === 'boolean' ? value : null;
}
