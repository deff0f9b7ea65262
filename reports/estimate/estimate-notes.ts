/** What the numbers of an estimate mean and what they do not say. */
import type { Note } from '../summary/notes.ts';

export const ESTIMATE_DEFINITIONS: readonly Note[] = [
  {
    term: 'First choice',
    text: 'The decision on a request’s first attempt. What came of the request, retries included, is what that choice is judged by.',
  },
  {
    term: 'Weight',
    text: 'Probability with which the other policy would have made the logged choice, divided by the probability with which the log’s policy made it. The core itself gives both.',
  },
  { term: 'IPS', text: 'Mean of the outcomes times their weights: right on average, but it varies most.' },
  {
    term: 'SNIPS',
    text: 'The same, divided by the mean of the weights: varies less, at the price of a small bias in short logs.',
  },
  {
    term: 'Doubly robust',
    text: 'A simple model says what each choice would have got, and weighted outcomes correct it where it is wrong. It is right when either the probabilities or the model are. Differences and verdicts are by this one.',
  },
  {
    term: 'SWITCH-DR',
    text: 'Doubly robust, but above a threshold of the weight the model is trusted alone, so that a few large weights do not decide.',
  },
  {
    term: 'Interval',
    text: '95 % block bootstrap: runs of consecutive requests were resampled, because neighbours share load and trouble.',
  },
  {
    term: 'Difference',
    text: 'Doubly robust value of the other policy less what the log’s policy got, on the same resampled requests; clear when its interval leaves zero out.',
  },
];

export const ESTIMATE_LIMITS: readonly string[] = [
  'One first choice at a time is judged. Load, warm caches, cooldowns and beliefs are those that the log’s policy led to; a policy that made all choices would lead to others.',
  'Nothing is known of what the log’s policy could never have done. Where the other policy would do just that, the page says how often.',
  'The intervals cover the luck of the log. They do not cover a provider, a price or a traffic that changes after it.',
];
