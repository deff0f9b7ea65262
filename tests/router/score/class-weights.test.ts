import { describe, expect, it } from 'vitest';
import {
  DEFAULT_POLICY,
  REQUEST_CLASSES,
  SCORE_TERMS,
  type Priority,
  type RequestClass,
} from '../../../src/router/index.ts';
import { adjustedProfile, classWeights } from '../../../src/router/score/class-weights.ts';
import { policyWith } from '../small-pool.ts';

const PRIORITIES: readonly Priority[] = ['low', 'normal', 'high'];

describe('class profiles', () => {
  // latency, throughput, cost, stability, as the original classifier adjusted them
  it.each<[RequestClass, Priority, number, number, number, number]>([
    ['chat', 'normal', 1, 0.45, 0.55, 0.9],
    ['long', 'normal', 0.35, 1, 0.75, 1],
    ['background', 'normal', 0.05, 0.55, 1.25, 0.8],
    ['balanced', 'normal', 0.65, 0.65, 0.65, 0.9],
    ['chat', 'low', 0.8, 0.45, 0.8, 0.9],
    ['long', 'low', 0.15, 1, 1, 1],
    ['background', 'low', 0.05, 0.55, 1.25, 0.8],
    ['balanced', 'low', 0.45, 0.65, 0.9, 0.9],
    ['chat', 'high', 1.2, 0.45, 0.55, 1.05],
    ['long', 'high', 0.55, 1, 0.75, 1.15],
    ['background', 'high', 0.25, 0.55, 1.25, 0.95],
    ['balanced', 'high', 0.85, 0.65, 0.65, 1.05],
  ])('%s at %s priority', (requestClass, priority, latency, throughput, cost, stability) => {
    const profile = adjustedProfile(DEFAULT_POLICY, requestClass, priority);
    expect(profile.latency).toBeCloseTo(latency, 12);
    expect(profile.throughput).toBeCloseTo(throughput, 12);
    expect(profile.cost).toBeCloseTo(cost, 12);
    expect(profile.stability).toBeCloseTo(stability, 12);
  });

  it('caps raised stability and latency at 1.2 and cost at 1.25, and floors latency at .05', () => {
    const extreme = policyWith({
      classes: {
        lowPriority: { costBonus: 9, latencyPenalty: 9 },
        highPriority: { latencyBonus: 9, stabilityBonus: 9 },
      },
    });
    expect(adjustedProfile(extreme, 'chat', 'low')).toMatchObject({ latency: 0.05, cost: 1.25 });
    expect(adjustedProfile(extreme, 'chat', 'high')).toMatchObject({ latency: 1.2, stability: 1.2 });
  });
});

describe('the weights of the score', () => {
  const rows = classWeights(DEFAULT_POLICY);

  it('sum to 1 for each class and priority', () => {
    expect(rows).toHaveLength(REQUEST_CLASSES.length * PRIORITIES.length);
    for (const row of rows) expect(row.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
  });

  it('are the policy weights times the profile', () => {
    const chatNormal = rows[REQUEST_CLASSES.indexOf('chat') * 3 + 1]!;
    const raw = {
      success: 0.3 * 0.9,
      firstToken: 0.2,
      speed: 0.2 * 0.45,
      cache: 0.1,
      cost: 0.2 * 0.55,
      load: 0.1 * 0.45,
    };
    const sum = Object.values(raw).reduce((total, weight) => total + weight, 0);
    SCORE_TERMS.forEach((term, index) => expect(chatNormal[index]).toBeCloseTo(raw[term] / sum, 12));
  });

  it('are uniform when the policy cares for nothing', () => {
    const weights = { success: 0, firstToken: 0, speed: 0, cache: 0, cost: 0, load: 0 };
    for (const row of classWeights(policyWith({ score: { weights } }))) {
      expect([...row]).toEqual(Array.from({ length: 6 }, () => 1 / 6));
    }
  });
});
