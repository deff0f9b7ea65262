/** What twins say: one token is one syllable of four characters, so that text and figures agree. */
import { CHARACTERS_PER_TOKEN } from './prompt-size.ts';

const SYLLABLES = ['ora', 'lin', 'ten', 'mur', 'sal', 'dev', 'kor', 'pin', 'est', 'aru', 'vel', 'nim', 'tos', 'bel'];
const RING_TOKENS = 4_096;
const RING = Array.from({ length: RING_TOKENS }, (_, index) => ` ${SYLLABLES[index % SYLLABLES.length]}`).join('');

/** Tokens `from` (included) to `to` of the one text that all twins recite; needs no escaping in JSON. */
export function answerText(from: number, to: number): string {
  const start = (from % RING_TOKENS) * CHARACTERS_PER_TOKEN;
  const length = Math.max(0, to - from) * CHARACTERS_PER_TOKEN;
  if (start + length <= RING.length) return RING.slice(start, start + length);
  return (RING.slice(start) + RING.repeat(Math.ceil(length / RING.length))).slice(0, length);
}
