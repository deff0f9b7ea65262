/** What a call of a tool does, by the tool's name; for a shell, by its command. */
import type { ToolCategory } from '../../router/steering.ts';
import { commandCategory } from './shell-command.ts';

const SHELL_TOOLS: ReadonlySet<string> = new Set(['shell_command', 'shell', 'bash', 'exec_command']);
const COMMAND_FIELDS = ['command', 'cmd', 'script', 'input'] as const;

/** Of several calls of one turn the first of these decides. */
const RANKS: readonly ToolCategory[] = ['websearch', 'read', 'write', 'search', 'other'];

const FILE_NOUNS = new Set(
  'file files document documents notebook folder folders directory directories dir dirs path paths code'.split(' '),
);
/** Lists of things to do are changed all the time, and no file is. */
const PLAN_NOUNS = new Set(['todo', 'todos', 'plan', 'task', 'tasks']);
/** The first set says enough, the second only together with a file. */
const WRITE_VERBS = [
  new Set(['write', 'edit', 'multiedit', 'patch', 'applypatch']),
  new Set('create update modify append insert replace delete remove move rename save copy'.split(' ')),
] as const;
const READ_VERBS = [
  new Set(['read', 'view', 'cat']),
  new Set(['open', 'get', 'show', 'load', 'download', 'fetch']),
] as const;
const SEARCH_VERBS = [
  new Set(['search', 'find', 'grep', 'ripgrep', 'rg', 'glob', 'ls', 'tree']),
  new Set(['list', 'lookup', 'locate']),
] as const;
const WEB_NAMES = ['websearch', 'searchweb', 'webfetch', 'searchtheweb', 'internetsearch', 'searchinternet'];
const WEB_ENGINES = new Set(['google', 'bing', 'brave', 'duckduckgo', 'tavily', 'baidu', 'online', 'web', 'internet']);

/**
 * The category of one call.
 *
 * @param argumentsText the JSON text of the arguments, or for a tool that takes plain text, that
 * @param isPlain the arguments are plain text
 */
export function toolCategory(name: string, argumentsText: unknown, isPlain = false): ToolCategory {
  if (SHELL_TOOLS.has(name.toLowerCase())) {
    const command = isPlain ? argumentsText : commandIn(argumentsText);
    return isCommand(command) ? commandCategory(command) : 'other';
  }
  return categoryOfName(name.slice(0, 128));
}

/** What a turn with such calls did; null when there are none. */
export function turnCategory(calls: readonly ToolCategory[]): ToolCategory | null {
  return RANKS.find((category) => calls.includes(category)) ?? null;
}

function categoryOfName(name: string): ToolCategory {
  const words = wordsOf(name);
  const joined = words.join('');
  const has = (set: ReadonlySet<string>): boolean => words.some((word) => set.has(word));
  const isOneOf = ([enough, withFile]: readonly [ReadonlySet<string>, ReadonlySet<string>]): boolean =>
    has(enough) || (has(withFile) && has(FILE_NOUNS));
  if (WEB_NAMES.some((web) => joined.includes(web))) return 'websearch';
  if (words.includes('search') && has(WEB_ENGINES)) return 'websearch';
  if (has(PLAN_NOUNS)) return 'other';
  if (joined.includes('applypatch') || joined.startsWith('strreplace') || isOneOf(WRITE_VERBS)) return 'write';
  if (joined === 'readfile' || isOneOf(READ_VERBS)) return 'read';
  return isOneOf(SEARCH_VERBS) ? 'search' : 'other';
}

/** `mcp__files__readFile` is mcp, files, read, file. */
function wordsOf(name: string): readonly string[] {
  return name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word !== '');
}

function commandIn(argumentsText: unknown): unknown {
  let fields = argumentsText;
  if (typeof argumentsText === 'string') {
    try {
      fields = JSON.parse(argumentsText) as unknown;
    } catch {
      return null;
    }
  }
  if (typeof fields !== 'object' || fields === null) return null;
  const found = COMMAND_FIELDS.find((field) => isCommand((fields as Readonly<Record<string, unknown>>)[field]));
  return found === undefined ? null : (fields as Readonly<Record<string, unknown>>)[found];
}

function isCommand(value: unknown): value is string | readonly string[] {
  return (
    typeof value === 'string' || (Array.isArray(value) && value.every((word: unknown) => typeof word === 'string'))
  );
}
