/**
 * Queues with known answers, run through the simulator's own machinery: each of five queues at four loads, by forty
 * independent replications.
 *
 * Two things are asked of each figure. Its error: at most 1 %, at load .9 at most 2 %. And that theory lies inside its
 * 95 % interval. Of a hundred true 95 % intervals about five miss, whatever the seed; so the intervals that decide are
 * the wider ones of which all together hold with 95 % (Bonferroni), and the number of plain 95 % intervals that hold
 * is checked against what chance allows. Queues of one load meet the same arrivals, so their errors are related.
 */
import {
  halfWidth,
  QUEUES,
  replicate,
  theoryOf,
  type Estimate,
} from '../../simulator/validate/queues/queueing-replications.ts';
import type { QueueRun } from '../../simulator/validate/queues/queueing-trial.ts';
import { holds, percent, type Check, type Proof } from './proof.ts';

const LOADS = [0.3, 0.5, 0.7, 0.9];
const REPLICATIONS = 40;
const SEED = 1;

type Measure = Exclude<keyof QueueRun, 'littleNumberInSystem'>;
/** Those whose error is limited; the others are judged by their intervals alone. */
const LIMITED: readonly Measure[] = ['meanTimeInSystem', 'meanNumberInSystem', 'blockingProbability'];
const MEASURES: readonly Measure[] = [...LIMITED, 'meanWait', 'waitProbability', 'utilisation'];

/** Enough for the error of the mean to stay below a third of its limit, by the asymptotic variance of M/M/1. */
const CUSTOMERS: Readonly<Record<number, number>> = { 0.3: 40_000, 0.5: 50_000, 0.7: 100_000, 0.9: 300_000 };
/** Turning away is rare at low load, and its frequency takes more customers to see. */
const CUSTOMERS_WITH_A_LIMIT: Readonly<Record<number, number>> = {
  0.3: 250_000,
  0.5: 80_000,
  0.7: 40_000,
  0.9: 40_000,
};
/** Some ten relaxation times of M/M/1 at load .9. */
const WARM_UP = 4_000;

export const queues: Proof = {
  name: 'queues',
  about: `M/M/1, M/M/4, M/D/1, M/G/1, M/M/2/4 and Little's law at load .3 .5 .7 .9`,
  async run(report) {
    const plain: boolean[] = [];
    const looks = QUEUES.length * LOADS.length * MEASURES.length;
    for (const kind of QUEUES) {
      for (const load of LOADS) {
        const queue = { ...kind, load };
        const customers = (queue.capacity < Infinity ? CUSTOMERS_WITH_A_LIMIT : CUSTOMERS)[load]!;
        const theory = theoryOf(queue);
        const measured = await replicate(queue, REPLICATIONS, customers, WARM_UP, SEED);
        for (const measure of MEASURES) {
          if (theory[measure] === 0) continue;
          const name = `${kind.name} at ${load}: ${measure}`;
          plain.push(isInside(measured[measure], theory[measure], 0.95));
          const limit = load === 0.9 ? 0.02 : 0.01;
          report(compare(name, measured[measure], theory[measure], LIMITED.includes(measure) ? limit : null, looks));
        }
        report(littlesLaw(`${kind.name} at ${load}`, measured));
      }
    }
    report(plainIntervals(plain));
  },
};

function compare(name: string, measured: Estimate, theory: number, limit: number | null, looks: number): Check {
  const error = measured.mean / theory - 1;
  const half = halfWidth(measured, 0.95) / theory;
  const isNear = limit === null || Math.abs(error) <= limit;
  return holds(
    name,
    `${signed(error)} (95 % interval +- ${percent(half)})`,
    `${limit === null ? '' : `|error| <= ${percent(limit)}, `}theory in the joint 95 % interval`,
    isNear && isInside(measured, theory, 1 - 0.05 / looks),
  );
}

function isInside(measured: Estimate, theory: number, confidence: number): boolean {
  return Math.abs(measured.mean - theory) <= halfWidth(measured, confidence);
}

function littlesLaw(name: string, measured: Readonly<Record<keyof QueueRun, Estimate>>): Check {
  const error = measured.littleNumberInSystem.mean / measured.meanNumberInSystem.mean - 1;
  return holds(`${name}: Little's law`, signed(error), '|L - lambda W| <= 0.100 %', Math.abs(error) <= 0.001);
}

/** How many of n true 95 % intervals hold is binomial; fewer than its 1 % point would be no chance. */
function plainIntervals(inside: readonly boolean[]): Check {
  const held = inside.filter(Boolean).length;
  const least = binomialQuantile(inside.length, 0.95, 0.01);
  return holds(
    'plain 95 % intervals that hold theory',
    `${held} of ${inside.length}`,
    `>= ${least} (1 % point of chance)`,
    held >= least,
  );
}

/** The least k with P(X <= k) >= q for X ~ Binomial(n, p). */
function binomialQuantile(n: number, p: number, q: number): number {
  let probability = (1 - p) ** n;
  let sum = probability;
  let k = 0;
  while (sum < q) {
    probability *= ((n - k) / (k + 1)) * (p / (1 - p));
    sum += probability;
    k++;
  }
  return k;
}

function signed(ratio: number): string {
  return `${ratio < 0 ? '-' : '+'}${percent(Math.abs(ratio))}`;
}
