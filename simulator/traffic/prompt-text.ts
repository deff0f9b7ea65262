/** The text of a row's prompt within the JSON of its request. */
import type { TraceRow } from '../../datasets/trace.ts';
import { CHARACTERS_PER_TOKEN } from '../twin-server/prompt-size.ts';
import { writeFiller } from './filler-text.ts';
import { promptPieces } from './prompt-pieces.ts';

/** Prompts of a trace that are longer are cut to this; 4 MB of text. */
export const PROMPT_TOKENS_MAX = 1_000_000;

/** `before`, a text of so many tokens by the twins' count that holds nothing to be escaped, and `after`; UTF-8. */
export function aroundPrompt(before: string, row: TraceRow, textTokens: number, after: string): Buffer {
  const beforeBytes = Buffer.byteLength(before);
  const body = Buffer.allocUnsafe(beforeBytes + textTokens * CHARACTERS_PER_TOKEN + Buffer.byteLength(after));
  let end = body.write(before);
  for (const piece of promptPieces(row, textTokens))
    end = writeFiller(body, end, piece.name, piece.place, piece.tokens);
  body.write(after, end);
  return body;
}
