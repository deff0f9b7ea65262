/**
 * Prompts made of nothing: text that costs a copy, has exactly as many tokens as asked for by the twins' count, and
 * shares its beginning with another prompt when, and only when, the trace says so.
 */
import { hashIntegers } from '../../src/router/keyed-draw.ts';
import { CHARACTERS_PER_TOKEN } from '../twin-server/prompt-size.ts';

const RING_TOKENS = 65_536;
/** Of the name that every piece begins with: 3 tokens. */
const NAME_CHARACTERS = 12;
const CONSONANTS = 'bdfghklmnprstvz';
const VOWELS = 'aeiou';

let ring: Buffer | null = null;

/** Three letters and a space a token; made once, 256 KiB. */
function ringOfFiller(): Buffer {
  if (ring !== null) return ring;
  ring = Buffer.allocUnsafe(RING_TOKENS * CHARACTERS_PER_TOKEN);
  for (let token = 0; token < RING_TOKENS; token++) {
    const draw = hashIntegers(0, token, 0, 0);
    const first = CONSONANTS[draw % CONSONANTS.length]!;
    const second = VOWELS[(draw >>> 8) % VOWELS.length]!;
    const third = CONSONANTS[(draw >>> 16) % CONSONANTS.length]!;
    ring.write(`${first}${second}${third} `, token * CHARACTERS_PER_TOKEN, 'latin1');
  }
  return ring;
}

/**
 * Writes a piece of filler: its name, so that pieces of other names differ from the start, and words from a place that
 * follows from the name. Two pieces of one name are the same as far as both go. Plain ASCII that JSON need not escape.
 *
 * @param name at most 11 characters, letters and digits
 * @param place whole number that follows from the name
 * @param tokens length, >= 0
 * @returns where the piece ends in `target`
 */
export function writeFiller(target: Buffer, offset: number, name: string, place: number, tokens: number): number {
  const source = ringOfFiller();
  const end = offset + tokens * CHARACTERS_PER_TOKEN;
  let from = (place % RING_TOKENS) * CHARACTERS_PER_TOKEN;
  let to = offset;
  while (to < end) {
    const copied = source.copy(target, to, from, Math.min(source.length, from + end - to));
    to += copied;
    from = 0;
  }
  target.write(name.padEnd(NAME_CHARACTERS, ' '), offset, Math.min(NAME_CHARACTERS, end - offset), 'latin1');
  return end;
}
