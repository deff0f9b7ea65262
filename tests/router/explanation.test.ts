import { describe, expect, it } from 'vitest';
import {
  createRouter,
  SCORE_TERMS,
  type AttemptOutcome,
  type CandidateExplanation,
  type RouterRequest,
} from '../../src/router/index.ts';
import { adjustedProfile } from '../../src/router/score/class-weights.ts';
import { policyWith, poolOf, requestOf, targetOf } from './small-pool.ts';
import { onlyReject, tryOut, type Trial } from './trial.ts';

const TARGET = 'aurora.main.small';
const OTHER = 'borealis.main.small';
const POOL = poolOf([targetOf(TARGET), targetOf(OTHER)], { modelAliases: { here: [TARGET], there: [OTHER] } });

function candidate(trial: Trial, target: string, facts: Partial<RouterRequest> = {}): CandidateExplanation {
  const sent = trial.send(`look-${trial.router.snapshot().flow.decisions}`, facts);
  trial.end(sent, { kind: 'cancelled', status: null, firstTokenMs: null });
  return sent.decision.candidates!.find((each) => each.target === target)!;
}

describe('an explanation', () => {
  it('is left out unless asked for', () => {
    const [command] = createRouter(POOL, policyWith(), { seed: 1 }).begin(requestOf('a'), 0);
    expect(command).toMatchObject({ kind: 'send', decision: { candidates: null, eligible: 2 } });
  });

  it('names every candidate of the lane, sorted by id', () => {
    const trial = tryOut(POOL);
    expect(trial.send('a').decision.candidates!.map((each) => each.target)).toEqual([TARGET, OTHER]);
    expect(trial.send('b', { model: 'there' }).decision.candidates!.map((each) => each.target)).toEqual([OTHER]);
  });

  it('gives a rejected candidate its reason and nothing else', () => {
    const trial = tryOut(POOL);
    trial.order('disable', OTHER);
    expect(candidate(trial, OTHER)).toEqual({
      target: OTHER,
      state: 'disabled',
      rejection: 'disabled',
      score: 0,
      weight: 0,
      propensity: 0,
      terms: { success: 0, firstToken: 0, speed: 0, cache: 0, cost: 0, load: 0 },
    });
    trial.order('disable', TARGET);
    const { decision } = onlyReject(trial.begin('none'));
    expect(decision).toMatchObject({ target: null, propensity: 0, explored: false, draw: 0, eligible: 0 });
    for (const each of decision!.candidates!) expect([each.score, each.weight, each.propensity]).toEqual([0, 0, 0]);
  });

  it('adds up: score = sum of weight x term / sum of weights', () => {
    const policy = policyWith();
    const trial = tryOut(POOL);
    for (let index = 0; index < 5; index++) trial.serve(`r${index}`, { model: 'here', sessionId: 's' });
    for (const priority of ['low', 'normal', 'high'] as const) {
      const { score, terms } = candidate(trial, TARGET, { declaredPriority: priority, sessionId: 's' });
      const { latency, throughput, cost, stability } = adjustedProfile(policy, 'chat', priority);
      const factor = { success: stability, firstToken: latency, speed: throughput, cache: 1, cost, load: throughput };
      let [sum, weights] = [0, 0];
      for (const term of SCORE_TERMS) {
        const weight = policy.score.weights[term] * factor[term];
        sum += weight * terms[term];
        weights += weight;
      }
      expect(score).toBeCloseTo(sum / weights, 12);
    }
  });

  it('is a copy: later decisions do not change an earlier one', () => {
    const trial = tryOut(POOL);
    const sent = trial.send('a');
    const text = JSON.stringify(sent);
    for (let index = 0; index < 20; index++) trial.serve(`r${index}`, {}, { firstTokenMs: 9_000, durationMs: 10_000 });
    expect(JSON.stringify(sent)).toBe(text);
  });
});

