/** What the numbers of a calibration mean and what they do not say. */
import type { Note } from '../summary/notes.ts';

export const CALIBRATION_DEFINITIONS: readonly Note[] = [
  {
    term: 'Twin',
    text: 'A synthetic model of one model at one provider: how long it takes, how it fails, what it allows and charges. Keys of a provider share it.',
  },
  {
    term: 'Observed and simulated',
    text: 'The very attempts of the log were sent again to the twins, at the same times with the same sizes, several times with other luck. Simulated figures are over all these replicates.',
  },
  {
    term: 'Hold-out',
    text: 'The last part of the log, which no parameter and no choice was taken from. All figures are of it unless the caption says otherwise.',
  },
  { term: 'First token', text: 'From sending an attempt to its first token, of streamed attempts.' },
  { term: 'Duration', text: 'From sending to the end, of attempts that succeeded.' },
  { term: 'Time per token', text: 'Between two output tokens, of streams that succeeded with at least 8 of them.' },
  {
    term: 'Error',
    text: 'Simulated quantile / observed quantile − 1. Its 95 % interval is a block bootstrap: blocks of time were resampled, not attempts, because neighbours share load and trouble.',
  },
  {
    term: 'Distance (KS)',
    text: 'Kolmogorov-Smirnov: the largest gap between the two distribution functions, 0 to 1. It is an effect size; with many rows any test would reject any model.',
  },
  {
    term: 'Log against itself',
    text: 'The same distance between the odd and the even time blocks of the observed attempts, mean over several lengths of block. A fit cannot be asked to do better than the provider repeats itself; halves being smaller samples, it is a generous yardstick.',
  },
  {
    term: 'Simulation against itself',
    text: 'The largest distance of one replicate from all together: what there would be if the twins were the truth.',
  },
  {
    term: 'Rank',
    text: 'Place of an observed value among the simulated ones of the same attempt. If the twins are right, all ranks are equally frequent.',
  },
  {
    term: 'Failures',
    text: 'Failed and timed-out attempts as a share of those that ended; 429s are counted apart, and attempts that the client gave up on are left out.',
  },
];

export const CALIBRATION_LIMITS: readonly string[] = [
  'A good fit here means that the twins would have treated this log’s attempts as the providers did. It does not say how providers answer loads, sizes or models that the log does not hold.',
  'Twins do not know when trouble comes, only how often and how long. Single outages of the log are not foretold.',
  'Attempts were sent at the times of the log. Had a provider been slower, clients and router would have sent other attempts; that is what a replay with the router is for.',
  'What the log does not know of an attempt that failed, such as the length of the answer it would have had, is drawn from those that succeeded. If hard requests fail more often, the twins miss that.',
  'The intervals cover the luck of the rows that were kept back. They do not cover a provider that changes after the log ends.',
];
