/** What somebody may have meant who wrote a name that there is not. */

/** Longer names are taken to be something else than a slip of the fingers, and comparing them is work. */
const NAME_LENGTH_MAX = 60;

/** The known name that is one or two edits away, the nearest one; null when none is. Short names allow one edit. */
export function nearestName(written: string, known: readonly string[]): string | null {
  if (written.length > NAME_LENGTH_MAX) return null;
  const name = written.toLowerCase();
  let nearest: string | null = null;
  let editsMax = written.length < 5 ? 1 : 2;
  for (const each of known) {
    const edits = editsBetween(name, each.toLowerCase());
    if (edits > editsMax || (edits === editsMax && nearest !== null)) continue;
    nearest = each;
    editsMax = edits;
  }
  return nearest;
}

/** Letters added, left out, changed, or swapped with the next one. */
function editsBetween(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const isSame = a[row - 1] === b[column - 1];
      let edits = Math.min(last[column]! + 1, current[column - 1]! + 1, last[column - 1]! + (isSame ? 0 : 1));
      const isSwapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (isSwapped) edits = Math.min(edits, beforeLast[column - 2]! + 1);
      current.push(edits);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length]!;
}
