/** The live driver with a shadow, a canary and transitions: what it tells the log, the watchers and whoever asks. */
import { describe, expect, it } from 'vitest';
import { Driver, type CanaryInForce, type PolicyInForce, type RequestOwner } from '../../src/proxy/driver.ts';
import { watchTogether } from '../../src/proxy/proxy-events.ts';
import { createRouter, type Arm, type SendCommand } from '../../src/router/index.ts';
import { recordedRows } from '../log/live/live-rows.ts';
import { FAILED, outcomeOf, policyWith, poolOf, requestOf, targetOf } from '../router/small-pool.ts';

const CHEAP = 'aurora.main.small';
const DEAR = 'borealis.main.small';
const POOL = poolOf([
  targetOf(CHEAP, { prices: { inputMicroUsdPerToken: 0.1, outputMicroUsdPerToken: 0.1 } }),
  targetOf(DEAR, { prices: { inputMicroUsdPerToken: 30, outputMicroUsdPerToken: 90 } }),
]);
const SEED = 7;
/** Goes to the two in turns. */
const MAIN: PolicyInForce = { name: 'main', policy: policyWith({ mode: 'round-robin' }), hash: 'hash-main' };
const TRIED: PolicyInForce = { name: 'tried', policy: policyWith({ mode: 'lowest-cost' }), hash: 'hash-tried' };
const canaryOf = (share: number, id = 'p1'): CanaryInForce => ({ ...TRIED, id, share });

function start() {
  const { recorder, rows } = recordedRows();
  const arrived: [string, Arm][] = [];
  const clock = { speed: 1, atMs: 1_000, nowMs: () => clock.atMs };
  const driver = new Driver({
    router: createRouter(POOL, MAIN.policy, { seed: SEED, explain: true }),
    policy: MAIN,
    seed: SEED,
    nextSequence: 0,
    clock,
    log: recorder,
    watcher: watchTogether([{ arrived: ({ requestId }, _nowMs, arm) => void arrived.push([requestId, arm]) }]),
  });
  driver.configured('fresh');
  let count = 0;
  /** One request, and where it was sent; its attempt stays open. */
  const begin = (sessionId: string) => {
    const sends: SendCommand[] = [];
    const request = requestOf(`r${count++}`, { sessionId });
    const owner: RequestOwner = { request, send: (sent) => void sends.push(sent), wait: ignore, reject: ignore };
    driver.begin(owner);
    return { owner, sends, request };
  };
  const serve = (sessionId: string): SendCommand => {
    const { owner, sends } = begin(sessionId);
    const [sent] = sends as [SendCommand];
    driver.observe(owner, outcomeOf(owner.request.requestId, 1), sent.targetIndex, sent.target);
    return sent;
  };
  const sessionsIn = (arm: Arm): string[] =>
    Array.from({ length: 60 }, (_, index) => `session-${index}`).filter(
      (sessionId) => driver.armOf(requestOf('any', { sessionId })) === arm,
    );
  return { driver, rows, arrived, clock, begin, serve, sessionsIn };
}

function ignore(): void {
  // Not what these tests are about.
}

