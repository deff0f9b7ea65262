/**
 * Queues with known answers, run through the simulator's own machinery by independent replications. Of each queue at
 * each load three things are asked:
 *
 * - the error of the mean time and number in the system, and of blocking where there is a limit, is small;
 * - theory lies inside the intervals of all measures. Of a hundred true 95 % intervals about five miss, whatever the
 *   seed; so the intervals that decide are the wider ones of which all together hold with 95 % (Bonferroni), and the
 *   number of plain 95 % intervals that miss is checked against what chance allows;
 * - the time average of the number in the system is arrival rate x mean time in it (Little's law).
 *
 * Queues of one load meet the same arrivals, so their errors are related.
 */
import { binomialQuantile } from '../../statistics/binomial-quantile.ts';
import type { QueueFigures } from '../../statistics/queueing-theory.ts';
import { atMost, type Check } from '../check.ts';
import { halfWidth, QUEUES, replicate, theoryOf, type Estimate, type NamedQueue } from './queueing-replications.ts';
import type { QueueRun } from './queueing-trial.ts';

export interface QueueStudy {
  readonly loads: readonly StudiedLoad[];
  /** Independent runs of each queue at each load. */
  readonly replications: number;
  /** Customers before those that are counted; some ten relaxation times of M/M/1. */
  readonly warmUp: number;
  readonly seed: number;
}

export interface StudiedLoad {
  readonly load: number;
  /** Counted in each replication, */
  readonly customers: number;
  /** and of a queue that turns customers away. */
  readonly customersWithALimit: number;
  /** Most that the relative error of a limited measure may be. */
  readonly errorMax: number;
}

type Measure = Exclude<keyof QueueRun, 'littleNumberInSystem'>;
/** Those whose error is limited, in words; the others are judged by their intervals alone. */
const LIMITED: readonly (readonly [Measure, string])[] = [
  ['meanTimeInSystem', 'mean time in system'],
  ['meanNumberInSystem', 'mean number in system'],
  ['blockingProbability', 'share turned away'],
];
const MEASURES: readonly Measure[] = [
  ...LIMITED.map(([measure]) => measure),
  'meanWait',
  'waitProbability',
  'utilisation',
];
const LITTLE_ERROR_MAX = 0.001;
const CONFIDENCE = 0.95;
/** Probability that true intervals miss more often than they are let. */
const BY_CHANCE = 0.01;

type Measured = Readonly<Record<keyof QueueRun, Estimate>>;

/** @param report called with each check as soon as its figure is known */
export async function queueChecks(study: QueueStudy, report: (check: Check) => void): Promise<void> {
  const looks = QUEUES.length * study.loads.length * MEASURES.length;
  let judged = 0;
  let missed = 0;
  for (const kind of QUEUES) {
    for (const { load, customers, customersWithALimit, errorMax } of study.loads) {
      const queue = { ...kind, load };
      const theory = theoryOf(queue);
      const counted = queue.capacity < Infinity ? customersWithALimit : customers;
      const measured = await replicate(queue, study.replications, counted, study.warmUp, study.seed);
      const measures = MEASURES.filter((measure) => theory[measure] !== 0);
      judged += measures.length;
      missed += measures.filter((measure) => distance(measured[measure], theory[measure], CONFIDENCE) > 1).length;
      for (const check of errorChecks(queue, measured, theory, errorMax)) report(check);
      report(intervalCheck(queue, measured, theory, measures, 1 - (1 - CONFIDENCE) / looks));
      report(littlesLaw(queue, measured));
    }
  }
  report(plainIntervals(judged, missed));
}

function errorChecks(queue: NamedQueue, measured: Measured, theory: QueueFigures, errorMax: number): Check[] {
  return LIMITED.filter(([measure]) => theory[measure] !== 0).map(([measure, words]) => {
    const error = measured[measure].mean / theory[measure] - 1;
    const half = halfWidth(measured[measure], CONFIDENCE) / theory[measure];
    return atMost(
      'analytic',
      `${titleOf(queue)}: error of ${words}`,
      Math.abs(error),
      errorMax,
      `${signed(error)}, 95 % interval +- ${percent(half)}`,
    );
  });
}

function intervalCheck(
  queue: NamedQueue,
  measured: Measured,
  theory: QueueFigures,
  measures: readonly Measure[],
  confidence: number,
): Check {
  const distances = measures.map((measure) => distance(measured[measure], theory[measure], confidence));
  const value = Math.max(...distances);
  return atMost(
    'analytic',
    `${titleOf(queue)}: theory's distance in half widths of the joint 95 % intervals`,
    value,
    1,
    `the farthest of ${measures.length}: ${measures[distances.indexOf(value)]}`,
  );
}

/** Of theory from what was measured, in half widths of the interval; 0 where nothing varied and theory is met. */
function distance(measured: Estimate, theory: number, confidence: number): number {
  const apart = Math.abs(measured.mean - theory);
  return apart === 0 ? 0 : apart / halfWidth(measured, confidence);
}

function littlesLaw(queue: NamedQueue, { littleNumberInSystem, meanNumberInSystem }: Measured): Check {
  const error = littleNumberInSystem.mean / meanNumberInSystem.mean - 1;
  return atMost('analytic', `${titleOf(queue)}: Little's law`, Math.abs(error), LITTLE_ERROR_MAX, signed(error));
}

/** How many of n true 95 % intervals miss is binomial; more than its 99 % point would be no chance. */
function plainIntervals(judged: number, missed: number): Check {
  const most = binomialQuantile(judged, 1 - CONFIDENCE, 1 - BY_CHANCE);
  const detail = `${missed} of ${judged}; chance lets ${most} miss in 99 of 100 studies`;
  return atMost('analytic', 'queues: plain 95 % intervals that miss theory', missed / judged, most / judged, detail);
}

function titleOf({ name, load }: NamedQueue): string {
  return `${name} at ${load}`;
}

function signed(ratio: number): string {
  return `${ratio < 0 ? '-' : '+'}${percent(Math.abs(ratio))}`;
}

function percent(ratio: number): string {
  return `${(100 * ratio).toFixed(3)} %`;
}
