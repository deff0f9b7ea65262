import type * as z from 'zod';

/** How many places of further problems a line names. */
const PLACES_MAX = 9;

type Issue = z.core.$ZodIssue;

/** A validation problem as people read it. */
export interface Problem {
  readonly path: readonly PropertyKey[];
  /** `path: what is wrong`, one line. */
  readonly line: string;
}

/**
 * The first problem of a failed validation, in one line, with the number and the places of the others:
 * `twins[2].prices.inputUsdPerMillion: expected number >= 0, got -3 (and 1 more: seed)`. Unknown fields come first,
 * since a misspelt name is the usual cause of a missing one.
 *
 * @param value what was validated, to quote from
 */
export function firstProblem(error: z.ZodError, value: unknown): Problem {
  const problems = error.issues.flatMap((issue) => readIssue(issue, value));
  const unknown = problems.filter((problem) => problem.unknownField);
  const first = unknown[0] ?? problems[0];
  if (first === undefined) throw new Error('a failed validation without a problem');
  const others = otherPlaces(problems.filter((problem) => problem !== first));
  return { path: first.path, line: `${formatPath(first.path)}: ${first.text}${others}` };
}

/** One line is what people get, so of the others only their places are in it. */
function otherPlaces(others: readonly Pick<Problem, 'path'>[]): string {
  if (others.length === 0) return '';
  const places = [...new Set(others.map(({ path }) => formatPath(path)))];
  const named = places.slice(0, PLACES_MAX).join(', ');
  return ` (and ${others.length} more: ${named}${places.length > PLACES_MAX ? ', ...' : ''})`;
}

/** `['twins', 2, 'prices']` as `twins[2].prices`; the top of the file as `(top)`. */
export function formatPath(path: readonly PropertyKey[]): string {
  let text = '';
  for (const step of path) {
    const name = String(step);
    if (typeof step === 'number') text += `[${step}]`;
    else if (/^[\w$-]+$/.test(name)) text += text === '' ? name : `.${name}`;
    else text += `[${JSON.stringify(name)}]`;
  }
  return text === '' ? '(top)' : text;
}

interface ReadIssue {
  readonly path: readonly PropertyKey[];
  readonly text: string;
  readonly unknownField: boolean;
}

function readIssue(issue: Issue, value: unknown): ReadIssue[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...issue.path, key], text: issue.message, unknownField: true }));
  }
  const within = issue.code === 'invalid_union' ? issuesOfMeantForm(issue) : [];
  if (within.length > 0) return within.flatMap((each) => readIssue(each, value));
  const got = valueAt(value, issue.path);
  const text = got === undefined && issue.code === 'invalid_type' ? missing(issue) : wrong(issue, got);
  return [{ path: issue.path, text, unknownField: false }];
}

/**
 * What is wrong inside a value that can be written in several forms, when its type shows which of them is meant. Empty
 * when it does not, or when it is the value itself that is wrong: the forms together then say best what is expected.
 */
function issuesOfMeantForm({ errors, path }: z.core.$ZodIssueInvalidUnion): Issue[] {
  const meant = errors.filter((issues) =>
    issues.every((issue) => issue.path.length > 0 || !TYPE_CODES.includes(issue.code)),
  );
  const [issues = []] = meant;
  const isInside = issues.some((issue) => issue.path.length > 0 || issue.code === 'unrecognized_keys');
  if (meant.length !== 1 || !isInside) return [];
  return issues.map((issue) => ({ ...issue, path: [...path, ...issue.path] }));
}

/** Of a value that is of another type altogether. */
const TYPE_CODES: readonly string[] = ['invalid_type', 'invalid_value'];

function missing(issue: Issue): string {
  const expected = expectation(issue);
  return expected === null ? `missing; ${issue.message}` : `missing; expected ${expected}`;
}

function wrong(issue: Issue, got: unknown): string {
  const expected = expectation(issue);
  const complaint = expected === null ? issue.message : `expected ${expected}`;
  // Cross-checks name the value in their own words.
  return issue.code === 'custom' ? complaint : `${complaint}, got ${quote(got)}`;
}

/** What would have been right; `null` when the issue's own message says it best. */
function expectation(issue: Issue): string | null {
  switch (issue.code) {
    case 'invalid_type':
      return typeName(issue.expected);
    case 'too_small':
      return `${sizeName(issue.origin)} ${issue.inclusive === false ? '>' : '>='} ${issue.minimum}${sizeUnit(issue.origin)}`;
    case 'too_big':
      return `${sizeName(issue.origin)} ${issue.inclusive === false ? '<' : '<='} ${issue.maximum}${sizeUnit(issue.origin)}`;
    case 'invalid_value':
      return issue.values.length === 1 ? String(issue.values[0]) : `one of ${issue.values.join(', ')}`;
    case 'invalid_union':
      return 'options' in issue && Array.isArray(issue.options) ? `one of ${issue.options.join(', ')}` : null;
    case 'invalid_format':
    case 'not_multiple_of':
    case 'unrecognized_keys':
    case 'invalid_key':
    case 'invalid_element':
    case 'custom':
      return null;
  }
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'text',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping of fields',
  record: 'a mapping of names',
};

function typeName(expected: string): string {
  return TYPE_NAMES[expected] ?? expected;
}

function sizeName(origin: string): string {
  return origin === 'array' ? 'a list of' : origin === 'string' ? 'text of' : 'number';
}

function sizeUnit(origin: string): string {
  return origin === 'array' ? ' entries' : origin === 'string' ? ' characters' : '';
}

function quote(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value === 'object') return 'a mapping';
  if (typeof value !== 'string') return String(value);
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
}

/** What stands at a path; `undefined` where there is nothing. */
function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let current = value;
  for (const step of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, step)) return undefined;
    current = (current as Record<PropertyKey, unknown>)[step];
  }
  return current;
}
