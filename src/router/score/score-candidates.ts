/**
 * score = stability x sum(weight x term) / sum(weight), in [0, 1], for every eligible candidate.
 * Budget pressure multiplies the cost weight by 1 + costGain x pressure.
 */
import type { RouterRequest } from '../contract.ts';
import { TERM_COUNT } from '../candidates/candidate-field.ts';
import type { RouterState } from '../state/router-state.ts';
import { STATE_CODE } from '../state/target-state-machine.ts';
import { cacheTerm } from './cache.ts';
import { costTerm, expectedCostMicroUsd } from './cost.ts';
import { firstTokenTerm } from './first-token.ts';
import { loadTerm } from './load.ts';
import { speedTerm } from './speed.ts';
import { successTerm } from './success.ts';

/** Expected answer length, tokens: what the class assumes, within the client's own limit. */
export function expectedOutputTokens(assumedOutputTokens: number, maxOutputTokens: number | null): number {
  return maxOutputTokens === null ? assumedOutputTokens : Math.min(maxOutputTokens, assumedOutputTokens);
}

/**
 * Fills terms, score, expected cost and busyness of the eligible candidates.
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
  const { field, pool, policy, health, keys, estimates, warmth, ledger } = state;
  const { references, prior, stability } = policy.score;
  const scale = estimates.scaleAt(nowMs);
  const priorWeight = prior.observations * scale;
  const outputTokens = expectedOutputTokens(policy.classes.assumedOutputTokens, request.maxOutputTokens);
  const totalTokens = request.inputTokens + outputTokens;
  warmth.locate(request, nowMs);

  const costWeight = weights[4]! * (1 + policy.budget.costGain * pressure);
  const weightSum = 1 + costWeight - weights[4]!;

  for (let position = 0; position < field.eligibleCount; position++) {
    const target = field.eligible[position]!;
    const key = pool.keyOf[target]!;

    const success = successTerm(
      estimates.successes[target]!,
      estimates.attempts[target]!,
      prior.successRatio,
      priorWeight,
    );
    const meanFirstTokenMs =
      (priorWeight * prior.firstTokenMs + estimates.firstTokenSum[target]!) /
      (priorWeight + estimates.firstTokenCount[target]!);
    const firstToken = firstTokenTerm(meanFirstTokenMs, references.firstTokenMs);
    const meanSpeed =
      (priorWeight * prior.tokensPerSecond + estimates.speedSum[target]!) /
      (priorWeight + estimates.speedCount[target]!);
    const speed = speedTerm(meanSpeed, references.tokensPerSecond);
    // One observation of the prior stands for one request; the sums count tokens, so the prior is scaled to this request's.
    const priorTokens = priorWeight * Math.max(1, request.inputTokens);
    const hitRatio =
      (priorTokens * prior.cacheHitRatio + estimates.cachedTokens[target]!) /
      (priorTokens + estimates.inputTokens[target]!);
    const cache = cacheTerm(target, warmth.warmTarget, warmth.warmShare, hitRatio);
    const costMicroUsd = expectedCostMicroUsd(
      request.inputTokens,
      outputTokens,
      cache,
      pool.inputPrice[target]!,
      pool.cacheReadPrice[target]!,
      pool.outputPrice[target]!,
    );
    const cost = costTerm(costMicroUsd, totalTokens, references.usdPerMillionTokens);
    const isLimited = keys.concurrencyLimit[key]! !== Infinity;
    const busyness = keys.inFlight[key]! / (isLimited ? keys.concurrencyLimit[key]! : references.inFlight);
    const rules = pool.budgetsOfTarget[target]!;
    const ownPressure = rules.length === 0 ? 0 : ledger.pressure(ledger.highestUse(rules, false, nowMs));
    const load = loadTerm(busyness, isLimited, ownPressure);

    const offset = target * TERM_COUNT;
    field.terms[offset] = success;
    field.terms[offset + 1] = firstToken;
    field.terms[offset + 2] = speed;
    field.terms[offset + 3] = cache;
    field.terms[offset + 4] = cost;
    field.terms[offset + 5] = load;

    let score =
      (weights[0]! * success +
        weights[1]! * firstToken +
        weights[2]! * speed +
        weights[3]! * cache +
        costWeight * cost +
        weights[5]! * load) /
      weightSum;
    if (health.recentFailures(target, nowMs) > stability.recentFailures) score *= stability.recentFailuresFactor;
    if (health.states[target] === STATE_CODE.degraded) score *= stability.degradedFactor;

    field.score[target] = score;
    field.expectedCost[target] = costMicroUsd;
    field.firstTokenMs[target] = meanFirstTokenMs;
    field.busyness[target] = busyness;
  }
}

/**
 * Pressure of a decision, 0 to 1: the client key's budgets of every kind, and the money budgets of the eligible
 * candidates. Token and request budgets of a target lower its own load term instead: they are a reason to spare
 * that target, not to save money.
 */
export function decisionPressure(state: RouterState, clientKey: number, nowMs: number): number {
  const { field, pool, ledger } = state;
  if (pool.budgets.length === 0) return 0;
  let use = clientKey < 0 ? 0 : ledger.highestUse(pool.budgetsOfClientKey[clientKey]!, false, nowMs);
  for (let position = 0; position < field.eligibleCount; position++) {
    const rules = pool.budgetsOfTarget[field.eligible[position]!]!;
    if (rules.length > 0) use = Math.max(use, ledger.highestUse(rules, true, nowMs));
  }
  return ledger.pressure(use);
}
