/**
 * Headers by which a request tells a twin what no real provider could know. A proxy in between has to pass them
 * on; without them a twin draws or derives the same things by itself.
 */
export const TWIN_HEADERS = {
  /** Whom the draws are keyed by; the first of the two that is there. Without either, requests count up. */
  requestId: ['x-token-pool-request-id', 'x-request-id'],
  /** 1, 2, ...; 1 when missing. */
  attempt: 'x-token-pool-attempt',
  /** Tokens of the answer in full, before `max_tokens` cuts it. */
  outputTokens: 'x-twin-output-tokens',
  /** See `writePrefixBlocks`. */
  prefixBlocks: 'x-twin-prefix-blocks',
  /** The conversation; the body's `prompt_cache_key` serves as well. */
  session: 'x-session-id',
} as const;

/** Headers by which a twin says what it did. Times in scenario ms. */
export const TWIN_ANSWER_HEADERS = {
  /** When the attempt was put to the fleet. */
  atMs: 'x-twin-at-ms',
  target: 'x-twin-target',
} as const;

const BLOCKS_MAX = 65_536;
const RUN = /^(\d{1,16})(?:-(\d{1,16}))?$/;

/**
 * Block ids as a header: runs of consecutive ids shortened to `first-last`, separated by commas; an empty text for an
 * empty list and `none` for no list.
 */
export function writePrefixBlocks(blocks: readonly number[] | null): string {
  if (blocks === null) return 'none';
  let text = '';
  for (let index = 0; index < blocks.length;) {
    const first = blocks[index]!;
    let next = index + 1;
    while (next < blocks.length && blocks[next] === first + next - index) next++;
    const run = next - index > 1 ? `${first}-${first + next - index - 1}` : `${first}`;
    text += text === '' ? run : `,${run}`;
    index = next;
  }
  return text;
}

/** The list that {@link writePrefixBlocks} wrote; `undefined` when the text is none of its making or too long. */
export function readPrefixBlocks(text: string): readonly number[] | null | undefined {
  if (text === 'none') return null;
  const blocks: number[] = [];
  if (text === '') return blocks;
  for (const part of text.split(',')) {
    const run = RUN.exec(part);
    if (run === null) return undefined;
    const first = Number(run[1]);
    const last = run[2] === undefined ? first : Number(run[2]);
    if (last < first || !Number.isSafeInteger(last) || blocks.length + last - first >= BLOCKS_MAX) return undefined;
    for (let id = first; id <= last; id++) blocks.push(id);
  }
  return blocks;
}
