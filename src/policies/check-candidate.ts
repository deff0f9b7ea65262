/** Whether a policy may be promoted: what its file says in its favour, held against the proxy that is to go by it. */
import type { Evidence, Prediction } from '../config/evidence-schema.ts';
import { BETTER, type Objective, type ObjectiveMetric } from '../config/objective.ts';
import type { PoolDefinition } from '../router/pool.ts';
import { poolDifference } from './pool-difference.ts';
import type { AppliedPolicy, PromotionPlan } from './promotion.ts';

/** What somebody wants to promote. */
export interface Candidate {
  readonly name: string;
  /** Of the policy as its file has it. */
  readonly hash: string;
  readonly evidence: Evidence | null;
}

/** The proxy that a candidate is for. */
export interface Surroundings {
  readonly pool: PoolDefinition;
  readonly inForce: Pick<AppliedPolicy, 'name' | 'hash'>;
  readonly coreVersion: string;
  /** Of the wall, Unix ms. */
  readonly wallNowMs: number;
}

/** One line each. */
export interface Findings {
  /** Any of them keeps the candidate out, unless somebody gives a reason to let it in. */
  readonly refusals: readonly string[];
  readonly warnings: readonly string[];
}

/** Share of requests whose evidence is the fitted twin alone, beyond which only a canary can tell. */
const T3_SHARE_MAX = 0.3;
/** What must not get worse, unless the objective itself says how far it may. */
const GUARDED: readonly ObjectiveMetric[] = ['success', 'p95_first_token_ms', 'cost', 'budget_overshoot'];

export function checkCandidate(candidate: Candidate, plan: PromotionPlan, around: Surroundings): Findings {
  const { evidence } = candidate;
  if (evidence === null) {
    return {
      refusals: ['there is no evidence with it: let tune make it, so that it is known what it does'],
      warnings: [],
    };
  }
  const hasCanary = plan.canaryShare > 0;
  const stranger = strangeIncumbent(evidence, around);
  const refusals = [
    ...edited(candidate, evidence),
    ...expired(evidence, around),
    ...ofOtherCore(evidence, around),
    ...ofOtherPool(evidence, around),
    ...(evidence.verdict === 'better' ? [] : [`its own evidence says that it is no better: ${evidence.why}`]),
    ...predictedWorse(evidence),
    ...(hasCanary ? [] : [...guessed(evidence), ...stranger]),
  ];
  return { refusals, warnings: hasCanary ? stranger : [] };
}

function edited({ hash }: Candidate, { policyHash }: Evidence): string[] {
  if (hash === policyHash) return [];
  return [
    `it is not the policy that its evidence is about (${brief(hash)} against ${brief(policyHash)}): the file was edited afterwards; tune it again`,
  ];
}

function expired({ validUntil, createdAt }: Evidence, { wallNowMs }: Surroundings): string[] {
  if (Date.parse(validUntil) > wallNowMs) return [];
  return [`its evidence, of ${createdAt}, was valid until ${validUntil}: tune it again on newer traffic`];
}

function ofOtherCore(evidence: Evidence, { coreVersion }: Surroundings): string[] {
  if (evidence.coreVersion === coreVersion) return [];
  return [
    `its evidence was made by core version ${evidence.coreVersion}, and this proxy runs ${coreVersion}: tune it again`,
  ];
}

function ofOtherPool(evidence: Evidence, { pool }: Surroundings): string[] {
  const difference = poolDifference(evidence.pool, pool);
  return difference === null ? [] : [`it was tuned for another pool (${difference}): tune it for this one`];
}

/** The canary compares with what is in force, so with one this is only to be known. */
function strangeIncumbent({ incumbent }: Evidence, { inForce }: Surroundings): string[] {
  if (incumbent.policyHash === inForce.hash) return [];
  return [
    `its evidence compares it with ${incumbent.name} (${brief(incumbent.policyHash)}), but ${inForce.name} (${brief(inForce.hash)}) is in force`,
  ];
}

function guessed({ tiers }: Evidence): string[] {
  if (tiers.T3 <= T3_SHARE_MAX) return [];
  return [
    `${percent(tiers.T3)} of the requests behind its evidence rest on a fitted twin alone (tier T3), and at most ${percent(T3_SHARE_MAX)} may without a canary: give it one`,
  ];
}

/**
 * What the holdout says of the guarded metrics. One that the objective bounds is held to that bound, and one that it weighs was
 * weighed; all others must not be worse for certain.
 */
function predictedWorse({ objective, predicted }: Evidence): string[] {
  const unmet = objective.subjectTo.flatMap(({ metric, comparison, limit }) => {
    const value = predicted.holdout.find((each) => each.metric === metric)?.candidate.value ?? null;
    if (value === null || (comparison === '<=' ? value <= limit : value >= limit)) return [];
    return [`${metric} is predicted to be ${short(value)}, and its objective asks for ${comparison} ${limit}`];
  });
  const worse = predicted.holdout.flatMap((prediction) => {
    if (!GUARDED.includes(prediction.metric) || isTraded(objective, prediction.metric)) return [];
    return isWorseForCertain(prediction) ? [worseText(prediction)] : [];
  });
  return [...unmet, ...worse];
}

function isTraded({ utility, subjectTo }: Objective, metric: ObjectiveMetric): boolean {
  return utility[metric] !== undefined || subjectTo.some((constraint) => constraint.metric === metric);
}

function isWorseForCertain({ metric, difference: { low95, high95 } }: Prediction): boolean {
  return BETTER[metric] === 'lower' ? low95 !== null && low95 > 0 : high95 !== null && high95 < 0;
}

function worseText({ metric, difference: { low95, high95 } }: Prediction): string {
  return `${metric} is predicted to get worse (difference ${short(low95)} to ${short(high95)})`;
}

const brief = (hash: string): string => hash.slice(0, 12);
const percent = (share: number): string => `${Math.round(100 * share)} %`;
const short = (value: number | null): string => (value === null ? '?' : String(Number(value.toPrecision(4))));
