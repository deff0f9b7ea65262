/**
 * Whether a candidate is better than the incumbent, in words that say why. It has to be so on the train part and again on
 * the holdout, where nothing was chosen: the whole paired 95 % interval of the utility on the better side, or, where the
 * incumbent breaks a constraint that the candidate keeps, the whole interval of what is missed. The constraints are kept,
 * or kept no worse than by the incumbent, and no guardrail is clearly worse.
 */
import { BETTER, type Objective, type ObjectiveMetric } from '../../src/config/objective.ts';
import type { Estimated, Evidence } from '../../src/config/evidence-schema.ts';
import { keepingGain, predictionsOf, utilityGain, type Resampled } from './metric-bootstrap.ts';
import { missOf, namedMetrics, utilityOf, violationOf } from './objective-value.ts';

export interface Verdict {
  readonly verdict: Evidence['verdict'];
  /** In plain words. */
  readonly why: string;
}

/** What nobody gives up in silence, and how much of it is nothing. */
const GUARDRAILS: readonly { readonly metric: ObjectiveMetric; readonly tolerance: number }[] = [
  { metric: 'success', tolerance: 0.001 },
  { metric: 'budget_overshoot', tolerance: 0.01 },
];
/** A gain of less than this share of the incumbent's utility is not worth a change, however sure. */
const GAIN_SHARE_MIN = 0.001;

const REPAIRED = 'the candidate keeps the constraints, which the incumbent misses';

interface Pair {
  readonly incumbent: Resampled;
  readonly candidate: Resampled;
}

/** @param train the final race, `holdout` the one look at it */
export function verdictOf(train: Pair, holdout: Pair, objective: Objective): Verdict {
  const objections = [
    ...notBetter('the train part', train, objective),
    ...notBetter('the holdout', holdout, objective),
    ...brokenConstraints(holdout, objective),
    ...worseGuardrails(holdout, objective),
  ];
  if (objections.length > 0) {
    return { verdict: 'no-better', why: `No better policy was found: ${objections.join('; ')}.` };
  }
  const { what, gain } = gainOf(holdout, objective);
  return {
    verdict: 'better',
    why: `On the holdout, which the search did not see, ${what} by ${interval(gain)}; no constraint is missed by more than before, and no guardrail is broken.`,
  };
}

/** What has to be gained: where the incumbent breaks constraints that the candidate keeps, that, else utility. */
function gainOf(
  { incumbent, candidate }: Pair,
  objective: Objective,
): { what: string; gain: Estimated; least: number } {
  const isRepair = violationOf(incumbent.metrics, objective) > 0 && violationOf(candidate.metrics, objective) === 0;
  if (isRepair) {
    return { what: REPAIRED, gain: keepingGain(incumbent, candidate, objective), least: 0 };
  }
  const unit = Math.abs(utilityOf(incumbent.metrics, objective));
  const least = Number.isFinite(unit) ? unit * GAIN_SHARE_MIN : 0;
  return { what: 'the utility is better', gain: utilityGain(incumbent, candidate, objective), least };
}

function notBetter(where: string, pair: Pair, objective: Objective): string[] {
  const { what, gain, least } = gainOf(pair, objective);
  if (gain.value === null || gain.low95 === null) return [`on ${where} nothing can be said of whether ${what}`];
  if (gain.low95 <= 0) return [`on ${where} ${what} by ${interval(gain)}, which may be luck`];
  if (gain.value < least) return [`on ${where} ${what} by ${interval(gain)}, which is too small to matter`];
  return [];
}

function brokenConstraints({ incumbent, candidate }: Pair, objective: Objective): string[] {
  return objective.subjectTo
    .filter((constraint) => {
      const { metric } = constraint;
      const ofCandidate = missOf(candidate.metrics[metric] ?? null, constraint);
      return ofCandidate > 0 && ofCandidate > missOf(incumbent.metrics[metric] ?? null, constraint);
    })
    .map(({ metric, comparison, limit }) => {
      return `on the holdout ${metric} is ${figure(candidate.metrics[metric] ?? null)} and not ${comparison} ${limit}`;
    });
}

function worseGuardrails({ incumbent, candidate }: Pair, objective: Objective): string[] {
  const named = namedMetrics(objective);
  const predictions = predictionsOf(incumbent, candidate);
  return GUARDRAILS.filter(({ metric }) => !named.includes(metric)).flatMap(({ metric, tolerance }) => {
    const { difference } = predictions.find((prediction) => prediction.metric === metric)!;
    const { value, low95, high95 } = difference;
    if (value === null || low95 === null || high95 === null) return [];
    const isWorse = BETTER[metric] === 'lower' ? low95 > 0 : high95 < 0;
    if (!isWorse || Math.abs(value) <= tolerance) return [];
    return [`on the holdout ${metric}, which nobody wants to lose, is worse by ${interval(difference)}`];
  });
}

function interval({ value, low95, high95 }: Estimated): string {
  return `${figure(value)} (95 % interval ${figure(low95)} to ${figure(high95)})`;
}

function figure(value: number | null): string {
  return value === null ? 'unknown' : Number(value.toPrecision(4)).toString();
}
