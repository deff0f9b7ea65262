/** Into how many blocks of consecutive arrivals requests are cut for a bootstrap. */

const BLOCKS_MAX = 50;
/** A block of fewer requests says little about a tail. */
const REQUESTS_PER_BLOCK_MIN = 50;

/** 1 to 50. */
export function blockCount(requests: number): number {
  return Math.max(1, Math.min(BLOCKS_MAX, Math.floor(requests / REQUESTS_PER_BLOCK_MIN)));
}
