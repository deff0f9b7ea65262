/** Where one is on the page, as the part of the address behind `#` says it. */

export const VIEWS = ['overview', 'decisions', 'policies', 'clients', 'playground'] as const;
export type View = (typeof VIEWS)[number];

/** Names of the views, for people. */
export const TITLES: Readonly<Record<View, string>> = {
  overview: 'Overview',
  decisions: 'Decisions',
  policies: 'Policies',
  clients: 'Client keys',
  playground: 'Playground',
};

export interface Place {
  readonly view: View;
  /** What is open there: the id of a request or of a target. */
  readonly item: string | null;
}

/** `#/decisions/req-1` leads to that request; what leads nowhere, to the overview. */
export function placeOf(hash: string): Place {
  const [name = '', ...rest] = hash.replace(/^#?\/?/, '').split('/');
  const view = VIEWS.find((each) => each === name) ?? 'overview';
  const item = view === name ? decoded(rest.join('/')) : '';
  return { view, item: item === '' ? null : item };
}

/** The address of a place, to be linked to. */
export function hashOf(view: View, item: string | null = null): string {
  return item === null ? `#/${view}` : `#/${view}/${encodeURIComponent(item)}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A % that begins nothing: typed by hand.
    return text;
  }
}
