import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { LiveFrames } from '../../../src/proxy/console/live-frames.ts';
import { evidenceFor } from '../../policies/evidence-in-small.ts';
import { PLAN } from '../../policies/plan-in-small.ts';
import { FAILED, poolOf, policyWith, targetOf } from '../../router/small-pool.ts';
import { startTrial, START_MS, type ProxyOnTrial, type TrialOptions } from '../proxy-on-trial.ts';

const POOL = poolOf([
  targetOf('aurora.main.small', { budgets: [{ metric: 'requests', window: '5m', limit: 10 }] }),
  targetOf('borealis.main.small'),
]);

let trial: ProxyOnTrial;
const start = async (options: Partial<TrialOptions> = {}): Promise<LiveFrames> => {
  trial = await startTrial({ pool: POOL, ...options });
  return new LiveFrames(trial.admin);
};
const serve = (count: number, from = 0): void => {
  for (let index = from; index < from + count; index++) trial.serve(`r${index}`);
};
afterEach(() => trial.stop());

describe('a live frame', () => {
  it('has what the pages of the admin API have', async () => {
    const frames = await start();
    serve(9);
    const frame = frames.next(true);
    const page = async (path: string): Promise<unknown> => (await trial.get(path)).json();
    const plain = JSON.parse(JSON.stringify(frame)) as typeof frame;
    expect(plain.atMs).toBe(START_MS);
    expect(plain.status).toEqual(await page('/admin/status'));
    expect(plain.budgets).toEqual(await page('/admin/budgets'));
    expect(plain.budgets.budgets[0]).toMatchObject({ useRatio: 0.9, pressure: expect.closeTo(0.5, 9) as number });
    expect({ requests: plain.requests }).toEqual(await page('/admin/requests'));
    expect(plain.policies).toMatchObject({
      inForce: { name: 'trial' },
      configured: { name: 'trial' },
      promotion: null,
      activeCount: 0,
      latestPastId: null,
    });
    expect(plain.rates).toMatchObject({ requestsPerS: 9, failuresPerS: 0 });
  });

  it('has what ended since the one before: 20 at most, and how many there were', async () => {
    const frames = await start({ pool: poolOf([targetOf('aurora.main.small')]) });
    const ids = (frame: ReturnType<LiveFrames['next']>): string[] => frame.requests.map(({ requestId }) => requestId);
    const newest = (last: number): string[] => Array.from({ length: 20 }, (_, index) => `r${last - index}`);
    expect([ids(frames.next(true)), frames.next(false).endedSinceLast]).toEqual([[], 0]);
    serve(30);
    const first = frames.next(true);
    expect([ids(first), first.endedSinceLast]).toEqual([newest(29), 20]);
    serve(3, 30);
    const second = frames.next(false);
    expect([ids(second), second.endedSinceLast]).toEqual([['r32', 'r31', 'r30'], 3]);
    expect([frames.next(false).requests, frames.next(false).endedSinceLast]).toEqual([[], 0]);
    serve(80, 33);
    const third = frames.next(false);
    expect([ids(third), third.endedSinceLast]).toEqual([newest(112), 80]);
  });

  it('stays short with hundreds of targets', async () => {
    const many = Array.from({ length: 150 }, (_, index) => targetOf(`p${index}.main.small`));
    const frames = await start({ pool: poolOf(many) });
    serve(20);
    const { requests, endedSinceLast } = frames.next(true);
    expect([requests.length, requests[0]!.candidateProviders.length, endedSinceLast]).toEqual([2, 150, 2]);
    serve(1, 20);
    expect(frames.next(false).requests).toHaveLength(1);
  });

  it('has a promotion on its way without its long parts', async () => {
    const frames = await start();
    const candidate = policyWith({ explorationRate: 0.02 });
    const evidence = evidenceFor(candidate, POOL, policyWith());
    const order = { name: 'cheap', policy: candidate, evidence, plan: PLAN, who: 'anna' };
    expect((await trial.post('/admin/policies/promote', order)).status).toBe(200);
    const { promotion } = frames.next(true).policies;
    expect(promotion).toMatchObject({ policyName: 'cheap', stage: 'staged', plan: PLAN, guards: [] });
    for (const part of ['policy', 'evidence', 'pool']) expect(promotion).not.toHaveProperty(part);
    const id = promotion!.id;
    await trial.post('/admin/policies/rollback', { who: 'bert' });
    expect(frames.next(false).policies).toMatchObject({ promotion: null, latestPastId: id });
  });

  it('has no marker that was planted where secrets and texts are', async () => {
    const token = 'marker-admin-token-1';
    const frames = await start({ context: { adminTokenHash: createHash('sha256').update(token).digest('hex') } });
    await trial.get('/admin/status', token);
    for (let index = 0; index < 20; index++) {
      const facts = { sessionId: 'marker-session-2', clientKey: 'team', prefixBlocks: [7_773_331] };
      trial.serve(`r${index}`, facts, { ...FAILED, errorCode: 'http_500' }, {});
    }
    const text = JSON.stringify(frames.next(true));
    expect(text.length).toBeGreaterThan(10_000);
    expect(text).toContain('http_500');
    expect(text).not.toContain('marker');
    expect(text).not.toContain('7773331');
    expect(text).not.toContain(createHash('sha256').update(token).digest('hex'));
  });
});
