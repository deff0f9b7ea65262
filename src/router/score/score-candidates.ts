/**
 * score = steadiness x sum(weight x term) / sum(weight), in [0, 1], for every eligible candidate.
 * Budget pressure multiplies the cost weight by 1 + costGain x pressure.
 */
import { FIELD } from '../candidates/candidate-field.ts';
import type { RouterRequest } from '../contract.ts';
import type { RouterState } from '../state/router-state.ts';
import { STANDING } from '../state/standing-columns.ts';
import { budgetPressure } from '../state/budget-pressure.ts';
import { cacheTerm } from './cache.ts';
import { costTerm, expectedCostMicroUsd } from './cost.ts';

const {
  CACHE_READ_PRICE,
  FIRST_TOKEN,
  HIT_RATIO,
  INPUT_PRICE,
  LOAD,
  OUTPUT_PRICE,
  SPEED,
  STEADINESS,
  SUCCESS,
  COLUMNS: STANDING_COLUMNS,
} = STANDING;
const { CACHE, COST, EXPECTED_COST, SCORE, COLUMNS: FIELD_COLUMNS } = FIELD;

/** Expected answer length, tokens: what the class assumes, within the client's own limit. */
export function expectedOutputTokens(assumedOutputTokens: number, maxOutputTokens: number | null): number {
  return maxOutputTokens === null ? assumedOutputTokens : Math.min(maxOutputTokens, assumedOutputTokens);
}

/**
 * Fills terms, score and expected cost of the eligible candidates, whose standing the filters have
 * refreshed.
 *
 * @param weights a row of `classWeights`
 * @param pressure budget pressure of this decision, 0 to 1
 */
export function scoreCandidates(
  state: RouterState,
  request: RouterRequest,
  weights: Float64Array,
  pressure: number,
  nowMs: number,
): void {
  const { field, policy, warmth } = state;
  const { standing, eligible, values, eligibleCount } = field;
  const { inputTokens } = request;
  const referencePrice = policy.score.references.usdPerMillionTokens;
  const outputTokens = expectedOutputTokens(policy.classes.assumedOutputTokens, request.maxOutputTokens);
  const totalTokens = inputTokens + outputTokens;
  warmth.locate(request, nowMs);
  const { warmTarget, warmShare } = warmth;

  const successWeight = weights[0]!;
  const firstTokenWeight = weights[1]!;
  const speedWeight = weights[2]!;
  const cacheWeight = weights[3]!;
  const costWeight = weights[4]! * (1 + policy.budget.costGain * pressure);
  const loadWeight = weights[5]!;
  const inverseWeightSum = 1 / (1 + costWeight - weights[4]!);

  for (let position = 0; position < eligibleCount; position++) {
    const target = eligible[position]!;
    const row = target * STANDING_COLUMNS;

    const cache = cacheTerm(target, warmTarget, warmShare, standing[row + HIT_RATIO]!);
    const costMicroUsd = expectedCostMicroUsd(
      inputTokens,
      outputTokens,
      cache,
      standing[row + INPUT_PRICE]!,
      standing[row + CACHE_READ_PRICE]!,
      standing[row + OUTPUT_PRICE]!,
    );
    const cost = costTerm(costMicroUsd, totalTokens, referencePrice);
    const score =
      (successWeight * standing[row + SUCCESS]! +
        firstTokenWeight * standing[row + FIRST_TOKEN]! +
        speedWeight * standing[row + SPEED]! +
        cacheWeight * cache +
        costWeight * cost +
        loadWeight * standing[row + LOAD]!) *
      inverseWeightSum *
      standing[row + STEADINESS]!;

    const cell = target * FIELD_COLUMNS;
    values[cell + SCORE] = score;
    values[cell + CACHE] = cache;
    values[cell + COST] = cost;
    values[cell + EXPECTED_COST] = costMicroUsd;
  }
}

/**
 * Pressure of a decision, 0 to 1: the client key's budgets of every kind, and the money budgets of the eligible
 * candidates. Token and request budgets of a target lower its own load term instead: they are a reason to spare
 * that target, not to save money.
 */
export function decisionPressure(state: RouterState): number {
  const { field, policy } = state;
  return budgetPressure(Math.max(field.clientUse, field.moneyUse), policy.budget.softThreshold);
}
