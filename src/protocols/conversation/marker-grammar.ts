/**
 * What stands between `<**` and `**>`:
 *
 *     body   = "clear" | [ prefix ] target { "," target }      blanks around each are allowed; the prefix holds for all,
 *                                                            and may be said again before each
 *     prefix = "!" | "#" | "@" | "sticky:" | "force:"
 *     target = provider | provider "." name { "." name }       the names are a key's number, a key, a model
 *
 * Models may hold dots, so what the names after the first dot mean is for those to say who know the pool.
 */
import type { Instruction, InstructionKind } from '../../router/steering.ts';

/** Whole markers, with the six characters around the body. Longer ones are ordinary text. */
export const MARKER_LENGTH_MAX = 1_024;

/** Each prefix with what it means for a target with a dot and for a bare provider. */
const PREFIXES: readonly (readonly [prefix: string, dotted: InstructionKind, bare: InstructionKind])[] = [
  ['!', 'sticky', 'allow'],
  ['#', 'disable', 'disable'],
  ['@', 'enable', 'enable'],
  ['sticky:', 'sticky', 'sticky'],
  ['force:', 'force', 'force'],
];
/** A bare provider alone has meant the same as with `!` since January 2026. */
const NO_PREFIX = ['', 'force', 'allow'] as const;

/** A provider, then names none of which is empty. Nothing in it can match in two ways, so it does not backtrack. */
const TARGET = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/;
const CLEAR: readonly Instruction[] = [{ kind: 'clear', name: '' }];

/** True for every character that a body can have. Code delimiters, `<`, `*` and `>` are none of them. */
export function isBodyCharacter(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) || // a-z
    (code >= 0x40 && code <= 0x5a) || // @, A-Z
    (code >= 0x2c && code <= 0x2e) || // , - .
    (code >= 0x30 && code <= 0x3a) || // 0-9, :
    code === 0x20 ||
    code === 0x5f || // _
    code === 0x21 || // !
    code === 0x23 || // #
    code === 0x0a ||
    code === 0x0d ||
    code === 0x09
  );
}

/**
 * The instructions of a marker in their order, or null when the body does not fit the grammar: then it is ordinary text.
 * A body may span lines, but no empty line: that ends a paragraph, and a marker is part of one.
 */
export function parseMarkerBody(body: string): readonly Instruction[] | null {
  if (hasEmptyLine(body)) return null;
  const trimmed = body.trim();
  if (trimmed.toLowerCase() === 'clear') return CLEAR;
  const [prefix, dotted, bare] = PREFIXES.find(([start]) => trimmed.startsWith(start)) ?? NO_PREFIX;
  const instructions: Instruction[] = [];
  for (const item of trimmed.slice(prefix.length).split(',')) {
    const said = item.trim();
    const name = prefix !== '' && instructions.length > 0 && said.startsWith(prefix) ? said.slice(prefix.length) : said;
    if (!TARGET.test(name)) return null;
    instructions.push({ kind: name.includes('.') ? dotted : bare, name });
  }
  return instructions;
}

function hasEmptyLine(body: string): boolean {
  const lines = body.split('\n');
  return lines.slice(1, -1).some((line) => line.trim() === '');
}
