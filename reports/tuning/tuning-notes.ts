/** What the numbers of a tuning mean and what they do not say. */
import { DEFINITIONS, type Note } from '../summary/notes.ts';

const SHARED = ['Answered', 'First token', 'Whole answer', 'p50, p95, p99', 'Cost'];

export const TUNING_DEFINITIONS: readonly Note[] = [
  ...DEFINITIONS.filter(({ term }) => SHARED.includes(term)),
  { term: 'Incumbent and candidate', text: 'The policy that was there, and the best that the search found beside it.' },
  { term: 'Knob', text: 'A number (or choice) of the policy that the search may turn, within its range.' },
  {
    term: 'Utility',
    text: 'What the objective is worth for a policy: each metric times the worth of its unit. Limits come before it: a policy that breaks one does not win, whatever its utility.',
  },
  {
    term: 'Train and hold-out',
    text: 'The trace is cut in time. The search saw the first part only; candidate and incumbent then met once on the rest. The verdict goes by the rest.',
  },
  {
    term: '95 % interval',
    text: 'Block bootstrap: blocks of consecutive arrivals were resampled. That of a difference is paired: both policies met the same requests with the same luck.',
  },
  {
    term: 'Pareto front',
    text: 'Policies of which none of the others is better in one metric of the objective and no worse in the rest.',
  },
  {
    term: 'T1, T2, T3',
    text: 'What outcomes rest on: T1 the logged outcome of the same request at the same target at like load; T2 another attempt of the log at that target, of like size, time and load; T3 the twin. A request counts as its worst attempt.',
  },
];

export const TUNING_LIMITS: readonly string[] = [
  'The candidate was found for this traffic, these providers and these prices. Evidence in the policy file says until when, and for which pool, it is to be believed.',
  'Intervals say how much depends on which requests came. They do not cover errors of the twins, other traffic or other faults.',
  'Importance and slices tell of the trials that were made, most of them near what looked good. A knob that matters only far from there is not seen.',
  'Of many policies tried, the best is partly lucky. That is why the verdict goes by the hold-out, and why a canary comes before all traffic.',
];
