import * as z from 'zod';
import { nearestName } from './nearest-name.ts';

/**
 * An object that takes the given fields and no others. A field it does not know is an error that lists the
 * ones it does: a misspelt setting must not be ignored in silence.
 *
 * @param synonyms fields of the shape that are other names for one of them, which the list leaves out
 */
export function closedObject<Shape extends z.core.$ZodShape>(shape: Shape, synonyms: readonly string[] = []) {
  const known = Object.keys(shape).filter((field) => !synonyms.includes(field));
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? unknownField(issue.keys, known) : undefined),
  });
}

/** Of several unknown fields the first one is shown, see `firstProblem`, so the hint is for that. */
function unknownField([first = '']: readonly string[], known: readonly string[]): string {
  const near = nearestName(first, known);
  return `unknown field${near === null ? '' : `; did you mean ${near}?`} (known: ${known.join(', ')})`;
}
