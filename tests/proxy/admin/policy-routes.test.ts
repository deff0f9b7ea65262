import { afterEach, describe, expect, it } from 'vitest';
import type { PoliciesPage, StatusPage } from '../../../src/proxy/admin/index.ts';
import { evidenceFor } from '../../policies/evidence-in-small.ts';
import { PLAN } from '../../policies/plan-in-small.ts';
import { poolOf, policyWith, targetOf } from '../../router/small-pool.ts';
import { startTrial, START_MS, type ProxyOnTrial } from '../proxy-on-trial.ts';

const POOL = poolOf([targetOf('aurora.main.small'), targetOf('borealis.main.small')]);
const CANDIDATE = policyWith({ explorationRate: 0.02 });
const ORDER = {
  name: 'cheap',
  policy: CANDIDATE,
  evidence: evidenceFor(CANDIDATE, POOL, policyWith()),
  plan: PLAN,
  who: 'anna',
};

let trial: ProxyOnTrial;
const start = async (): Promise<void> => {
  trial = await startTrial({ pool: POOL });
};
const post = async (path: string, body: unknown, token?: string | null): Promise<[number, string, string]> => {
  const response = await trial.post(path, body, token);
  const { error } = (await response.json()) as { error?: { code: string; message: string } };
  return [response.status, error?.code ?? '', error?.message ?? ''];
};
const page = async (): Promise<PoliciesPage> => (await (await trial.get('/admin/policies')).json()) as PoliciesPage;
afterEach(() => trial.stop());

describe('policies', () => {
  it('are shown, promoted and rolled back', async () => {
    await start();
    expect(await page()).toEqual({
      atMs: START_MS,
      inForce: { name: 'trial', hash: 'a1b2', source: 'configuration', why: 'as configured', candidate: null },
      configured: { name: 'trial', hash: 'a1b2' },
      promotion: null,
      active: [],
      past: [],
    });
    expect(await post('/admin/policies/promote', ORDER)).toEqual([200, '', '']);
    expect((await page()).promotion).toMatchObject({ policyName: 'cheap', stage: 'staged', incumbentName: 'trial' });
    const status = (await (await trial.get('/admin/status')).json()) as StatusPage;
    expect(status.policy).toMatchObject({ name: 'trial', candidate: { name: 'cheap', stage: 'staged' } });
    expect(await post('/admin/policies/promote', ORDER)).toEqual([
      409,
      'conflict',
      expect.stringMatching(/^cheap is on its way already, in stage staged, promoted by anna at 2026-01-15/),
    ]);
    expect(await post('/admin/policies/rollback', { who: 'bert', why: 'no more' })).toEqual([200, '', '']);
    const { promotion, past } = await page();
    expect([promotion, past[0]?.transitions.at(-1)]).toMatchObject([
      null,
      { from: 'staged', to: 'rolled_back', who: 'bert', why: 'no more' },
    ]);
    expect((await post('/admin/policies/rollback', { who: 'bert' }))[0]).toBe(409);
  });

  it('need the admin token, and an order that makes sense', async () => {
    await start();
    for (const path of ['/admin/policies/promote', '/admin/policies/rollback'])
      expect((await post(path, ORDER, null)).slice(0, 2)).toEqual([401, 'unauthorized']);
    expect((await trial.get('/admin/policies', null)).status).toBe(401);
    for (const [change, message] of [
      [{ who: undefined }, /^who: missing/],
      [{ who: 'two\nlines' }, /^who: must be one line of plain text/],
      [{ colour: 'red' }, /^colour: unknown field/],
      [{ plan: { ...PLAN, canaryShare: 0.6 } }, /^plan\.canaryShare: expected number <= 0\.5, got 0\.6/],
      [{ plan: { ...PLAN, guards: { ...PLAN.guards, costFactorMax: 0.5 } } }, /^plan\.guards\.costFactorMax: /],
      [{ policy: { mode: 'best' } }, /^policy\.mode: /],
      [{ evidence: { ...ORDER.evidence, seeds: 'none' } }, /^evidence\.seeds: /],
    ] as const) {
      expect(await post('/admin/policies/promote', { ...ORDER, ...change })).toEqual([
        400,
        'bad_request',
        expect.stringMatching(message),
      ]);
    }
    expect((await page()).promotion).toBeNull();
  });

  it('take the evidence of a long search, but no end of it', async () => {
    await start();
    const point = {
      policyHash: 'a'.repeat(64),
      isFeasible: true,
      metrics: { cost: 1.5 },
      knobs: { explorationRate: 0.1 },
    };
    const withPoints = (count: number) => ({
      ...ORDER,
      evidence: { ...ORDER.evidence, pareto: Array.from({ length: count }, () => point) },
    });
    expect((await post('/admin/policies/promote', withPoints(20_000))).slice(0, 2)).toEqual([413, 'body_too_large']);
    expect(await post('/admin/policies/promote', withPoints(2_000))).toEqual([200, '', '']);
  });
});
