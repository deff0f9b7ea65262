import type { TraceRow } from '../../datasets/trace.ts';
import { hashText } from '../../src/router/keyed-draw.ts';

/** A stretch of a prompt that another prompt may have too. */
export interface PromptPiece {
  readonly name: string;
  readonly place: number;
  readonly tokens: number;
}

/** Of the blocks in public traces and in the generator's. */
const BLOCK_TOKENS = 512;

/**
 * What a row's prompt is made of. With prefix blocks: one piece for each, of 512 tokens when that fits the row and
 * otherwise of equal shares, and one of its own for what is left. With a session: the session's text as far as the
 * prompt goes, so that each turn begins with the one before. Otherwise: text of its own.
 *
 * @param tokens of the prompt, >= 0
 */
export function promptPieces(row: TraceRow, tokens: number): readonly PromptPiece[] {
  const { prefixBlocks, sessionId, requestId } = row;
  if (prefixBlocks === null || prefixBlocks.length === 0) {
    return [sessionId === null ? namedPiece('r', requestId, tokens) : namedPiece('s', sessionId, tokens)];
  }
  const count = prefixBlocks.length;
  const fits = tokens > (count - 1) * BLOCK_TOKENS && tokens < (count + 1) * BLOCK_TOKENS;
  const share = fits ? BLOCK_TOKENS : Math.ceil(tokens / count);
  const pieces: PromptPiece[] = [];
  let left = tokens;
  for (const block of prefixBlocks) {
    if (left === 0) break;
    const size = Math.min(share, left);
    pieces.push({ name: block.toString(36), place: hashText(String(block)), tokens: size });
    left -= size;
  }
  if (left > 0) pieces.push(namedPiece('r', requestId, left));
  return pieces;
}

function namedPiece(kind: 'r' | 's', owner: string, tokens: number): PromptPiece {
  const place = hashText(owner);
  return { name: `${kind}${place.toString(36)}`, place, tokens };
}
