/** Words by which a client's background work is known. */

/** Of those who configure none. */
export const BACKGROUND_KEYWORDS_DEFAULT: readonly string[] = ['background', 'context dump'];

/**
 * True when a text holds one of the keywords, whatever the case. Blank keywords are none: they would be in every text.
 *
 * @param text a sample, see `TEXT_SAMPLE_LENGTH_MAX`
 */
export function isBackgroundText(text: string, keywords: readonly string[]): boolean {
  const plain = text.toLowerCase();
  return keywords.some((keyword) => keyword.trim() !== '' && plain.includes(keyword.trim().toLowerCase()));
}
