/** The two ends of a figure over policies, in words that do not repeat themselves. */
export interface NamedText {
  readonly name: string;
  readonly text: string;
}

/** `48 with ranked, 60 with weighted`; one policy: `48 with ranked`; equal texts: `48 with every policy`. */
export function extremeWords(first: NamedText, last: NamedText): string {
  if (first.name === last.name) return `${first.text} with ${first.name}`;
  if (first.text === last.text) return `${first.text} with every policy`;
  return `${first.text} with ${first.name}, ${last.text} with ${last.name}`;
}
