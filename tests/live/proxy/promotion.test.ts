/** Policies that are promoted on a live proxy, under load: the good ones arrive, the bad ones come back. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { policyHash, parsePolicy } from '../../../src/config/load-policy.ts';
import { openLog } from '../../../src/log/log-reader.ts';
import { collect } from '../../log/live/live-rows.ts';
import { expectParity, readLogged } from './logged-rows.ts';
import { forTest, shared } from './proxy-of-test.ts';
import {
  BAD,
  GOOD,
  IN_FORCE,
  startPromotionTrial,
  trialLoad,
  type PromotionTrial,
  type TrialLoad,
  type TrialOrder,
} from './promotion-trial.ts';
import { until } from './until.ts';

const PER_SECOND = 60;
const LONG = { canaryForMs: 3_600_000, requestsMin: 1_000_000 };
const hashOf = (policy: object): string => policyHash(parsePolicy('policy', policy));
const idOf = ([status, body]: readonly [number, unknown]): string => {
  expect([status, body]).toEqual([200, body]);
  return (body as { promotion: { id: string } }).promotion.id;
};
const refusalOf = ([status, body]: readonly [number, unknown]): [number, string, string] => {
  const { error } = body as { error: { code: string; message: string } };
  return [status, error.code, error.message];
};
const healthOf = async (trial: PromotionTrial): Promise<object> =>
  ((await (await fetch(`${trial.url}/health`)).json()) as { policy: object }).policy;

/** One proxy for all of them, as in life: what one candidate left behind is there when the next one comes. */
describe('under load', () => {
  const trialNow = shared(() => startPromotionTrial(false));

  it('a good candidate passes every stage, and is what clients are served by', { timeout: 60_000 }, async () => {
    const trial = trialNow();
    const load = trialLoad(trial.url, PER_SECOND);
    await load.answered(150);
    const id = idOf(await trial.promote('steadier', GOOD['steadier']!));
    expect(await trial.until(id, 'canary')).toMatchObject({ stage: 'canary' });
    expect(await healthOf(trial)).toMatchObject({
      source: 'configuration',
      candidate: { name: 'steadier', stage: 'canary' },
    });
    const ended = await trial.until(id, 'active', 40_000);
    expect([ended.stage, ended.transitions.at(-1)?.why]).toEqual([
      'active',
      expect.stringMatching(/^no guard was broken/),
    ]);
    expect(ended.shadow.decisions).toBeGreaterThan(60);
    expect(ended.figures.canary.requests).toBeGreaterThanOrEqual(60);
    expect(await healthOf(trial)).toMatchObject({ name: 'steadier', source: 'promotion', candidate: null });
    const active = hashOf(GOOD['steadier']!);
    await until(() => (load.policies.get(active) ?? 0) > 100, 'answers by the new policy');
    const { errors, sent, outcomes } = await load.end();
    expect(Object.keys(errors).filter((name) => !/^\d|unfinished/.test(name))).toEqual([]);
    expect(outcomes.success).toBeGreaterThan(0.95 * sent - 60);

    // A rollback leads back to the configuration.
    const [status] = await trial.admin('POST', 'policies/rollback', { who: 'bert', why: 'seen enough' });
    expect(status).toBe(200);
    expect(await healthOf(trial)).toMatchObject({ name: 'policy', source: 'configuration' });
  });

  describe('a bad candidate', () => {
    let load: TrialLoad | null = null;
    beforeAll(() => {
      load = trialLoad(trialNow().url, PER_SECOND, 2);
    });
    afterAll(() => load?.end());

    it.each([
      ['dear', /costs at least/],
      ['slow', /tokens are late/],
      ['gives-up', /success fell/],
    ])('"%s" is rolled back', { timeout: 60_000 }, async (name, guard) => {
      const trial = trialNow();
      const id = idOf(await trial.promote(name, BAD[name]!, { plan: { shadowForMs: 0, canaryForMs: 100_000 } }));
      const ended = await trial.until(id, 'rolled_back', 40_000);
      expect([ended.stage, ended.transitions.at(-1)?.why]).toEqual(['rolled_back', expect.stringMatching(guard)]);
      expect(trial.proxy.driver.canary).toBeNull();
      expect(trial.proxy.driver.policy.hash).toBe(hashOf(IN_FORCE));
    });
  });

  it('every step is in the log, and every decision is one of the candidates or of who they were to replace', async () => {
    const trial = trialNow();
    await trial.close();
    const logged = await readLogged(trial.logFolder);
    expectParity(logged);
    const reader = await openLog(trial.logFolder);
    const steps = await collect(reader.transitions());
    reader.close();
    const stepsOf = (name: string) =>
      steps
        .filter(({ policy_name: of }) => of === name)
        .map(({ from_stage: from, to_stage: to, who }) => `${from} -> ${to} (${who})`);
    expect(stepsOf('steadier')).toEqual([
      'draft -> staged (anna)',
      'staged -> shadow (proxy)',
      'shadow -> canary (proxy)',
      'canary -> active (proxy)',
      'active -> rolled_back (bert)',
    ]);
    for (const name of Object.keys(BAD)) {
      expect([name, stepsOf(name)]).toEqual([
        name,
        ['draft -> staged (anna)', 'staged -> canary (proxy)', 'canary -> rolled_back (proxy)'],
      ]);
    }
    // Whoever decided, it was one of these.
    const hashes = new Set(logged.decisions.map(({ policy_hash: hash }) => hash));
    const policies = [IN_FORCE, GOOD['steadier']!, ...Object.values(BAD)];
    expect(hashes).toEqual(new Set(policies.map(hashOf)));
  });
});

