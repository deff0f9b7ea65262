import * as z from 'zod';

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** As names of variables usually are and secrets are not. */
const USUAL_NAME = /^[A-Z][A-Z0-9_]{0,63}$/;

/** A field that names an environment variable. Its complaint never quotes: the secret itself may stand there by mistake. */
export const variableName = z
  .string()
  .refine((name) => NAME.test(name), {
    error: 'expected the name of an environment variable (letters, digits, _), not the secret itself',
  })
  .meta({ pattern: NAME.source });

/** How a message may speak of a variable without telling what may be a secret. */
export function speakableVariable(name: string): string {
  return USUAL_NAME.test(name) ? `the environment variable ${name}` : 'the environment variable that the file names';
}
