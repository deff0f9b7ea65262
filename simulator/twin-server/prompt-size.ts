/** How a twin counts and recognises a prompt: by its characters, which is cheap and can be met exactly. */
import { hashIntegers, hashText } from '../../src/router/keyed-draw.ts';

/** Of text, whatever the language. */
export const CHARACTERS_PER_TOKEN = 4;
/** Of an image, whatever its size: what OpenAI charges for one in low detail. */
export const IMAGE_TOKENS = 85;

/** Longest chain of blocks that is worked out of a text. */
const BLOCKS_MAX = 4_096;

/** @returns whole tokens, the last one begun counts */
export function promptTokens(characters: number, images: number): number {
  return Math.ceil(characters / CHARACTERS_PER_TOKEN) + images * IMAGE_TOKENS;
}

/**
 * Chained hashes of a prompt's blocks, the last one begun included: equal ids mean an equal text up to there. `null`
 * when it does not fill one block.
 *
 * @param texts of the prompt in their order
 * @param blockTokens >= 1
 */
export function prefixBlocksOf(texts: readonly string[], blockTokens: number): readonly number[] | null {
  const blockCharacters = blockTokens * CHARACTERS_PER_TOKEN;
  const prompt = texts.length === 1 ? texts[0]! : texts.join('');
  if (prompt.length < blockCharacters) return null;
  const count = Math.min(BLOCKS_MAX, Math.ceil(prompt.length / blockCharacters));
  const blocks = new Array<number>(count);
  let chain = 0;
  for (let block = 0; block < count; block++) {
    const hash = hashText(prompt.slice(block * blockCharacters, (block + 1) * blockCharacters));
    chain = hashIntegers(chain, hash, block, 0);
    blocks[block] = chain;
  }
  return blocks;
}