describe('orders', () => {
  const trialNow = shared(() => startPromotionTrial(false));
  /** Whatever a test left on its way. */
  afterEach(async () => {
    if ((await trialNow().page()).promotion === null) return;
    const [status] = await trialNow().admin('POST', 'policies/rollback', { who: 'anna' });
    expect(status).toBe(200);
  });

  it('candidates with something against them are refused, and nothing has changed', async () => {
    const trial = trialNow();
    const good = GOOD['steadier']!;
    const against: readonly (readonly [TrialOrder['evidence'], RegExp])[] = [
      [null, /there is no evidence with it/],
      [{ validUntil: '2026-01-01T00:00:00Z' }, /was valid until 2026-01-01/],
      [{ policyHash: 'b'.repeat(64) }, /the file was edited afterwards/],
      [{ pool: { fingerprint: 'c'.repeat(64), targets: [] } }, /tuned for another pool \(new here: cheap\.main\.small/],
    ];
    for (const [evidence = null, reason] of against) {
      const refusal = refusalOf(await trial.promote('steadier', good, { evidence }));
      expect(refusal).toEqual([422, 'candidate_refused', expect.stringMatching(reason)]);
    }
    expect(refusalOf(await trial.promote('same', IN_FORCE))).toEqual([
      409,
      'conflict',
      expect.stringMatching(/in force/),
    ]);
    expect(refusalOf(await trial.promote('odd', { retry: { attemptsMax: 0 } }, { evidence: null }))).toEqual([
      400,
      'bad_request',
      expect.stringMatching(/^policy\.retry\.attemptsMax: /),
    ]);
    expect(refusalOf(await trial.admin('POST', 'policies/rollback', { who: 'anna' }))).toEqual([
      409,
      'conflict',
      expect.stringMatching(/nothing to roll back/),
    ]);
    expect(await trial.page()).toMatchObject({ promotion: null, active: [], past: [] });
    idOf(await trial.promote('steadier', good, { evidence: null, force: 'no time to tune', plan: LONG }));
  });

  it('one of two promotions at once wins, and the other is told by whom', { timeout: 60_000 }, async () => {
    const trial = trialNow();
    const answers = await Promise.all([
      trial.promote('steadier', GOOD['steadier']!, { plan: LONG, who: 'anna' }),
      trial.promote('sharper', GOOD['sharper']!, { plan: LONG, who: 'bert' }),
    ]);
    expect(new Set(answers.map(([status]) => status))).toEqual(new Set([200, 409]));
    const [, code, message] = refusalOf(answers.find(([status]) => status === 409)!);
    expect([code, message]).toEqual([
      'conflict',
      expect.stringMatching(/^(steadier|sharper) is on its way already, in stage \w+, promoted by (anna|bert) at 20/),
    ]);
    expect((await trial.page()).promotion).not.toBeNull();
  });

  it('a policy file that is edited under way wins, by a reload', { timeout: 60_000 }, async () => {
    const trial = trialNow();
    const id = idOf(await trial.promote('sharper', GOOD['sharper']!, { plan: { ...LONG, shadowForMs: 0 } }));
    await trial.until(id, 'canary');
    const edited = { ...IN_FORCE, explorationRate: 0.2 };
    trial.rewrite({ policy: edited });
    expect(await trial.admin('POST', 'reload')).toMatchObject([200, { changed: ['policy'] }]);
    expect(await trial.until(id, 'rolled_back')).toMatchObject({
      stage: 'rolled_back',
      transitions: expect.arrayContaining([
        expect.objectContaining({ to: 'rolled_back', why: expect.stringMatching(/the file wins/) as string }),
      ]) as unknown,
    });
    expect([trial.proxy.driver.policy.hash, trial.proxy.driver.canary]).toEqual([hashOf(edited), null]);
  });
});

describe('a killed proxy', () => {
  it('goes on in each stage as if nothing had been', { timeout: 120_000 }, async () => {
    const trial = await forTest(startPromotionTrial(true));
    const kill = async (): Promise<void> => {
      await trial.served.end('SIGKILL');
      await trial.serve();
    };
    const plan = { shadowForMs: 40_000, canaryForMs: 50_000, requestsMin: 40 };
    const id = idOf(await trial.promote('steadier', GOOD['steadier']!, { plan }));
    await kill();
    expect(await trial.until(id, 'shadow')).toMatchObject({ stage: 'shadow' });
    await kill();
    expect((await trial.page()).promotion).toMatchObject({ id, stage: 'shadow' });
    const load = trialLoad(trial.url, PER_SECOND);
    const { stageSinceMs } = await trial.until(id, 'canary', 40_000);
    await load.end();
    await kill();
    expect((await trial.page()).promotion).toMatchObject({ id, stage: 'canary', stageSinceMs });
    const more = trialLoad(trial.url, PER_SECOND, 2);
    const ended = await trial.until(id, 'active', 40_000);
    expect([ended.stage, ended.transitions.at(-1)?.why]).toEqual(['active', expect.stringMatching(/no guard/)]);
    await more.end();
    await kill();
    expect(await healthOf(trial)).toMatchObject({ name: 'steadier', source: 'promotion' });
    // And with an edited file it is the file again.
    trial.rewrite({ policy: { ...IN_FORCE, explorationRate: 0.2 } });
    await trial.served.end('SIGKILL');
    await trial.restart();
    expect(await healthOf(trial)).toMatchObject({ name: 'policy', source: 'configuration' });
    expect((await trial.page()).past).toMatchObject([{ id, stage: 'retired' }]);
    await trial.close();
    expectParity(await readLogged(trial.logFolder));
  });
});
