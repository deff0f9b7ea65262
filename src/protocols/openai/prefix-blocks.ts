import { crc32 } from 'node:zlib';

/** Most blocks of one request: the core keeps an entry for each. */
export const PREFIX_BLOCKS_MAX = 64;
/** A message that is longer counts as several blocks, so that a long prompt weighs more than a short one. Bytes. */
const BLOCK_BYTES = 4_096;

/**
 * Chained 32-bit hashes of a prompt's leading messages: an id stands for every byte up to the end of its block,
 * so equal ids mean (but for chance, 1 in 4 billion) an equal prefix up to there. A block ends with its message,
 * or after 4 KiB within one. Blanks and the order of fields count: a client repeats its own bytes turn by turn.
 *
 * @param scope whose prompts may be found equal, the client key: two scopes never share an id on purpose
 * @param toolsStart range of the value of `tools`, which providers put before the messages; -1 for none
 * @param messages start, end, start, end of the leading messages, in bytes
 */
export function prefixBlocks(
  body: Buffer,
  scope: string,
  toolsStart: number,
  toolsEnd: number,
  messages: readonly number[],
): readonly number[] | null {
  // The zero byte keeps the end of the scope apart from the start of the prompt.
  let hash = crc32(`${scope}\0`);
  if (toolsStart >= 0) hash = crc32(body.subarray(toolsStart, toolsEnd), hash);
  const blocks: number[] = [];
  for (let index = 0; index < messages.length; index += 2) {
    const end = messages[index + 1]!;
    for (let at = messages[index]!; at < end; at += BLOCK_BYTES) {
      if (blocks.length === PREFIX_BLOCKS_MAX) return blocks;
      hash = crc32(body.subarray(at, Math.min(end, at + BLOCK_BYTES)), hash);
      blocks.push(hash);
    }
  }
  return blocks.length === 0 ? null : blocks;
}
