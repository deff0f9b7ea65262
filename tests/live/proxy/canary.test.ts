/**
 * A life of the live proxy with a shadow, and a canary that comes, grows, outlives a reload and two starts, and ends;
 * under load. Afterwards the core has to make every logged decision again.
 */
import { cp } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { loadScenario } from '../../../src/config/load-scenario.ts';
import { policyHash } from '../../../src/config/load-policy.ts';
import { openLog } from '../../../src/log/log-reader.ts';
import { armOf, type Policy } from '../../../src/router/index.ts';
import type { CanaryInForce } from '../../../src/proxy/driver.ts';
import { collect } from '../../log/live/live-rows.ts';
import { CHAT, wholeAnswer } from '../upstream/rough-server.ts';
import { mixedLoad, PATIENT_POLICY, type LoadUnderWay } from './live-traffic.ts';
import { expectParity, readLogged, type SeenEnd } from './logged-rows.ts';
import { forTest } from './proxy-of-test.ts';
import { startBeforeTwins, twinPool, type LiveProxy } from './running-proxy.ts';
import { startScripted } from './scripted-lanes.ts';
import { until } from './until.ts';

const SPEED = 50;
const GAP_MS = 150;

/** Another policy than the one in force, with its hash. */
function triedIn(live: LiveProxy, changes: Partial<Policy>): { name: string; policy: Policy; hash: string } {
  const policy = { ...live.proxy.driver.policy.policy, ...changes };
  return { name: 'tried', policy, hash: policyHash(policy) };
}

/** Puts a canary in force, or ends it; all else stays. */
function put(live: LiveProxy, canary: CanaryInForce | null): void {
  const { driver } = live.proxy;
  driver.reconfigure(driver.router.snapshot().pool, driver.policy, canary);
}

/** Takes a policy into a canary that outlives the test, and gives it as the driver has it. */
async function tryOut(live: LiveProxy, candidate: ReturnType<typeof triedIn>): Promise<CanaryInForce> {
  const { driver, policies } = live.proxy;
  const guards = { successDropMax: -1, lateFirstTokenFactorMax: 20, costFactorMax: 1_000, budgetUseMax: 10 };
  const plan = { shadowForMs: 0, canaryShare: 0.5, canaryForMs: 3_600_000, requestsMin: 1_000_000, guards };
  const { promotion } = policies.promote({
    candidate: { ...candidate, evidence: null },
    plan,
    who: 'test',
    force: 'to see it live',
  });
  await until(() => driver.canary?.id === promotion.id, 'the canary');
  return { ...candidate, id: promotion.id, share: 0.5 };
}