describe('a canary', () => {
  it('is in force from a reconfiguration on, is told to the watchers, and decides for its sessions', () => {
    const { driver, rows, arrived, serve, sessionsIn } = start();
    expect([driver.canary, driver.policyOf('canary')]).toEqual([null, MAIN]);
    serve('session-0');
    driver.reconfigure(POOL, MAIN, canaryOf(0.5));
    expect([driver.canary, driver.policyOf('canary'), driver.policyOf('main')]).toEqual([
      canaryOf(0.5),
      canaryOf(0.5),
      MAIN,
    ]);
    const [inCanary] = sessionsIn('canary') as [string];
    const [inMain] = sessionsIn('main') as [string];
    const targets = [inCanary, inMain, inCanary, inMain].map((sessionId) => serve(sessionId).decision.arm);
    expect(targets).toEqual(['canary', 'main', 'canary', 'main']);
    expect(arrived.map(([, arm]) => arm)).toEqual(['main', ...targets]);
    driver.reconfigure(POOL, TRIED, null);
    expect(serve(inCanary).decision).toMatchObject({ arm: 'main', mode: 'lowest-cost' });
    const hashes = rows.decisions.map((row) => row.policy_hash);
    expect(hashes).toEqual(['hash-main', 'hash-tried', 'hash-main', 'hash-tried', 'hash-main', 'hash-tried']);
    const configured = rows.inputs.filter(({ kind }) => kind === 'configure').map(({ payload }) => JSON.parse(payload));
    expect(
      configured.map(({ policyHash, canary }) => [policyHash, canary?.policyHash, canary?.share, canary?.id]),
    ).toEqual([
      ['hash-main', undefined, undefined, undefined],
      ['hash-main', 'hash-tried', 0.5, 'p1'],
      ['hash-tried', undefined, undefined, undefined],
    ]);
    expect(rows.policies.map(({ hash, stage }) => [hash, stage])).toEqual([
      ['hash-main', 'active'],
      ['hash-main', 'active'],
      ['hash-tried', 'canary'],
      ['hash-tried', 'active'],
    ]);
    expect(JSON.parse(rows.snapshots[0]!.body)).toMatchObject({ canary: null });
    driver.stop();
    expect(JSON.parse(rows.snapshots.at(-1)!.body)).toMatchObject({ canary: null });
  });

  it('has its requests as they began, while they are open', () => {
    const { driver, begin, sessionsIn } = start();
    driver.reconfigure(POOL, MAIN, canaryOf(0.5));
    const [sessionId] = sessionsIn('main') as [string];
    const { owner, sends, request } = begin(sessionId);
    driver.reconfigure(POOL, MAIN, canaryOf(1));
    expect(driver.armOf(request)).toBe('main');
    expect(driver.armOf(requestOf('new', { sessionId }))).toBe('canary');
    driver.observe(owner, outcomeOf(request.requestId, 1), sends[0]!.targetIndex, sends[0]!.target);
    expect(driver.armOf(request)).toBe('canary');
  });
});

describe('a shadow', () => {
  it('is written down beside each decision and tallied, over reconfigurations, until it ends', () => {
    const { driver, rows, serve, begin, clock } = start();
    serve('a');
    expect([driver.shadowTally, rows.shadows]).toEqual([{ decisions: 0, differs: 0 }, []]);
    driver.shadow(TRIED);
    const targets = [serve('b'), serve('c')].map(({ target }) => target);
    driver.reconfigure(POOL, MAIN, canaryOf(1));
    targets.push(serve('d').target);
    // A second attempt is decided on by a wake.
    driver.reconfigure(POOL, MAIN, null);
    const { owner, sends } = begin('e');
    clock.atMs += 10;
    driver.observe(owner, outcomeOf(owner.request.requestId, 1, FAILED), sends[0]!.targetIndex, sends[0]!.target);
    targets.push(sends[0]!.target);

    const { shadows, decisions } = rows;
    expect(shadows.map((row) => row.real_target)).toEqual(targets);
    expect(shadows.map((row) => [row.sequence, row.ordinal, row.request_id, row.attempt, row.at_ms])).toEqual(
      decisions.slice(1).map((row) => [row.sequence, row.ordinal, row.request_id, row.attempt, row.at_ms]),
    );
    expect(shadows.map((row) => row.real_policy_hash)).toEqual(['hash-main', 'hash-main', 'hash-tried', 'hash-main']);
    for (const row of shadows) {
      expect(row).toMatchObject({ policy_hash: 'hash-tried', chosen_target: CHEAP, propensity: 1, cause: 'arrival' });
      expect(row.agrees).toBe(row.real_target === CHEAP);
    }
    const differs = targets.filter((target) => target === DEAR).length;
    expect(differs).toBeGreaterThan(0);
    expect(driver.shadowTally).toEqual({ decisions: 4, differs });

    driver.shadow(null);
    serve('f');
    expect([shadows.length, driver.shadowTally.decisions]).toEqual([4, 4]);
    driver.shadow(MAIN);
    expect(driver.shadowTally).toEqual({ decisions: 0, differs: 0 });
    expect(rows.policies.map(({ hash, stage }) => [hash, stage])).toContainEqual(['hash-tried', 'shadow']);
    driver.stop();
  });
});

it('a transition is written down, and changes nothing', () => {
  const { driver, rows } = start();
  const { router } = driver;
  const words = { policyHash: 'hash-tried', policyName: 'tried', who: 'operator', why: 'asked' };
  driver.transition({ atMs: 1_500, promotionId: 'p1', from: 'draft', to: 'staged', ...words });
  expect(rows.transitions).toEqual([
    {
      at_ms: 1_500,
      promotion_id: 'p1',
      policy_hash: 'hash-tried',
      policy_name: 'tried',
      from_stage: 'draft',
      to_stage: 'staged',
      who: 'operator',
      why: 'asked',
    },
  ]);
  expect(driver.router).toBe(router);
  expect(rows.inputs).toHaveLength(1);
});
