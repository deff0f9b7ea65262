/** What the numbers of a measured promotion mean and what they do not say. */
import { DEFINITIONS, type Note } from '../summary/notes.ts';

const SHARED = ['p50, p95, p99', 'Whole answer'];

export const PROMOTION_DEFINITIONS: readonly Note[] = [
  {
    term: 'Predicted',
    text: 'What the candidate came to on the hold-out of its tuning, with its 95 % interval, as its evidence has it.',
  },
  {
    term: 'Measured',
    text: 'The same figure over the requests that this policy decided, from the log’s own rows; the 95 % interval is a block bootstrap over blocks of consecutive arrivals.',
  },
  {
    term: 'First token',
    text: 'From a request’s arrival at the proxy to the first token, waits and retries included, over completed requests; for an answer that is not streamed, to the whole answer. In a replay that is when the client has it. In the log of a live proxy it is when the proxy had it from the provider: the way to the client, and what the proxy itself takes, come on top and are in no row.',
  },
  {
    term: 'Answered',
    text: 'Completed requests as a share of those that ended (completed, rejected or cancelled). Requests that a restart of the proxy cut off count as cancelled.',
  },
  {
    term: 'Cost',
    text: 'Of all attempts, at the prices of the pool and the usage that providers reported, per 1,000 requests that came.',
  },
  {
    term: 'Inside, overlapping, apart',
    text: 'Inside: the measured value lies where it was to be expected: around the predicted value, within the uncertainty of the prediction and the luck of so much traffic taken together (the root of the sum of their squares). Overlapping: it does not, but the intervals of prediction and measurement meet, so that it may be chance. Apart: they do not meet.',
  },
  {
    term: 'Side by side',
    text: 'During a canary some sessions go by the candidate and the rest by the incumbent, at the same time. Their difference is taken over the same stretches of time; the requests are not the same ones, so it is less sharp than a replay’s.',
  },
  ...DEFINITIONS.filter(({ term }) => SHARED.includes(term)),
];

export const PROMOTION_LIMITS: readonly string[] = [
  'That the figures came as predicted says that the twins were good enough for this policy on this traffic. It does not say so for the next one.',
  'Intervals cover which requests came, not what changes over days: a short time shows the trouble of that time alone.',
  'The hold-out is a part of a trace. When load, classes or sizes have changed since, figures differ without any fault of the simulator; the page says so where it sees it.',
  'The use of budgets is not measured: their windows count what all policies spent.',
];
