/** What a restart keeps, after a proper end and after a kill: budgets, rests, the order of things, and no ghosts. */
import { expect, it } from 'vitest';
import { CHAT, wholeAnswer } from '../upstream/rough-server.ts';
import { until } from './until.ts';
import { expectParity, readLogged } from './logged-rows.ts';
import { forTest } from './proxy-of-test.ts';
import { isAtRest, sha256, type LiveProxy } from './running-proxy.ts';
import { startScripted, type Lane } from './scripted-lanes.ts';

const CLIENT_KEYS = [
  { name: 'poor', secretSha256: sha256('poor'), budgets: [{ metric: 'requests', window: 'day', limit: 2 }] },
  { name: 'rich', secretSha256: sha256('rich') },
];
const as = (secret: string) => ({ headers: { authorization: `Bearer ${secret}` } });

/** Uses a budget up, and brings a key to rest. */
async function live(live: LiveProxy, spent: Lane, limited: Lane): Promise<void> {
  for (let count = 0; count < 2; count++)
    expect((await live.chat({ model: spent.model }, as('poor'))).status).toBe(200);
  expect((await live.chat({ model: limited.model }, as('rich'))).status).toBe(429);
}

async function isAsBefore(live: LiveProxy, spent: Lane, limited: Lane): Promise<void> {
  const refused = await live.chat({ model: spent.model }, as('poor'));
  expect(refused.status).toBe(429);
  expect(await refused.json()).toMatchObject({ error: { code: 'CLIENT_BUDGET_EXHAUSTED' } });
  const resting = await live.chat({ model: limited.model }, as('rich'));
  expect(resting.status).toBe(503);
  expect(Number(resting.headers.get('retry-after'))).toBeGreaterThan(3_000);
  expect([spent.requests(0).length, limited.requests(0).length]).toEqual([2, 1]);
}

const good = wholeAnswer(200, CHAT);
const rest = wholeAnswer(429, '{}', 'retry-after: 3600\r\n');

it('a proxy that was stopped goes on where it stood', async () => {
  const proxy = await forTest(startScripted({ solo: 2 }, { clientKeys: CLIENT_KEYS }));
  const spent = proxy.lane('solo', (socket) => socket.write(good));
  const limited = proxy.lane('solo', (socket) => socket.write(rest));
  await live(proxy, spent, limited);
  await proxy.restart();
  await isAsBefore(proxy, spent, limited);
  await proxy.restart();
  await isAsBefore(proxy, spent, limited);
  expect(proxy.warnings).toEqual([]);
  await proxy.close();
  const logged = await readLogged(proxy.logFolder);
  expectParity(logged);
  const starts = logged.inputs.flatMap((input) => (input.kind === 'configure' ? [input.payload.start] : []));
  expect(starts).toEqual(['fresh', 'restored', 'restored']);
});

it('a proxy that was killed goes on where it stood, and nobody of then keeps a place', async () => {
  const proxy = await forTest(
    startScripted(
      { solo: 2, narrow: 1, pair: 1 },
      {
        clientKeys: CLIENT_KEYS,
        policy: { retry: { backoffBaseMs: 60_000, backoffMaxMs: 60_000, deadlineMs: 600_000 } },
        isServed: true,
      },
    ),
  );
  const spent = proxy.lane('solo', (socket) => socket.write(good));
  const limited = proxy.lane('solo', (socket) => socket.write(rest));
  await live(proxy, spent, limited);
  // One in flight, two behind it, and one that backs off.
  const narrow = proxy.lane('narrow', () => undefined);
  const pair = proxy.lane('pair', (socket) => socket.write(wholeAnswer(500, '{}')));
  const lost = [];
  for (const { model } of [narrow, narrow, narrow, pair]) {
    lost.push(
      proxy.chat({ model }, as('rich')).then(
        () => 'answered',
        () => 'cut off',
      ),
    );
  }
  await until(() => narrow.requests(0).length === 1 && pair.requests(0).length === 1, 'all on their way');
  // Whoever is answered after them is in the log after them.
  expect((await proxy.chat({ model: 'no-such-model' }, as('rich'))).status).toBe(404);
  expect(await proxy.served.end('SIGKILL')).toBe('SIGKILL');
  expect(await Promise.all(lost)).toEqual(['cut off', 'cut off', 'cut off', 'cut off']);

  await proxy.restart();
  expect(isAtRest(proxy.proxy)).toBe(true);
  await isAsBefore(proxy, spent, limited);
  // The place is free.
  narrow.behave(0, (socket) => socket.write(good));
  expect((await proxy.chat({ model: narrow.model }, as('rich'))).status).toBe(200);
  await proxy.close();
  const logged = await readLogged(proxy.logFolder);
  expectParity(logged);
  const cut = logged.outcomes.filter(({ kind }) => kind === 'cancelled');
  expect(cut.map(({ target, attempt, error_code: code }) => `${target ?? '-'} ${attempt} ${code}`).toSorted()).toEqual([
    '- 0 restart',
    '- 0 restart',
    '- 0 restart',
    `${narrow.targets[0]} 1 restart`,
  ]);
  // What was in flight had cost its input at least.
  const [lostAttempt] = cut.filter(({ attempt }) => attempt === 1);
  expect(lostAttempt!.input_tokens).toBeGreaterThan(0);
  expect(lostAttempt!.cost_usd).toBeCloseTo(lostAttempt!.input_tokens / 1e6, 9);
});
