import * as z from 'zod';

/**
 * An object that takes the given fields and no others. A field it does not know is an error that lists the
 * ones it does: a misspelt setting must not be ignored in silence.
 */
export function closedObject<Shape extends z.core.$ZodShape>(shape: Shape) {
  const known = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? `unknown field (known: ${known})` : undefined),
  });
}
