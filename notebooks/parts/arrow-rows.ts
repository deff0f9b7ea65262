/** Rows of a table that the build wrote into the page. */
import { tableFromIPC } from 'apache-arrow';

export type Row = Readonly<Record<string, number | string | boolean | null>>;

/** @param base64 an Arrow IPC file */
export function rowsOfArrow(base64: string): readonly Row[] {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return tableFromIPC(bytes)
    .toArray()
    .map((row: { toJSON(): Row }) => row.toJSON());
}
