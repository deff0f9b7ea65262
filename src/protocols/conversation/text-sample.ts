/** How much of a message is looked at for words that say what it is about. Characters. */
export const TEXT_SAMPLE_LENGTH_MAX = 2_000;

/** The beginning of a message's texts, each from a line of its own. */
export function textSample(texts: Iterable<string>): string {
  let sample = '';
  for (const text of texts) {
    const room = TEXT_SAMPLE_LENGTH_MAX - sample.length;
    if (room <= 0) break;
    sample += (sample === '' ? '' : '\n') + text.slice(0, room);
  }
  return sample.slice(0, TEXT_SAMPLE_LENGTH_MAX);
}
