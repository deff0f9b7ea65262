import { readFile } from 'node:fs/promises';
import { BadInput } from '../src/config/bad-input.ts';
import type { Comparison } from '../simulator/result.ts';
import { comparisonSchema } from './comparison-schema.ts';

const ADVICE = 'give a file written by `tokenpool compare --out`';

/**
 * Reads the result of `compare`.
 *
 * @throws BadInput, one line with file, field and reason, when the file is missing, cut short or something else
 */
export async function readComparison(path: string): Promise<Comparison> {
  return parseComparison(await readText(path), path);
}

/** The same for text in hand; `path` is what messages call it. */
export function parseComparison(text: string, path: string): Comparison {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const end = text.trimEnd();
    const cut = end.startsWith('{') && !end.endsWith('}') ? ', it seems to be cut short' : '';
    throw new BadInput(`${path}: is not JSON${cut}; ${ADVICE}`);
  }
  const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined;
  if (kind !== 'comparison') {
    const found = typeof kind === 'string' ? `a ${JSON.stringify(kind)}` : 'something else';
    throw new BadInput(`${path}: kind: is not a comparison but ${found}; ${ADVICE}`);
  }
  const result = comparisonSchema.safeParse(value);
  if (!result.success) {
    const issue = result.error.issues[0];
    const field = issue === undefined ? '' : `${issue.path.join('.')}: `;
    throw new BadInput(`${path}: ${field}${issue?.message ?? 'is not valid'}; ${ADVICE}`);
  }
  return value as Comparison;
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : 'cannot be read';
    throw new BadInput(`${path}: ${reason}; ${ADVICE}`);
  }
}
