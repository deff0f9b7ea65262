/**
 * The messages of a row that says where it wants to go: a conversation of the shape that its signals tell of, made so
 * that a proxy finds in it what the trace says.
 */
import { markerOf } from '../../datasets/instruction-markers.ts';
import type { TraceRow } from '../../datasets/trace.ts';
import type { RouteSignals, Steering, ToolCategory } from '../../src/router/index.ts';
import { CHARACTERS_PER_TOKEN } from '../twin-server/prompt-size.ts';

/** What a prompt is made of: the text before the filler, and after it. Neither breaks a token of the twins' count. */
export interface SteeredMessages {
  /** JSON of the messages up to where the filler goes, within the text of the first one. */
  readonly before: string;
  /** The rest, with the closing bracket of the list. */
  readonly after: string;
  /** Tokens of the texts other than the filler, by the twins' count. */
  readonly ownTokens: number;
  readonly images: number;
}

/** A call that a classifier takes for one of its kind, by its name and arguments alone. */
const CALLS: Readonly<Record<ToolCategory, { readonly name: string; readonly arguments: string }>> = {
  websearch: { name: 'web_search', arguments: '{"query":"weather"}' },
  read: { name: 'read_file', arguments: '{"path":"notes.txt"}' },
  write: { name: 'write_file', arguments: '{"path":"notes.txt","content":"done"}' },
  search: { name: 'grep', arguments: '{"pattern":"notes"}' },
  other: { name: 'calculate', arguments: '{"expression":"1 + 1"}' },
};
const CALL_ID = 'call_1';

/** What a user says for a search of the web, for background work, and to go on. */
const SEARCH_WORDS = 'search the web';
const BACKGROUND_WORDS = 'background';
const GO_ON = 'go on';
const DONE = 'done';

/**
 * An earlier turn, or an image further back, is there only where the row needs it. Instructions that no marker can say
 * are left out.
 *
 * @param image JSON of the part that is an image
 */
export function steeredMessages(row: TraceRow, steering: Steering, image: string): SteeredMessages {
  const signals = steering.signals ?? plainSignals(row);
  const { latestFromUser, lastTool } = signals;
  const hasImage = row.hasImage || signals.hasImage;
  // Where nothing is declared, an earlier turn has to show that there are tools.
  const showsTools = signals.usesTools && !row.hasTools;
  const hidesImage = hasImage && !signals.hasImage;
  const words = wordsOf(signals);
  const isAlone = latestFromUser && lastTool === null && !showsTools && !hidesImage && words.length === 0;
  const isLatest = isAlone || !latestFromUser;
  const markers = steering.instructions.map(markerOf).filter((marker) => marker !== null);
  const hasImageFirst = hasImage && (isLatest || hidesImage);
  const writer = new MessageWriter(hasImageFirst ? image : null, isLatest ? markers : []);
  if (isAlone) return writer.messages(hasImage ? 1 : 0);
  if (lastTool !== null) writer.toolCall(lastTool);
  else if (showsTools) writer.toolCall('other');
  if (lastTool === null) writer.assistant(DONE);
  // Words beside the markers, for a message of nothing else is gone when they are taken out of it.
  const said = [...(words.length === 0 ? [GO_ON] : words), ...markers];
  if (latestFromUser) writer.user(said, hasImageFirst || !hasImage ? null : image);
  return writer.messages(hasImage ? 1 : 0);
}

/** Of a row that tells no signals: one message, as without steering. */
function plainSignals({ hasImage, hasTools }: TraceRow): RouteSignals {
  return {
    latestFromUser: true,
    hasImage,
    wantsWebSearch: false,
    isBackground: false,
    lastTool: null,
    usesTools: hasTools,
  };
}

/**
 * The words that stand for signals. They need a short message of their own: of a long one only the beginning is looked
 * at, and there stands what it has in common with other prompts.
 */
function wordsOf({ latestFromUser, wantsWebSearch, isBackground }: RouteSignals): readonly string[] {
  if (!latestFromUser) return [];
  return [...(wantsWebSearch ? [SEARCH_WORDS] : []), ...(isBackground ? [BACKGROUND_WORDS] : [])];
}

class MessageWriter {
  private readonly before: string;
  private after: string;
  private ownTokens = 0;

  constructor(image: string | null, said: readonly string[]) {
    this.before = `[{"role":"user","content":${image === null ? '"' : '[{"type":"text","text":"'}`;
    const words = said.length === 0 ? '' : ` ${this.text(said.join(' '), 1)}`;
    this.after = `${inJson(words)}${image === null ? '"}' : `"},${image}]}`}`;
  }

  toolCall(category: ToolCategory): void {
    const { name, arguments: args } = CALLS[category];
    const call = { id: CALL_ID, type: 'function', function: { name, arguments: args } };
    this.add({ role: 'assistant', content: null, tool_calls: [call] });
    this.add({ role: 'tool', tool_call_id: CALL_ID, content: this.text(DONE) });
  }

  assistant(words: string): void {
    this.add({ role: 'assistant', content: this.text(words) });
  }

  user(said: readonly string[], image: string | null): void {
    const text = this.text(said.join(' '));
    const content = image === null ? text : [{ type: 'text', text }, JSON.parse(image) as unknown];
    this.add({ role: 'user', content });
  }

  messages(images: number): SteeredMessages {
    return { before: this.before, after: `${this.after}]`, ownTokens: this.ownTokens, images };
  }

  private add(message: object): void {
    this.after += `,${JSON.stringify(message)}`;
  }

  /** Filled up to whole tokens; `beside` characters stand next to it. */
  private text(words: string, beside = 0): string {
    const tokens = Math.ceil((words.length + beside) / CHARACTERS_PER_TOKEN);
    this.ownTokens += tokens;
    return words.padEnd(tokens * CHARACTERS_PER_TOKEN - beside, ' ');
  }
}

/** A text as it stands between the quotes of JSON. */
function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
