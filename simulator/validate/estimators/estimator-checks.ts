/**
 * Two ways to what another policy would have got, held against each other: the simulator runs it, and the doubly robust
 * estimate weighs the log of a policy that left much to chance. They share neither model nor luck: the estimate knows the
 * propensities and the outcomes of the log, and no twin; the simulator knows the twins, and nothing of the log but
 * its arrivals.
 *
 * They speak of the same thing only on the unit of the estimate: the first choice is the action, all that follows from it the
 * outcome, and the state is that which the log's policy led to. A simulated policy makes its own state. So the cases must be
 * such that load, limits and caches matter little; where they do matter the two differ, and both are right.
 */
import type { PolicyEstimate } from '../../estimate/policy-estimate.ts';
import type { Interval } from '../../statistics/block-bootstrap.ts';
import { binomialQuantile } from '../../statistics/binomial-quantile.ts';
import { atMost, type Check } from '../check.ts';
import type { FirstChoiceOutcomes } from './first-choice-outcomes.ts';

export interface Agreement {
  /** Scenario, policy and metric. */
  readonly name: string;
  readonly simulated: number;
  /** Doubly robust; null: refused. */
  readonly estimate: Interval | null;
}

/**
 * Where both are right and the interval is that of a normal value, the difference in half widths has a standard deviation of
 * 1 / 1.96, and a little more because the simulator has luck of its own: 2 are some four of them. Intervals of rare
 * failures are lopsided, which is why it is not less.
 */
const APART_MAX = 2;
/** Intervals that are said to hold 95 in 100 are let miss this share, as in the recovery of parameters. */
const OUTSIDE_MAX = 0.1;
const CHANCE = 0.99;

const METRICS: Readonly<Record<keyof FirstChoiceOutcomes, string>> = {
  costUsdPer1kRequests: 'cost',
  successRatio: 'success',
  firstTokenMs: 'mean first token',
};

/** @param simulated means over replicates */
export function agreementsOf(
  name: string,
  estimate: PolicyEstimate,
  simulated: FirstChoiceOutcomes,
): readonly Agreement[] {
  return (Object.keys(METRICS) as (keyof FirstChoiceOutcomes)[]).map((metric) => ({
    name: `${name}: ${METRICS[metric]}`,
    simulated: simulated[metric],
    estimate: estimate.metrics.find((one) => one.metric === metric)?.doublyRobust ?? null,
  }));
}

/** One check of each, and one of how many lie outside of their interval: no more than chance lets true ones. */
export function agreementChecks(agreements: readonly Agreement[]): readonly Check[] {
  const apart = agreements.map(halfWidthsApart);
  const outside = apart.filter((value) => value === null || value > 1).length;
  const most = binomialQuantile(agreements.length, OUTSIDE_MAX, CHANCE);
  return [
    ...agreements.map(({ name, simulated, estimate }, index) =>
      atMost(
        'estimators',
        `${name}, simulated from doubly robust in half widths`,
        apart[index]!,
        APART_MAX,
        estimate === null
          ? `simulated ${figure(simulated)}, no estimate`
          : `simulated ${figure(simulated)}, estimated ${figure(estimate.value)} (${figure(estimate.low95)} to ${figure(estimate.high95)})`,
      ),
    ),
    atMost(
      'estimators',
      'simulated values outside of the 95 % interval',
      agreements.length === 0 ? null : outside / agreements.length,
      most / agreements.length,
      `${outside} of ${agreements.length}; if one in ten may, chance lets ${most}`,
    ),
  ];
}

function halfWidthsApart({ simulated, estimate }: Agreement): number | null {
  if (estimate === null || estimate.value === null || estimate.low95 === null || estimate.high95 === null) return null;
  const half = (estimate.high95 - estimate.low95) / 2;
  const apart = Math.abs(simulated - estimate.value);
  if (apart === 0) return 0;
  return half > 0 && Number.isFinite(apart) ? apart / half : null;
}

/** Where a log says too little there must be no figure: 0 when it was refused, 1 when there is one. */
export function refusalCheck(name: string, { identifiable, reason, metrics }: PolicyEstimate): Check {
  const hasFigure = identifiable || metrics.some(({ doublyRobust, snips }) => doublyRobust !== null || snips !== null);
  return atMost('estimators', `refused: ${name}`, hasFigure ? 1 : 0, 0, reason ?? 'was not refused');
}

function figure(value: number | null): string {
  return value === null ? '?' : Number(value.toPrecision(4)).toString();
}
