/** What the numbers mean and what they do not say: the same text in the page and in Markdown. */

export interface Note {
  readonly term: string;
  readonly text: string;
}

export const DEFINITIONS: readonly Note[] = [
  {
    term: 'Request and attempt',
    text: 'A request is a client’s call; an attempt is one upstream call made for it. Retries are attempts after the first.',
  },
  {
    term: 'Answered',
    text: 'Completed requests as a share of those that ended (completed, rejected or cancelled by the client).',
  },
  {
    term: 'First token',
    text: 'From a request’s arrival to the first token at the client, waits and retries included, over completed requests; for an answer that is not streamed, to the whole answer.',
  },
  { term: 'Whole answer', text: 'From arrival to the last token, over completed requests.' },
  { term: 'p50, p95, p99', text: 'Half, 95 % and 99 % of the observations are at or below this value.' },
  {
    term: 'Cost',
    text: 'What the providers charged for all attempts, failed ones included where a provider bills them, in US dollars; per 1,000 requests that arrived.',
  },
  {
    term: '95 % interval',
    text: 'Block bootstrap of the paired difference: both policies met the same requests with the same luck (common random numbers), and blocks of consecutive arrivals were resampled. A difference is called clear only when the interval leaves zero out.',
  },
  {
    term: 'Limited',
    text: 'An attempt that the provider refused with status 429. It cools the key down but does not count as ill health.',
  },
  {
    term: 'State of a target',
    text: 'As the router believed it at the end of each slice: healthy, degraded, unhealthy, cooldown (left alone for a while), probing (being tried again), disabled.',
  },
  { term: 'Budget use', text: 'Use of a limit at the end of each slice; 100 % is the limit.' },
];

/** Besides those, in a report with routes. */
export const ROUTE_DEFINITIONS: readonly Note[] = [
  {
    term: 'Route',
    text: 'The kind of request that it was found to be, by its signals or a hint: the same for every policy, whatever pool served it. “(all)” is all requests together, “(model)” those that name a model and take no route, “(undecided)” those whose clients left before anything was decided.',
  },
  {
    term: 'Input from caches',
    text: 'Input tokens read from providers’ prompt caches, as a share of the input tokens of answered attempts.',
  },
  {
    term: 'Targets used',
    text: 'The effective number of targets: exp of the entropy of their shares of the attempts. Five targets used alike give 5, one alone gives 1. The largest target is the one with the largest share.',
  },
];

export const LIMITS: readonly string[] = [
  'Providers are twins: synthetic models with fitted or hand-written speed, failures, limits and prices. The result tells how the policies compare in this world; how far that holds for the real providers depends on how well the twins fit.',
  'The intervals say how much the difference depends on which requests came. They do not cover errors of the twins, other traffic, other faults or another seed.',
  'The router is the production core under a virtual clock, fed with recorded or generated arrivals. Clients do not react to a policy beyond what the scenario says of them.',
];
