/** `promote`, `rollback` and `policies` as a user types them, against a live proxy. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { ADMIN_TOKEN, BAD, GOOD, startPromotionTrial, trialLoad } from '../live/proxy/promotion-trial.ts';
import { shared } from '../live/proxy/proxy-of-test.ts';
import { until } from '../live/proxy/until.ts';
import { runHere } from './run-here.ts';
import { startTokenpool } from './started-tokenpool.ts';

const trialNow = shared(() => startPromotionTrial(false));
const QUICK = ['--shadow', '0', '--canary', '30%', '--for', '50s', '--min-requests', '60'];

const run = (...args: readonly string[]) => runWith(ADMIN_TOKEN, ...args, '--to', `${trialNow().url}/openai/v1`);

/** @param token what the environment has for an admin token, if anything */
async function runWith(token: string | undefined, ...args: readonly string[]) {
  vi.stubEnv('TOKEN_POOL_ADMIN', token);
  try {
    return await runHere(...args);
  } finally {
    vi.unstubAllEnvs();
  }
}

/** An address where nobody listens any more. */
async function deserted(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}

describe('promote', () => {
  it('follows a good candidate to its end, policies shows it, rollback ends it', { timeout: 90_000 }, async () => {
    const trial = trialNow();
    const load = trialLoad(trial.url, 60);
    await load.answered(150);
    const file = trial.policyFile('steadier', GOOD['steadier']!);
    const { code, stdout, stderr } = await run('promote', file, ...QUICK, '--who', 'anna');
    expect([code, stdout, stderr]).toEqual([
      0,
      expect.stringMatching(/^steadier is active: no guard was broken/),
      stderr,
    ]);
    expect(stderr).toMatch(/steadier: draft -> staged \(anna\): evidence of/);
    expect(stderr).toMatch(/steadier: staged -> canary \(proxy\): 30 % of the sessions/);
    await load.end();

    const told = await run('policies');
    expect(told.stdout).toMatch(/^in force: steadier \([0-9a-f]{12}\), promoted by anna, active since 20/);
    expect(told.stdout).toMatch(/\nconfigured: policy /);
    const back = await run('rollback', '--why', 'to see', '--json');
    expect(JSON.parse(back.stdout)).toMatchObject({ policyName: 'steadier', stage: 'rolled_back' });
    const page = JSON.parse((await run('policies', '--json')).stdout) as object;
    expect(page).toMatchObject({ inForce: { source: 'configuration' }, promotion: null });
    expect((await run('rollback')).code).toBe(1);
  });

  it('ends with 1 when a guard rolls it back', { timeout: 60_000 }, async () => {
    const trial = trialNow();
    const load = trialLoad(trial.url, 60, 3);
    await load.answered(150);
    const file = trial.policyFile('dear', BAD['dear']!);
    const { code, stderr } = await run('promote', file, '--shadow', '0', '--canary', '0.3', '--for', '100s');
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/\ntokenpool: dear was rolled back: a guard is broken: it costs at least/),
    ]);
    await load.end();
  });

  it('ends with 1 when it is refused, and with 2 for what makes no sense', { timeout: 60_000 }, async () => {
    const trial = trialNow();
    const file = trial.policyFile('old', GOOD['sharper']!, { validUntil: '2026-01-02T00:00:00Z' });
    const bad = join(trial.folder, 'bad.yaml');
    writeFileSync(bad, 'retry: { attemptsMax: 0 }\n');
    for (const [args, code, message] of [
      [['promote', file], 1, /^tokenpool: old: its evidence, of .*, was valid until 2026-01-02/],
      [['promote', bad], 2, /^tokenpool: \S+bad\.yaml:1:\d+: retry\.attemptsMax: /],
      [
        ['promote', file, '--guard', 'succes>=0'],
        2,
        /--guard: "succes>=0" is no guard; they look like success>=-0\.01/,
      ],
      [['promote', file, '--guard', 'cost>=1'], 2, /--guard: "cost>=1" is no guard/],
      [['promote', file, '--guard', 'cost<=0.5'], 2, /--guard: costFactorMax: expected number >= 1, got 0\.5/],
      [['promote', file, '--canary', '70%'], 2, /It has to be a share from 0 to 50%/],
      [['promote', file, '--for', 'long'], 2, /expected a duration/],
      [['policies', '--token-file', join(trial.folder, 'none')], 2, /none: cannot be read/],
    ] as const) {
      const ended = await run(...args);
      expect([args, ended.code, ended.stderr]).toEqual([args, code, expect.stringMatching(message)]);
    }
  });

  it('left by Ctrl-C says so and goes on', { timeout: 60_000 }, async () => {
    const trial = trialNow();
    const file = trial.policyFile('sharper', GOOD['sharper']!);
    const started = startTokenpool(['promote', file, '--to', trial.url, '--shadow', '10h', '--who', 'anna'], {
      TOKEN_POOL_ADMIN: ADMIN_TOKEN,
    });
    await until(() => started.stderr().includes('staged -> shadow'), 'the shadow');
    started.signal('SIGINT');
    const { code, stderr } = await started.ended;
    expect([code, stderr]).toEqual([1, expect.stringMatching(/sharper is still in shadow, and goes on without you/)]);
    expect((await run('policies')).stdout).toMatch(/on its way: sharper .*, in shadow for \S+ of 10h/);
    expect((await run('promote', file)).stderr).toMatch(
      /sharper is on its way already, in stage shadow, promoted by anna/,
    );
    expect((await run('rollback')).stdout).toBe('sharper was rolled back from shadow\n');
  });

  it('needs a token and a proxy', async () => {
    const { url } = trialNow();
    const policy = trialNow().policyFile('any', GOOD['sharper']!);
    const asked = (to: string, token?: string) => runWith(token, 'promote', policy, '--to', to);
    expect((await asked(url)).stderr).toMatch(
      /^tokenpool: the admin token is needed: set TOKEN_POOL_ADMIN, or name a file/,
    );
    const wrong = await asked(url, 'somebody-else-entirely');
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringMatching(/The admin token is wrong/)]);
    const nobody = await asked(await deserted(), ADMIN_TOKEN);
    expect([nobody.code, nobody.stderr]).toEqual([
      2,
      expect.stringMatching(/nobody answers \(ECONNREFUSED\); does the proxy run/),
    ]);
    expect((await asked('nonsense', ADMIN_TOKEN)).stderr).toMatch(/--to nonsense: is no URL of a proxy/);
  });
});
