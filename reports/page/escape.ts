/** Text made safe for HTML and SVG, in content and in double-quoted attributes. */
export function escapeMarkup(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => ENTITIES[letter] ?? letter);
}

/** The same for running text, where a line must not end between a minus and the dollar sign after it. */
export function escapeProse(text: string): string {
  return escapeMarkup(text).replaceAll('\u2212$', '\u2212\u2060$');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
