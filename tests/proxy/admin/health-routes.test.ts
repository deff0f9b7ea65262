import { afterEach, describe, expect, it } from 'vitest';
import type { HealthPage } from '../../../src/proxy/admin/index.ts';
import { poolOf, targetOf } from '../../router/small-pool.ts';
import { startTrial, START_MS, type ProxyOnTrial, type TrialOptions } from '../proxy-on-trial.ts';

const pool = poolOf([
  targetOf('aurora.main.small'),
  targetOf('borealis.main.small'),
  targetOf('cirrus.main.small', { disabled: true }),
]);
let trial: ProxyOnTrial;
const start = async (view: TrialOptions['view'] = {}): Promise<void> => {
  trial = await startTrial({ pool, view });
};
const health = async (): Promise<[number, HealthPage]> => {
  const response = await trial.get('/health', null);
  expect(response.headers.get('cache-control')).toBe('no-store');
  return [response.status, (await response.json()) as HealthPage];
};
const cool = (target: string): void => trial.driver.order({ kind: 'cool', target, untilMs: START_MS + 60_000 });
afterEach(() => trial.stop());

describe('health', () => {
  it('is well when all is well', async () => {
    await start();
    trial.begin('r1');
    trial.nowMs += 5_400;
    expect(await health()).toEqual([
      200,
      {
        status: 'ok',
        why: null,
        version: '0.0.0-trial',
        uptimeSeconds: 5,
        log: { state: 'ok', reason: null },
        targets: { eligible: 2, total: 2 },
        openRequests: 1,
        policy: { name: 'trial', hash: 'a1b2', source: 'configuration', candidate: null },
      },
    ]);
  });

  it('suffers with targets, and recovers with them', async () => {
    await start();
    cool('aurora.main.small');
    expect(await health()).toMatchObject([200, { status: 'degraded', targets: { eligible: 1, total: 2 } }]);
    cool('borealis.main.small');
    expect(await health()).toMatchObject([503, { status: 'failing', why: 'no target can be sent to now' }]);
    trial.nowMs = START_MS + 60_000;
    expect(await health()).toMatchObject([200, { status: 'ok' }]);
  });

  it.each<[boolean, number, string]>([
    [false, 200, 'degraded'],
    [true, 503, 'failing'],
  ])('says what a failing log means when refusing is %s', async (refusesWithoutLog, status, name) => {
    await start({ refusesWithoutLog });
    trial.logSays = { state: 'failing', reason: 'no space left' };
    expect(await health()).toMatchObject([
      status,
      { status: name, log: { state: 'failing', reason: 'no space left' } },
    ]);
    trial.logSays = { databaseTrouble: 'locked' };
    expect(await health()).toMatchObject([200, { status: 'degraded', log: { state: 'ok', reason: 'locked' } }]);
  });

  it('fails from the beginning of a shutdown on', async () => {
    await start({ isDraining: true });
    expect(await health()).toMatchObject([503, { status: 'draining', why: 'shutting down' }]);
  });

  it('tells the console more, and always answers it', async () => {
    await start({ isDraining: true });
    const response = await trial.get('/api/health');
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      status: 'draining',
      targets: {
        eligible: 2,
        total: 2,
        list: [
          { target: 'aurora.main.small', state: 'healthy', isAvailable: true, why: null },
          { target: 'borealis.main.small' },
          { target: 'cirrus.main.small', state: 'disabled', isAvailable: false },
        ],
      },
    });
  });
});
