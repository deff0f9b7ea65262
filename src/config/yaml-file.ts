import { isNode, LineCounter, parseDocument } from 'yaml';
import type * as z from 'zod';
import { BadInput } from './bad-input.ts';
import { readNamedText } from './file-trouble.ts';
import { firstProblem } from './problem-line.ts';

/** A parsed YAML (or JSON, which is YAML) file that remembers where its values stand. */
export interface YamlFile {
  readonly path: string;
  readonly value: unknown;
  /** `file:line:column` of the value at a path, or of the nearest value around it. */
  locate(valuePath: readonly PropertyKey[]): string;
}

/**
 * Reads one YAML document.
 *
 * @throws BadInput when the file cannot be read (says why) or is not YAML (`file:line:column: reason`) with a mapping or nothing in it
 */
export function readYamlFile(path: string): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(readNamedText(path), { lineCounter: lines, prettyErrors: false, merge: true });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${path}:${line}:${col}`;
  };
  const problem = document.errors[0];
  if (problem !== undefined) throw new BadInput(`${at(problem.pos[0])}: not valid YAML: ${problem.message}`);
  const value = toPlainData(path, () => document.toJS());
  // A file of another kind, or a secret: not to be quoted.
  if (value !== null && (typeof value !== 'object' || Array.isArray(value))) {
    throw new BadInput(`${path}: holds no fields; it must be a YAML mapping, a "name: value" on each line`);
  }
  return {
    path,
    value,
    locate(valuePath) {
      for (let length = valuePath.length; length > 0; length--) {
        const node = document.getIn(valuePath.slice(0, length), true);
        if (isNode(node) && node.range) return at(node.range[0]);
      }
      return path;
    },
  };
}

/**
 * Validates a file and gives its value as the schema defines it.
 *
 * @throws BadInput with the place and the first problem: `file:line:column: path: reason`
 */
export function validateFile<Output>(file: YamlFile, schema: z.ZodType<Output>): Output {
  const result = schema.safeParse(file.value);
  if (result.success) return result.data;
  const { path, line } = firstProblem(result.error, file.value);
  throw new BadInput(`${file.locate(path)}: ${line}`);
}

/**
 * Validates data that is in memory already.
 *
 * @param name what the data is, for the message
 * @throws BadInput `name: path: reason`
 */
export function validateValue<Output>(name: string, value: unknown, schema: z.ZodType<Output>): Output {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new BadInput(`${name}: ${firstProblem(result.error, value).line}`);
}

/** Resolving aliases can fail on its own: the parser refuses documents that would explode. */
function toPlainData(path: string, convert: () => unknown): unknown {
  try {
    return convert();
  } catch (error) {
    throw new BadInput(`${path}: not valid YAML: ${(error as Error).message}`);
  }
}
