/** Notes that several twins, targets or providers share, said once. */

import type { Calibration } from '../../simulator/calibrate/calibration.ts';

export interface NoteSubjects {
  /** What a note may begin with, before `: `. */
  readonly names: readonly string[];
  /** More names than this are counted; Infinity: all are named. */
  readonly namedMax: number;
}

/**
 * Notes of the form `name: text` with the same text become one with all their names, and those of the same names one
 * with all their texts. Others stay as they are. The order is that of what comes first in each group.
 */
export function groupNotes(notes: readonly string[], { names, namedMax }: NoteSubjects): readonly string[] {
  const known = new Set(names);
  const namesOfText = new Map<string, string[]>();
  for (const note of new Set(notes)) {
    const { name, text } = partsOf(note, known);
    const sharers = namesOfText.get(text) ?? [];
    if (name !== null) sharers.push(name);
    namesOfText.set(text, sharers);
  }
  const groups = new Map<string, { readonly sharers: readonly string[]; readonly texts: string[] }>();
  for (const [text, sharers] of namesOfText) {
    const key = sharers.length === 0 ? text : JSON.stringify(sharers);
    const group = groups.get(key) ?? { sharers, texts: [] };
    group.texts.push(text);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ sharers, texts }) => {
    const said = texts.map((text, index) => (index === 0 ? text : capitalised(text))).join('. ');
    return sharers.length === 0 ? said : `${namedWords(sharers, namedMax)}: ${said}`;
  });
}

function partsOf(note: string, known: ReadonlySet<string>): { readonly name: string | null; readonly text: string } {
  for (let at = note.indexOf(': '); at >= 0; at = note.indexOf(': ', at + 1)) {
    const name = note.slice(0, at);
    if (known.has(name)) return { name, text: note.slice(at + 2) };
  }
  return { name: null, text: note };
}

function namedWords(names: readonly string[], namedMax: number): string {
  if (names.length <= namedMax) return names.join(', ');
  return `${names.slice(0, namedMax).join(', ')} and ${names.length - namedMax} more`;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What notes of a calibration begin with: twins, providers and targets. */
export function namesIn({ twins, troubles, goodness }: Calibration): readonly string[] {
  return [
    ...twins.map(({ provider, model }) => `${provider} ${model}`),
    ...troubles.map(({ provider }) => provider),
    ...goodness.holdout.targets.flatMap(({ target }) => target ?? []),
  ];
}
