/** What a stretch of a source file is. `text` is the inside of a string, template or regular expression. */
type SpanKind = 'code' | 'comment' | 'text';

/**
 * The source with everything but line ends blanked in comments, so that a comment may speak of what the code
 * must not do.
 */
export function withoutComments(source: string): string {
  return blank(source, ['comment']);
}

/** The bare code: comments and the contents of strings, templates and regular expressions are blanked. */
export function bareCode(source: string): string {
  return blank(source, ['comment', 'text']);
}

function blank(source: string, kinds: readonly SpanKind[]): string {
  let result = '';
  for (const { kind, text } of spans(source)) {
    result += kinds.includes(kind) ? text.replace(/[^\n]/g, ' ') : text;
  }
  return result;
}

interface Span {
  readonly kind: SpanKind;
  readonly text: string;
}

const STRING = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/y;
const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const REGULAR_EXPRESSION = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/y;
/** A slash after one of these begins a regular expression; after anything else it divides. */
const BEFORE_EXPRESSION = /(?:^|[=(,:[!&|?{};>]|\b(?:return|typeof|case|in|of))\s*$/;

/** Splits a source file. Code inside `${}` of a template counts as code. */
function* spans(source: string): Generator<Span> {
  /** One entry for each template we are inside of: the depth of braces in its current `${}`. */
  const templates: number[] = [];
  let code = '';
  /** The last of the code before `i`, with an operand in place of a string, so that a slash after it divides. */
  let before = '';
  let i = 0;
  const match = (pattern: RegExp): string | null => {
    pattern.lastIndex = i;
    return pattern.exec(source)?.[0] ?? null;
  };
  while (i < source.length) {
    const char = source[i] ?? '';
    const depth = templates.at(-1);
    const closesHole = char === '}' && depth === 0;
    if (closesHole) templates.pop();
    if (char === '`' || closesHole) {
      yield { kind: 'code', text: code + char };
      code = '';
      const end = templateEnd(source, i + 1);
      yield { kind: 'text', text: source.slice(i + 1, end) };
      if (source[end] === '$') templates.push(0);
      code = source[end] === '$' ? '${' : (source[end] ?? '');
      before = code;
      i = end + code.length;
      continue;
    }
    const comment = char === '/' ? match(COMMENT) : null;
    const quoted =
      comment ??
      (char === "'" || char === '"' ? match(STRING) : null) ??
      (char === '/' && BEFORE_EXPRESSION.test(before) ? match(REGULAR_EXPRESSION) : null);
    if (quoted !== null) {
      yield { kind: 'code', text: code };
      yield { kind: comment === null ? 'text' : 'comment', text: quoted };
      code = '';
      if (comment === null) before = 'x';
      i += quoted.length;
      continue;
    }
    if (depth !== undefined && char === '{') templates[templates.length - 1] = depth + 1;
    if (depth !== undefined && char === '}') templates[templates.length - 1] = depth - 1;
    code += char;
    before = (before + char).slice(-16);
    i += 1;
  }
  yield { kind: 'code', text: code };
}

/** Where the literal part of a template that starts at `from` ends: at its backtick or at `${`. */
function templateEnd(source: string, from: number): number {
  let i = from;
  while (i < source.length && source[i] !== '`' && !(source[i] === '$' && source[i + 1] === '{')) {
    i += source[i] === '\\' ? 2 : 1;
  }
  return i;
}
