import type { SourceFile } from './source-files.ts';
import { bareCode } from './source-text.ts';

const LINES_MAX = 400;
const NAMES_WITHOUT_A_SUBJECT = ['utils', 'util', 'common', 'helpers', 'helper', 'misc'];
const KEBAB_CASE = /^[a-z0-9]+(?:[-.][a-z0-9]+)*$/;
const CAPITAL_NAMES = ['README.md', 'LICENSE', 'CHANGELOG.md', 'NOTICE'];
// Spelled so that this file does not find itself.
const UNFINISHED = /\b(?:TO[D]O|FIX[M]E|XX[X])\b/;
const HELD_BACK_TEST = /\b(?:it|test|describe)(?:\.\w+)*\.(?:skip|only|todo)\b|\bx(?:it|describe)\s*\(/;

/** What is wrong with the name of a file or of a folder on its path. */
export function badNames(path: string): string[] {
  const steps = path.split('/');
  const file = steps.at(-1) ?? '';
  const problems = steps
    .map((step) => step.replace(/\..*$/, ''))
    .filter((stem) => NAMES_WITHOUT_A_SUBJECT.includes(stem))
    .map((stem) => `"${stem}" says nothing of the subject`);
  const odd = steps.filter((step) => !KEBAB_CASE.test(step) && !(step === file && CAPITAL_NAMES.includes(file)));
  return [...problems, ...odd.map((step) => `"${step}" is not in kebab-case`)];
}

/** What is wrong with the text of a file, whatever its subject. */
export function badHabits({ path, text }: SourceFile): string[] {
  const problems: string[] = [];
  const lines = text.trimEnd().split('\n').length;
  if (lines > LINES_MAX && !path.startsWith('tests/')) problems.push(`${lines} lines, at most ${LINES_MAX}`);
  if (UNFINISHED.test(text)) problems.push('work put off in a comment');
  if (HELD_BACK_TEST.test(bareCode(text))) problems.push('a test that is skipped or run alone');
  return problems;
}
