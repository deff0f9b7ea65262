/**
 * Takes a shell command apart, as far as is needed to see what it does: its simple commands, what they are chained by,
 * and whether they write into a file. No shell: nothing is expanded, and what is broken is read as far as it goes.
 */

/** One simple command. */
export interface ShellCommand {
  /** Without quotes and redirections. */
  readonly words: readonly string[];
  /** Its output goes into a file, or its input is a here-document. */
  readonly writesFile: boolean;
  /** It reads what the one before it writes. */
  readonly isPiped: boolean;
}

/** What comes behind is not looked at: the rest of a long command is the text that it writes. Characters. */
const COMMAND_LENGTH_MAX = 16_384;
/** Writing to these leaves nothing behind. */
const NO_FILES: ReadonlySet<string> = new Set(['/dev/null', '/dev/stdout', '/dev/stderr', '/dev/tty', '$null', 'NUL']);

const BLANKS = ' \t\r';
const SEPARATORS = '\n;&|()`';

/** The simple commands in their order; those within `$(...)` and parentheses count as well. */
export function shellCommands(text: string): readonly ShellCommand[] {
  const reader = new CommandReader(text.slice(0, COMMAND_LENGTH_MAX));
  reader.read();
  return reader.commands;
}

class CommandReader {
  readonly commands: ShellCommand[] = [];
  private readonly text: string;
  private at = 0;
  private words: string[] = [];
  /** The word that is being read; null between words. */
  private word: string | null = null;
  private writesFile = false;
  private isPiped = false;
  /** The next word is where a redirection leads to. */
  private awaitsFile = false;

  constructor(text: string) {
    this.text = text;
  }

  read(): void {
    const { text } = this;
    while (this.at < text.length) {
      const character = text[this.at]!;
      if (character === "'" || character === '"') this.readQuoted(character);
      else if (character === '\\') this.readEscaped();
      else if (character === '#' && this.word === null) this.skipComment();
      else if (character === '>' || character === '<') this.readRedirection(character);
      else if (BLANKS.includes(character) || text.startsWith('&>', this.at)) {
        this.at++;
        this.endWord();
      } else if (SEPARATORS.includes(character)) this.readSeparator(character);
      else {
        this.at++;
        this.add(character);
      }
    }
    this.endCommand(false);
  }

  private add(characters: string): void {
    this.word = (this.word ?? '') + characters;
  }

  /** To the closing quote, or the end. Within double quotes a backslash hides a quote. */
  private readQuoted(quote: string): void {
    const { text } = this;
    let end = this.at + 1;
    const parts: string[] = [];
    while (end < text.length && text[end] !== quote) {
      if (quote === '"' && text[end] === '\\' && end + 1 < text.length) end++;
      parts.push(text[end]!);
      end++;
    }
    this.at = end + 1;
    this.add(parts.join(''));
  }

  private readEscaped(): void {
    const next = this.text[this.at + 1] ?? '';
    this.at += 2;
    // At the end of a line it carries the command on.
    if (next === '\n' || next === '\r') this.endWord();
    else this.add(next);
  }

  private skipComment(): void {
    const end = this.text.indexOf('\n', this.at);
    this.at = end < 0 ? this.text.length : end;
  }

  private readRedirection(character: string): void {
    const { text } = this;
    // The number of a stream belongs to the redirection: `2>file`.
    if (this.word !== null && /^\d+$/.test(this.word)) this.word = null;
    this.endWord();
    let end = this.at + 1;
    while (text[end] === character) end++;
    const length = end - this.at;
    if (character === '<') {
      this.at = end;
      if (text[end] === '(') return;
      if (length === 2) this.writesFile = true;
      else this.awaitsFile = false;
      return;
    }
    if (text[end] === '|') end++;
    this.at = end;
    // `>&2` and `2>&1` lead to another stream, `>&file` to a file.
    if (text[end] === '&') {
      this.at = end + 1;
      if (/[\d-]/.test(text[end + 1] ?? '')) {
        this.at = end + 2;
        return;
      }
    }
    this.awaitsFile = true;
  }

  private endWord(): void {
    const { word } = this;
    if (word === null) return;
    this.word = null;
    if (!this.awaitsFile) {
      this.words.push(word);
      return;
    }
    this.awaitsFile = false;
    if (!NO_FILES.has(word)) this.writesFile = true;
  }

  private readSeparator(character: string): void {
    // The dollar of `$(` is no word.
    if (character === '(' && this.word?.endsWith('$') === true) this.word = this.word.slice(0, -1) || null;
    const isDouble = this.text[this.at + 1] === character;
    this.at += isDouble && (character === '|' || character === '&') ? 2 : 1;
    this.endCommand(character === '|' && !isDouble);
    if (character === '|' && !isDouble && this.text[this.at] === '&') this.at++;
  }

  private endCommand(pipesOn: boolean): void {
    this.endWord();
    const { words, writesFile, isPiped } = this;
    if (words.length > 0 || writesFile) this.commands.push({ words, writesFile, isPiped });
    this.words = [];
    this.writesFile = false;
    this.awaitsFile = false;
    this.isPiped = pipesOn;
  }
}
