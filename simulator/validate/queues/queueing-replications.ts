/**
 * Independent replications of a queue against its closed form. The runs of one queue share nothing but their
 * settings, so the interval of their mean is the textbook one (A. Law, Simulation Modeling and Analysis, 5th ed.,
 * 2015, section 9.4) and needs no assumption about correlation inside a run.
 */
import { mg1, mmc, mmck, type QueueFigures } from '../../statistics/queueing-theory.ts';
import { normalQuantile } from '../../statistics/normal-quantile.ts';
import { MEAN_SERVICE_MS, runQueue, type Queue, type QueueRun } from './queueing-trial.ts';

export interface NamedQueue extends Queue {
  readonly name: string;
  /** Variance of the service time relative to the square of its mean. */
  readonly serviceScv: number;
}

const EXPONENTIAL = { service: { kind: 'exponential' }, serviceMean: 1, serviceScv: 1 } as const;
const UNLIMITED = { servers: 1, capacity: Infinity } as const;

/** Two kinds of answers, quick ones and long ones; moments of a lognormal: m exp(s^2 / 2), m^2 exp(2 s^2). */
const MIXED_COMPONENTS = [
  { weight: 0.8, median: 0.6, sigma: 0.4 },
  { weight: 0.2, median: 2.2, sigma: 0.5 },
];
const MIXED_MEAN = moment(1);
const MIXED = {
  service: { kind: 'lognormal-mixture', components: MIXED_COMPONENTS },
  serviceMean: MIXED_MEAN,
  serviceScv: moment(2) / MIXED_MEAN ** 2 - 1,
} as const;

function moment(order: number): number {
  return MIXED_COMPONENTS.reduce(
    (sum, { weight, median, sigma }) => sum + weight * median ** order * Math.exp((order * order * sigma * sigma) / 2),
    0,
  );
}

export const QUEUES: readonly Omit<NamedQueue, 'load'>[] = [
  { name: 'M/M/1', ...UNLIMITED, ...EXPONENTIAL },
  { name: 'M/M/4', servers: 4, capacity: Infinity, ...EXPONENTIAL },
  { name: 'M/D/1', ...UNLIMITED, service: { kind: 'constant' }, serviceMean: 1, serviceScv: 0 },
  { name: 'M/G/1 (two lognormals)', ...UNLIMITED, ...MIXED },
  { name: 'M/M/2/4', servers: 2, capacity: 4, ...EXPONENTIAL },
];

/** The closed form, times in ms. */
export function theoryOf(queue: NamedQueue): QueueFigures {
  const serviceRate = 1 / MEAN_SERVICE_MS;
  const arrivalRate = queue.load * queue.servers * serviceRate;
  if (queue.capacity < Infinity) return mmck(arrivalRate, serviceRate, queue.servers, queue.capacity);
  if (queue.servers > 1 || queue.serviceScv === 1) return mmc(arrivalRate, serviceRate, queue.servers);
  return mg1(arrivalRate, MEAN_SERVICE_MS, queue.serviceScv * MEAN_SERVICE_MS ** 2);
}

/** A measured mean and what is known of its error. */
export interface Estimate {
  readonly mean: number;
  readonly standardError: number;
  readonly replications: number;
}

/** Runs the replications and gives the mean of each measure over them. */
export async function replicate(
  queue: Queue,
  replications: number,
  customers: number,
  warmUp: number,
  seed: number,
): Promise<Readonly<Record<keyof QueueRun, Estimate>>> {
  const runs: QueueRun[] = [];
  for (let index = 0; index < replications; index++) {
    runs.push(await runQueue(queue, customers, warmUp, seed * 100_003 + index));
  }
  const measures = Object.keys(runs[0]!) as (keyof QueueRun)[];
  return Object.fromEntries(measures.map((measure) => [measure, estimate(runs.map((run) => run[measure]))])) as Record<
    keyof QueueRun,
    Estimate
  >;
}

export function estimate(values: readonly number[]): Estimate {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const standardError = Math.sqrt(squares / (values.length - 1) / values.length);
  return { mean, standardError, replications: values.length };
}

/**
 * Half the width of the two-sided interval that holds the truth with this confidence. Student's t by the first two
 * terms of its expansion around the normal (Abramowitz and Stegun, 26.7.5): at 29 degrees of freedom and 95 %
 * 2.045, as in the tables.
 *
 * @param confidence 0.95 for one look; 1 - 0.05 / n for n looks that are to hold together (Bonferroni)
 */
export function halfWidth({ standardError, replications }: Estimate, confidence: number): number {
  const z = normalQuantile(1 - (1 - confidence) / 2);
  const freedom = replications - 1;
  const t = z + (z ** 3 + z) / (4 * freedom) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2);
  return t * standardError;
}
