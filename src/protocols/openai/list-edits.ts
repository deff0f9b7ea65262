import type { Edit } from './splice.ts';

/** What becomes of an element: edits within it, none when it stays as it is, null when it goes. */
export type ElementEdits = readonly Edit[] | null;

/** The edits of a JSON array, commas included. */
export interface ListEdits {
  readonly edits: readonly Edit[];
  /** Elements that are left. */
  readonly kept: number;
}

/**
 * @param ranges start, end, start, end of all elements
 * @param editsOf asked once for each element, in their order
 */
export function editList(ranges: readonly number[], editsOf: (start: number, end: number) => ElementEdits): ListEdits {
  const edits: Edit[] = [];
  let kept = 0;
  /** Where the elements end that stay. */
  let keptEnd = -1;
  /** Where those start that go, since the last that stays. */
  let droppedStart = -1;
  for (let index = 0; index < ranges.length; index += 2) {
    const start = ranges[index]!;
    const found = editsOf(start, ranges[index + 1]!);
    if (found === null) {
      if (droppedStart < 0) droppedStart = start;
      continue;
    }
    if (droppedStart >= 0) edits.push({ start: droppedStart, end: start, by: '' });
    for (const edit of found) edits.push(edit);
    droppedStart = -1;
    keptEnd = ranges[index + 1]!;
    kept++;
  }
  if (droppedStart >= 0) {
    // The last ones take the comma before them along.
    edits.push({ start: kept === 0 ? droppedStart : keptEnd, end: ranges.at(-1)!, by: '' });
  }
  return { edits, kept };
}
