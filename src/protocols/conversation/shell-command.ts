/** What a shell command does with files, judged by its words alone. */
import type { ToolCategory } from '../../router/steering.ts';
import {
  GIT_READS,
  GIT_SEARCHES,
  GIT_WRITES,
  PACKAGE_MANAGERS,
  READING_COMMANDS,
  SEARCHING_COMMANDS,
  SHELLS,
  WRAPPER_VALUE_OPTIONS,
  WRAPPERS,
  WRITING_COMMANDS,
} from './command-words.ts';
import { shellCommands } from './shell-words.ts';

export type CommandCategory = Exclude<ToolCategory, 'websearch'>;

/** Shells within shells that are looked into. */
const DEPTH_MAX = 4;
const ASSIGNMENT = /^[A-Za-z_]\w*=/;
/** `-c`, and together with others as in `-lc`. */
const COMMAND_OPTION = /^-[a-z]*c$/i;
/** `-i`, `-i.bak`, `-ni`, `-pi`; not the modules and folders of Perl. */
const IN_PLACE_OPTION = /^-(?![MI])[a-zA-Z]*i/;

/** Along a pipe what is found counts before what is read: in `cat x | grep y` and `grep y x | head` something is sought. */
const WITHIN_PIPE = ['other', 'read', 'search', 'write'] as const satisfies readonly CommandCategory[];
/** One after the other as among the calls of a turn, but for writing, which leaves the most behind. */
const IN_SEQUENCE = ['other', 'search', 'read', 'write'] as const satisfies readonly CommandCategory[];

/**
 * Any writing wins; else what the pipes of the command do, see {@link WITHIN_PIPE} and {@link IN_SEQUENCE}.
 *
 * @param command text for a shell, or a program with its arguments
 */
export function commandCategory(command: string | readonly string[]): CommandCategory {
  return typeof command === 'string' ? categoryOfText(command, 0) : categoryOfWords(command, 0);
}

function categoryOfText(text: string, depth: number): CommandCategory {
  let result: CommandCategory = 'other';
  let pipe: CommandCategory = 'other';
  for (const { words, writesFile, isPiped } of shellCommands(text)) {
    const category = writesFile ? 'write' : categoryOfWords(words, depth);
    if (isPiped) pipe = later(WITHIN_PIPE, pipe, category);
    else {
      result = later(IN_SEQUENCE, result, pipe);
      pipe = category;
    }
  }
  return later(IN_SEQUENCE, result, pipe);
}

function later(order: readonly CommandCategory[], a: CommandCategory, b: CommandCategory): CommandCategory {
  return order.indexOf(a) > order.indexOf(b) ? a : b;
}

function categoryOfWords(words: readonly string[], depth: number): CommandCategory {
  const start = afterWrappers(words);
  const program = programName(words[start] ?? '');
  const rest = words.slice(start + 1);
  if (SHELLS.has(program)) return categoryOfShell(rest, depth);
  if (program === 'eval') return depth < DEPTH_MAX ? categoryOfText(rest.join(' '), depth + 1) : 'other';
  if (program === 'git') return categoryOfGit(rest);
  if (isWrite(program, rest)) return 'write';
  if (READING_COMMANDS.has(program)) return 'read';
  return SEARCHING_COMMANDS.has(program) ? 'search' : 'other';
}

/** The place of the first word that is neither an assignment, nor a wrapper, nor an option of one. */
function afterWrappers(words: readonly string[]): number {
  let isWrapped = false;
  let at = 0;
  for (; at < words.length; at++) {
    const word = words[at]!;
    if (ASSIGNMENT.test(word)) continue;
    if (WRAPPERS.has(programName(word))) isWrapped = true;
    else if (isWrapped && word.startsWith('-')) at += WRAPPER_VALUE_OPTIONS.has(word) ? 1 : 0;
    // `timeout 10s`
    else if (!isWrapped || !/^\d+(?:\.\d+)?[smhd]?$/.test(word)) break;
  }
  return at;
}

function programName(word: string): string {
  const name = word.slice(Math.max(word.lastIndexOf('/'), word.lastIndexOf('\\')) + 1).toLowerCase();
  return name.endsWith('.exe') ? name.slice(0, -'.exe'.length) : name;
}

function categoryOfShell(rest: readonly string[], depth: number): CommandCategory {
  const option = rest.findIndex((word) => COMMAND_OPTION.test(word) || word.toLowerCase() === '-command');
  const text = option < 0 ? undefined : rest[option + 1];
  return text === undefined || depth >= DEPTH_MAX ? 'other' : categoryOfText(text, depth + 1);
}

function categoryOfGit(rest: readonly string[]): CommandCategory {
  let at = 0;
  // `git -C folder log`
  while (rest[at]?.startsWith('-') === true) at += rest[at] === '-C' || rest[at] === '-c' ? 2 : 1;
  const subcommand = rest[at] ?? '';
  if (GIT_WRITES.has(subcommand)) return 'write';
  if (GIT_READS.has(subcommand)) return 'read';
  return GIT_SEARCHES.has(subcommand) ? 'search' : 'other';
}

function isWrite(program: string, rest: readonly string[]): boolean {
  if (WRITING_COMMANDS.has(program)) return true;
  switch (program) {
    case 'sed':
    case 'perl':
      return rest.some((word) => IN_PLACE_OPTION.test(word) || word.startsWith('--in-place'));
    case 'awk':
    case 'gawk':
      return rest.some((word, index) => word === 'inplace' && rest[index - 1] === '-i');
    case 'tee':
      return rest.some((word) => !word.startsWith('-') && !word.startsWith('/dev/'));
    case 'find':
      return rest.includes('-delete') || isWriteOfFind(rest);
    case 'python':
    case 'python3':
      return rest[0] === '-m' && rest[1] === 'pip' && installs('pip', rest.slice(2));
    case 'curl':
      return rest.some((word) => word === '-o' || word === '-O' || word === '--output' || word === '--remote-name');
    default:
      return installs(program, rest);
  }
}

/** `find -exec rm {} +` */
function isWriteOfFind(rest: readonly string[]): boolean {
  const at = rest.findIndex((word) => /^-(?:exec|ok)(?:dir)?$/.test(word));
  if (at < 0) return false;
  const command = rest.slice(at + 1);
  return isWrite(programName(command[0] ?? ''), command.slice(1));
}

function installs(program: string, rest: readonly string[]): boolean {
  const verbs = PACKAGE_MANAGERS.get(program);
  if (verbs === undefined) return false;
  const isVerb = (word: string | undefined): boolean => word !== undefined && verbs.has(word);
  const first = rest.findIndex((word) => isVerb(word) || !word.startsWith('-'));
  // `uv pip install`, `npm -g install`; a bare `yarn` installs, but is as often a version check.
  return isVerb(rest[first]) || (rest[first] === 'pip' && isVerb(rest[first + 1]));
}
