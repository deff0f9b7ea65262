import { BLOCKS_PER_PROMPT_MAX } from './settings.ts';

const NO_BLOCKS: readonly number[] = Object.freeze([]);

/**
 * Ids of the full blocks of a prompt: first those of the client's system prompt, which all its requests share, then
 * those of the conversation, which its turns share as far as they go. A block is numbered by the owner of its text and
 * its place, so that two are equal only when all that stands before them is equal too, without any chance of collision.
 *
 * @param count full blocks of the prompt, below `BLOCKS_PER_PROMPT_MAX`
 * @param conversation owner of everything after the system prompt
 */
export function promptBlocks(
  count: number,
  system: { readonly owner: number; readonly blocks: number },
  conversation: number,
): readonly number[] {
  if (count === 0) return NO_BLOCKS;
  const ids = new Array<number>(count);
  const shared = Math.min(count, system.blocks);
  for (let place = 0; place < shared; place++) ids[place] = system.owner * BLOCKS_PER_PROMPT_MAX + place;
  for (let place = shared; place < count; place++) ids[place] = conversation * BLOCKS_PER_PROMPT_MAX + place;
  return ids;
}
