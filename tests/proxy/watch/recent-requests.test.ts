import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoryKeeper, type RequestStory } from '../../../src/proxy/watch/request-story.ts';
import { FAILED, poolOf, requestOf, targetOf } from '../../router/small-pool.ts';
import { startTrial, START_MS, type ProxyOnTrial } from '../proxy-on-trial.ts';

const pool = poolOf([
  targetOf('aurora.main.small', { protocols: ['openai'] }),
  targetOf('borealis.main.small', { protocols: ['openai'], disabled: true }),
  targetOf('cirrus.spare.big.v2'),
]);
let trial: ProxyOnTrial;
beforeEach(async () => {
  trial = await startTrial({ pool, policy: { retry: { attemptsMax: 3, backoffBaseMs: 100 } } });
});
afterEach(() => trial.stop());

describe('the recent requests', () => {
  it('tell where a request went and why, under the names of the request context', () => {
    const open = trial.serve(
      'r1',
      { clientKey: 'team', sessionId: 'raw-session-id', declaredPriority: 'high', maxOutputTokens: null },
      FAILED,
      { cacheReadTokens: 50 },
    );
    const [recent, ...others] = trial.watch.recentRequests();
    expect(others).toEqual([]);
    const selected = open.sends[1]!.target;
    expect(recent).toMatchObject({
      requestId: 'r1',
      requestClass: 'chat',
      requestPriority: 'high',
      policyId: 'a1b2',
      keyId: 'team',
      disableProviderRetries: true,
      budgetPressure: 0,
      promptCacheScope: 'session',
      selectedProviderId: selected,
      estimatedOutputBudgetTokens: 512,
      estimatedPromptTokens: 1_000,
      requestedModel: 'auto',
      ending: 'completed',
      code: null,
      status: 200,
      costMicroUsd: 1_800,
      arrivedAtMs: START_MS,
    });
    expect(recent!.durationMs).toBe(trial.nowMs - START_MS);
    expect(recent!.requestProfile).toEqual({
      requestClass: 'chat',
      priority: 'high',
      estimatedTokens: 1_512,
      latency: 1.2,
      throughput: 0.45,
      cost: 0.55,
      stability: expect.closeTo(1.05, 12) as number,
    });
    expect(recent!.attempts).toMatchObject([
      { attempt: 1, target: open.sends[0]!.target, cause: 'arrival', kind: 'failure', status: 500, outputTokens: 0 },
      { attempt: 2, target: selected, cause: 'retry', kind: 'success', cacheReadTokens: 50, outputTokens: 200 },
    ]);
    expect(JSON.stringify(recent)).not.toContain('raw-session-id');
  });

  it('list the candidates of the last decision with what kept them out', () => {
    const open = trial.serve('r1', {}, FAILED, {});
    const [recent] = trial.watch.recentRequests();
    const decided = open.sends[1]!.decision.candidates!;
    expect(recent!.candidateProviders).toEqual(
      decided.map((candidate) => ({
        providerId: candidate.target,
        providerType: candidate.target.startsWith('cirrus') ? 'any' : 'openai',
        customName: { a: 'aurora.main', b: 'borealis.main', c: 'cirrus.spare' }[candidate.target[0]!],
        score: candidate.score,
        selectionWeight: candidate.weight,
        runtimeState: candidate.state,
        scoreMetrics: candidate.terms,
        propensity: candidate.propensity,
        blockedReason: candidate.rejection,
      })),
    );
    expect(recent!.candidateProviders.map(({ blockedReason }) => blockedReason)).toContain('disabled');
    expect(recent!.candidateProviders.map(({ blockedReason }) => blockedReason)).toContain('excluded');
  });

  it('have empty places for what never came to be', () => {
    trial.serve('r1', { model: 'unheard-of', prefixBlocks: [1, 2] });
    expect(trial.watch.recentRequests()[0]).toMatchObject({
      requestClass: null,
      requestPriority: null,
      requestProfile: null,
      candidateProviders: [],
      selectedProviderId: null,
      selectedProviderType: null,
      promptCacheScope: 'prefix',
      attempts: [],
      ending: 'rejected',
      code: 'UNKNOWN_MODEL',
      status: 404,
    });
  });

  it('are the last 50 that ended, newest first, without those that are open', () => {
    const open = trial.begin('open');
    for (let index = 0; index < 120; index++) trial.serve(`r${index}`);
    const ids = trial.watch.recentRequests().map(({ requestId }) => requestId);
    expect(ids).toEqual(Array.from({ length: 50 }, (_, index) => `r${119 - index}`));
    open.end();
    expect(trial.watch.recentRequests()[0]!.requestId).toBe('open');
    expect(trial.watch.recentRequests()).toHaveLength(50);
  });

  it('keep the policy under which a request arrived', () => {
    const open = trial.begin('r1');
    trial.replaceRouter(pool, { ...trial.view.policy, hash: 'c3d4' });
    open.end();
    expect(trial.watch.recentRequests()[0]!.policyId).toBe('a1b2');
  });
});

describe('the keeper of stories', () => {
  it('follows no more than it may, and forgets the oldest first', () => {
    const told: RequestStory[] = [];
    const keeper = new StoryKeeper(trial.view, [{ finished: (story) => void told.push(story) }], 3);
    for (let index = 0; index < 10; index++) keeper.arrived(requestOf(`r${index}`), index, 'main');
    expect(keeper.followed).toBe(3);
    keeper.ended(requestOf('r6'), 'completed', null, 200, 20);
    keeper.ended(requestOf('r7'), 'completed', null, 200, 21);
    keeper.ended(requestOf('r7'), 'completed', null, 200, 22);
    expect(told.map(({ request, endedAtMs }) => [request.requestId, endedAtMs])).toEqual([['r7', 21]]);
    expect(keeper.followed).toBe(2);
  });
});
