/** What reading any result has in common: complaints of one line with file, field and reason. */
import type { z } from 'zod';
import { BadInput } from '../src/config/bad-input.ts';
import { firstProblem } from '../src/config/problem-line.ts';

export interface ResultForm {
  /** Value of the field `kind`. */
  readonly kind: string;
  /** What to give instead of a file that will not do. */
  readonly advice: string;
}

/** The value of a JSON text. Throws BadInput. */
export function parseJson(text: string, path: string, advice: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const end = text.trimEnd();
    const cut = end.startsWith('{') && !end.endsWith('}') ? ', it seems to be cut short' : '';
    throw new BadInput(`${path}: is not JSON${cut}; ${advice}`);
  }
}

/** The field `kind` of whatever was read. */
export function kindOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined;
}

/** How messages call what was found in the place of a result. */
export function foundWords(value: unknown): string {
  const kind = kindOf(value);
  return typeof kind === 'string' ? `a ${JSON.stringify(kind)}` : 'something else';
}

/** The value itself once it has the form; fields that the schema does not know are kept. Throws BadInput. */
export function checkedResult(value: unknown, path: string, schema: z.ZodType, form: ResultForm): unknown {
  if (kindOf(value) !== form.kind) {
    throw new BadInput(`${path}: kind: is not a ${form.kind} but ${foundWords(value)}; ${form.advice}`);
  }
  const result = schema.safeParse(value);
  if (!result.success) throw new BadInput(`${path}: ${troubleWords(result.error, value)}; ${form.advice}`);
  return value;
}

/** The first thing that is wrong: where and what, and what that means. */
function troubleWords(error: z.ZodError, value: unknown): string {
  const { line, path } = firstProblem(error, value);
  const isOfOtherVersion = path.length === 1 && path[0] === 'formatVersion';
  const meaning = isOfOtherVersion
    ? 'another version of tokenpool wrote it; write it again with this one'
    : 'it was changed, or is of another version';
  return `${line}; ${meaning}`;
}
