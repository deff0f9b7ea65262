/** The notebooks there are, and what each of them reads. */

/** What a person can point a notebook at, by the option that names it. */
export type NotebookInput = 'run' | 'log' | 'fit' | 'estimate' | 'measured' | 'trace' | 'scenario' | 'policy';

export interface NotebookEntry {
  readonly name: string;
  readonly title: string;
  /** The question that it answers. */
  readonly question: string;
  /** Without these it cannot be built of a person's own files. */
  readonly needs: readonly NotebookInput[];
  /** What it shows besides, if given. */
  readonly takes: readonly NotebookInput[];
}

export const NOTEBOOKS = [
  {
    name: 'ranked-vs-weighted',
    title: 'Ranked against weighted',
    question: 'Two policies met the same requests. Where does the difference come from?',
    needs: ['run'],
    takes: [],
  },
  {
    name: 'why-this-target',
    title: 'Why this target?',
    question: 'What did the router see, what did it rule out, and why did it choose what it chose?',
    needs: ['log'],
    takes: [],
  },
  {
    name: 'can-i-trust-it',
    title: 'Can I trust it?',
    question: 'How far can a simulated result be believed?',
    needs: ['fit'],
    takes: ['run', 'estimate', 'measured'],
  },
  {
    name: 'what-if',
    title: 'What if?',
    question: 'What would happen with other weights, more exploration, other budget thresholds?',
    needs: ['trace', 'scenario'],
    takes: ['policy'],
  },
] as const satisfies readonly NotebookEntry[];

export type NotebookName = (typeof NOTEBOOKS)[number]['name'];