describe('the terms follow what they measure', () => {
  const learnt = (
    facts: Partial<AttemptOutcome>,
    request: Partial<RouterRequest> = {},
  ): CandidateExplanation['terms'] => {
    const trial = tryOut(POOL);
    for (let index = 0; index < 20; index++) trial.serve(`r${index}`, { model: 'here', ...request }, facts);
    return candidate(trial, TARGET, request).terms;
  };

  it('a target without history has the prior', () => {
    const { success, firstToken, speed, cache, load } = candidate(tryOut(POOL), TARGET).terms;
    expect([success, firstToken, speed, cache, load]).toEqual([0.95, 0.5, 0.5, 0, 1]);
  });

  it('success: posterior mean with a prior of 4 observations at .95', () => {
    expect(learnt({}).success).toBeCloseTo((4 * 0.95 + 20) / 24, 9);
    expect(learnt({ kind: 'cancelled' }).success).toBeCloseTo(0.95, 12);
  });

  it('first token and speed: what was measured, mixed with the prior', () => {
    const terms = learnt({ firstTokenMs: 200, durationMs: 1_200, outputTokens: 300 });
    const firstTokenMs = (4 * 800 + 20 * 200) / 24;
    expect(terms.firstToken).toBeCloseTo(800 / (800 + firstTokenMs), 9);
    const tokensPerSecond = (4 * 60 + 20 * 300) / 24;
    expect(terms.speed).toBeCloseTo(tokensPerSecond / (tokensPerSecond + 60), 9);
  });

  it('cache: the hit ratio without a known prefix, the warm share with one', () => {
    expect(learnt({ cacheReadTokens: 500 }).cache).toBeCloseTo((20 * 0.5) / 24, 9);
    expect(learnt({ inputTokens: 600, outputTokens: 100 }, { sessionId: 's' }).cache).toBeCloseTo(0.7, 12);
  });

  it('load: attempts in flight against the limit', () => {
    const pool = poolOf([targetOf(TARGET), targetOf(OTHER)], {
      keys: { 'aurora.main': { concurrencyLimit: 4 } },
      modelAliases: { here: [TARGET] },
    });
    const trial = tryOut(pool);
    const loads = [1, 2, 3].map((index) => {
      trial.send(`open-${index}`, { model: 'here' });
      return candidate(trial, TARGET).terms.load;
    });
    expect(loads).toEqual([0.75, 0.5, 0.25]);
  });

  it('cost: cheaper is better, free is best, for a request of any size', () => {
    const pool = poolOf([
      targetOf(TARGET, { contextTokens: 2e9, prices: { inputMicroUsdPerToken: 0, outputMicroUsdPerToken: 0 } }),
      targetOf(OTHER, { contextTokens: 2e9, prices: { inputMicroUsdPerToken: 1, outputMicroUsdPerToken: 1 } }),
      targetOf('cirrus.main.small', {
        contextTokens: 2e9,
        prices: { inputMicroUsdPerToken: 1e6, outputMicroUsdPerToken: 1e6 },
      }),
    ]);
    const trial = tryOut(pool);
    for (const inputTokens of [1, 1_000, 1_000_000_000]) {
      const costs = pool.targets.map(
        (target) => candidate(trial, target.id, { inputTokens, maxOutputTokens: 0 }).terms.cost,
      );
      expect(costs[0]).toBe(1);
      expect(costs[1]).toBeCloseTo(2 / 3, 9);
      expect(costs[2]).toBeGreaterThan(0);
      expect(costs[2]).toBeLessThan(0.00001);
    }
    expect(candidate(trial, OTHER, { inputTokens: 0, maxOutputTokens: 0 }).terms.cost).toBe(1);
  });

  it('old evidence fades: half of it counts after a half-life, and the prior returns in the end', () => {
    const trial = tryOut(POOL);
    for (let index = 0; index < 8; index++) trial.serve(`r${index}`, { model: 'here' }, { firstTokenMs: 100 });
    const mean = (weight: number): number => (4 * 800 + weight * 8 * 100) / (4 + weight * 8);
    expect(candidate(trial, TARGET).terms.firstToken).toBeCloseTo(800 / (800 + mean(1)), 9);
    trial.pass(120_000);
    expect(candidate(trial, TARGET).terms.firstToken).toBeCloseTo(800 / (800 + mean(0.5)), 9);
    trial.pass(120_000 * 60);
    expect(candidate(trial, TARGET).terms.firstToken).toBeCloseTo(0.5, 9);
  });
});

describe('hostile measurements', () => {
  it.each<[string, Partial<AttemptOutcome>]>([
    ['no tokens, no time', { inputTokens: 0, outputTokens: 0, firstTokenMs: 0, durationMs: 0, costMicroUsd: 0 }],
    ['a billion tokens at once', { inputTokens: 1e9, outputTokens: 1e9, firstTokenMs: 0, durationMs: 0.001 }],
    ['a year to the first token', { firstTokenMs: 31_536_000_000, durationMs: 31_536_000_001 }],
    ['more read from the cache than there was', { inputTokens: 10, cacheReadTokens: 1e9 }],
    ['a first token after the end', { firstTokenMs: 5_000, durationMs: 10 }],
  ])('%s: terms and scores stay within [0, 1]', (_, facts) => {
    const trial = tryOut(POOL);
    for (let index = 0; index < 30; index++) trial.serve(`r${index}`, { model: 'here' }, facts);
    const { score, terms } = candidate(trial, TARGET);
    for (const value of [score, ...Object.values(terms)]) {
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThanOrEqual(1);
    }
  });
});