it('every decision of a life with shadow and canary comes out the same again', { timeout: 180_000 }, async () => {
  const { scenario } = loadScenario('provider-outage');
  const policy = { ...PATIENT_POLICY, explorationRate: 0.05 };
  const live = await forTest(startBeforeTwins(scenario, { speed: SPEED, policy, log: { rotateMebibytes: 1 } }));
  const ends: SeenEnd[] = [];
  const traffic = (seed: number): LoadUnderWay =>
    mixedLoad({ url: live.url, requests: 400, gapMs: GAP_MS, speed: SPEED, seed }, ends);
  const tried = triedIn(live, { mode: 'lowest-cost', explorationRate: 0.2 });
  const canaryOf = (share: number): CanaryInForce => ({ ...tried, id: 'promotion-1', share });
  const mainHash = live.proxy.driver.policy.hash;

  const first = traffic(0);
  await first.until(0.1);
  live.proxy.driver.shadow(tried);
  await first.until(0.4);
  await until(() => live.proxy.driver.shadowTally.decisions > 50, 'decisions that the shadow hears');
  const tally = live.proxy.driver.shadowTally;
  live.proxy.driver.shadow(null);
  put(live, canaryOf(0.1));
  await first.until(0.6);
  put(live, canaryOf(0.6));
  await first.until(0.8);
  const promoted = await tryOut(live, tried);
  // Another name for a target, which is no matter of policies.
  const pool = twinPool(scenario, live.twins);
  live.rewrite({ pool: { ...pool, modelAliases: { newcomer: ['aurora-mini-2.5'] } } });
  live.proxy.reload();
  expect(live.proxy.driver.canary).toEqual(promoted);
  await first.until(0.95);
  await live.restart();
  await first.end();
  expect(live.proxy.driver.canary).toEqual(promoted);

  const second = traffic(1);
  await second.until(0.5);
  // The file wins over what was promoted.
  live.rewrite({ policy: { ...policy, mode: 'weighted' } });
  live.proxy.reload();
  expect(live.proxy.driver.canary).toBeNull();
  await second.whole;
  await live.close();

  const logged = await readLogged(live.logFolder);
  expectParity(logged);
  const reader = await openLog(live.logFolder);
  const shadows = await collect(reader.shadows());
  reader.close();
  expect(tally.decisions).toBeGreaterThan(50);
  expect(shadows).toHaveLength(tally.decisions);
  expect(shadows.filter(({ agrees }) => !agrees)).toHaveLength(tally.differs);
  const byHash = new Map<string, number>();
  for (const { policy_hash: hash } of logged.decisions) byHash.set(hash, (byHash.get(hash) ?? 0) + 1);
  expect(byHash.size).toBe(3);
  expect(byHash.get(tried.hash)!).toBeGreaterThan(50);
  expect(byHash.get(mainHash)!).toBeGreaterThan(50);

  // No session of the canary ever went back while it was there, nor did a request change in its course.
  const canaryAt = logged.inputs.flatMap((input) =>
    input.kind === 'configure' ? [{ sequence: input.sequence, ...input.payload }] : [],
  );
  const begun = new Map(
    logged.inputs.flatMap((input) => (input.kind === 'begin' ? [[input.payload.requestId, input] as const] : [])),
  );
  for (const row of logged.decisions) {
    const { sequence, payload } = begun.get(row.request_id)!;
    const atBegin = canaryAt.findLast((each) => each.sequence < sequence)!;
    const now = canaryAt.findLast((each) => each.sequence < row.sequence)!;
    const isCanary = armOf(atBegin.canary ?? null, payload, atBegin.seed) === 'canary' && (now.canary ?? null) !== null;
    expect([row.request_id, row.policy_hash]).toEqual([row.request_id, isCanary ? tried.hash : now.policyHash]);
  }
});

it(
  'a client is told the policy of its arm, and a killed proxy goes on with the canary',
  { timeout: 60_000 },
  async () => {
    const live = await forTest(startScripted({ pair: 1 }));
    const good = wholeAnswer(200, CHAT);
    const lane = live.lane(
      'pair',
      (socket) => socket.write(good),
      (socket) => socket.write(good),
    );
    const { driver } = live.proxy;
    const tried = triedIn(live, { mode: 'round-robin' });
    const policyOf = async (session: string): Promise<string> => {
      const answer = await live.chat({ model: lane.model }, { headers: { 'x-session-id': session } });
      expect(answer.status).toBe(200);
      return answer.headers.get('x-token-pool-policy')!;
    };
    const sessions = Array.from({ length: 16 }, (_, index) => `session-${index}`);
    const policies = async (): Promise<string[]> => {
      const found: string[] = [];
      for (const session of sessions) found.push(await policyOf(session));
      return found;
    };
    expect(new Set(await policies())).toEqual(new Set([driver.policy.hash]));
    const canary = await tryOut(live, tried);
    const drawn = await policies();
    expect(new Set(drawn)).toEqual(new Set([driver.policy.hash, tried.hash]));
    expect(await policies()).toEqual(drawn);
    const unknown = await live.chat({ model: 'no-such-model' }, { headers: { 'x-session-id': 'session-0' } });
    expect([unknown.status, unknown.headers.get('x-token-pool-policy')]).toEqual([404, drawn[0]]);

    // What a kill leaves on the disk: the spool as it is, and a database that nobody has closed.
    await live.proxy.log.flushed();
    const killed = `${live.folder}/killed`;
    await cp(live.logFolder, killed, { recursive: true });
    await live.close();
    live.rewrite({ log: { folder: killed } });
    await live.restart();
    expect(live.proxy.driver.canary).toEqual(canary);
    expect(await policies()).toEqual(drawn);
    live.proxy.policies.rollback('test', 'seen enough');
    await until(() => live.proxy.driver.openRequests === 0, 'all over');
    expect(new Set(await policies())).toEqual(new Set([live.proxy.driver.policy.hash]));
    await live.close();
    expectParity(await readLogged(killed));
  },
);
