/** What client keys may do, and what a reload changes: over HTTP. */
import { describe, expect, it } from 'vitest';
import { BadInput } from '../../../src/config/bad-input.ts';
import { policyHash } from '../../../src/config/load-policy.ts';
import { DEFAULT_POLICY } from '../../../src/router/policy.ts';
import { CHAT, wholeAnswer } from '../upstream/rough-server.ts';
import { expectParity, readLogged } from './logged-rows.ts';
import { shared } from './proxy-of-test.ts';
import { sha256 } from './running-proxy.ts';
import { startScripted } from './scripted-lanes.ts';

const keyOf = (name: string, rest: object = {}) => ({ name, secretSha256: sha256(`secret-${name}`), ...rest });
const FIRST_KEYS = [
  keyOf('whole'),
  keyOf('narrow', { models: ['solo1', 'auto'] }),
  keyOf('hasty', { rateLimit: { requestsPerMinute: 2 } }),
  keyOf('wordy', { rateLimit: { tokensPerMinute: 600 } }),
  keyOf('humble', { priorityCeiling: 'low' }),
  keyOf('modest', { priorityCeiling: 'normal' }),
];
const ENVIRONMENT = {
  ROUGH_KEY: 'sk-rough',
  ROUTER_SELECTION_MODE: 'power-of-two',
  ROUTER_EXPLORATION_RATE: '0.25',
};
const OVERRIDDEN = policyHash({ ...DEFAULT_POLICY, mode: 'power-of-two', explorationRate: 0.25 });

const running = shared(() => startScripted({ solo: 3 }, { clientKeys: FIRST_KEYS, environment: ENVIRONMENT }));

const bearer = (name: string) => ({ authorization: `Bearer secret-${name}` });
const ask = (name: string, body: object, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  running().chat({ ...body }, { headers: { ...bearer(name), ...headers } });
const codeOf = async (response: Response): Promise<string> =>
  ((await response.json()) as { error: { code: string } }).error.code;
const lane = { model: 'solo1' };
/** Requests of high priority: of a key without a ceiling, and of two with one. */
const askedFor: string[] = [];

describe('a client key', () => {
  it('comes in any of the headers that clients use', async () => {
    running().lane('solo', (socket) => socket.write(wholeAnswer(200, CHAT)));
    const secret = 'secret-whole';
    const statuses = [];
    for (const headers of [
      { authorization: `Bearer ${secret}` },
      { authorization: `bearer ${secret}` },
      { 'api-key': secret },
      { 'x-api-key': secret },
      { authorization: secret },
      { authorization: `Bearer ${secret}x` },
      { authorization: `Bearer ${sha256(secret)}` },
      { authorization: `Bearer ${secret.repeat(100)}` },
      {},
    ]) {
      const response = await running().chat(lane, { headers: headers as Record<string, string> });
      await response.text();
      statuses.push(response.status);
    }
    expect(statuses).toEqual([200, 200, 200, 200, 401, 401, 401, 401, 401]);
  });

  it('that may use some models gets 403 for others, known or not, and sees its own only', async () => {
    expect((await ask('narrow', lane)).status).toBe(200);
    for (const model of ['solo2', 'no-such-model']) {
      const refused = await ask('narrow', { model });
      const { error } = (await refused.json()) as { error: { code: string; message: string } };
      expect([refused.status, error.code]).toEqual([403, 'model_not_allowed']);
      expect(error.message).toContain(`may not use the model "${model}"; GET /v1/models lists`);
    }
    const listed = await fetch(`${running().url}/v1/models`, { headers: bearer('narrow') });
    const { data } = (await listed.json()) as { data: { id: string }[] };
    expect(data.map(({ id }) => id)).toEqual(['auto', 'solo1']);
  });

  it.each([
    ['requests', 'hasty', {}],
    // It is the longest answer that counts until the answer is there: this one is within the limit when it is alone.
    ['tokens', 'wordy', { max_tokens: 580 }],
  ])('with a rate limit of %s gets 429 and when to come again', async (_, name, last) => {
    for (let count = 0; count < 2; count++) expect((await ask(name, lane)).status).toBe(200);
    const refused = await ask(name, { ...lane, ...last });
    expect([refused.status, await codeOf(refused)]).toEqual([429, 'CLIENT_BUDGET_EXHAUSTED']);
    const seconds = Number(refused.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(5);
    expect(seconds).toBeLessThanOrEqual(61);
  });

  it('has to say a priority or a class that there is', async () => {
    for (const [header, words] of [
      ['x-token-pool-priority', 'low, normal, high'],
      ['x-token-pool-class', 'chat, long, background, balanced'],
    ] as const) {
      const refused = await ask('whole', lane, { [header]: 'urgent' });
      expect(refused.status).toBe(400);
      expect(await refused.json()).toEqual({
        error: {
          message: `The header '${header}' must be one of ${words}.`,
          type: 'invalid_request_error',
          param: header,
          code: 'invalid_value',
        },
      });
    }
  });

  it('has a ceiling to its priority, and the log shows who asked', async () => {
    const ids = [];
    for (const name of ['whole', 'modest', 'humble']) {
      const response = await ask(name, lane, { 'x-token-pool-priority': 'high' });
      expect(response.status).toBe(200);
      ids.push(response.headers.get('x-token-pool-request-id')!);
    }
    askedFor.push(...ids);
  });
});

describe('the policy in force', () => {
  it('has what the environment says in it, and in its hash', async () => {
    const response = await ask('whole', lane);
    expect(response.headers.get('x-token-pool-policy')).toBe(OVERRIDDEN);
    expect(running().proxy.driver.policy.policy).toMatchObject({ mode: 'power-of-two', explorationRate: 0.25 });
  });

  it('is read again with the keys, all or nothing', async () => {
    const live = running();
    live.rewrite({ clientKeys: [keyOf('whole'), keyOf('new')], policy: { retry: { attemptsMax: 2 } } });
    expect((await ask('new', lane)).status).toBe(401);
    const { policyHash: hash } = live.proxy.reload();
    expect(hash).not.toBe(OVERRIDDEN);
    const welcome = await ask('new', lane);
    expect([welcome.status, welcome.headers.get('x-token-pool-policy')]).toEqual([200, hash]);
    expect((await ask('humble', lane)).status).toBe(401);

    live.rewrite({ clientKeys: [keyOf('newest')], policy: { retry: { attemptsMax: 0 } } });
    expect(() => live.proxy.reload()).toThrow(BadInput);
    expect(() => live.proxy.reload()).toThrow(/policy\.yaml:1:\d+: retry\.attemptsMax: expected number >= 1, got 0/);
    live.rewrite({ clientKeys: [keyOf('newest')], policy: {}, log: { folder: 'elsewhere' } });
    expect(() => live.proxy.reload()).toThrow(/log: cannot be changed while the proxy runs/);
    const unchanged = await ask('new', lane);
    expect([unchanged.status, unchanged.headers.get('x-token-pool-policy')]).toEqual([200, hash]);
    expect((await ask('newest', lane)).status).toBe(401);
  });

  it('and all of it comes out of the log again', async () => {
    await running().close();
    const logged = await readLogged(running().logFolder);
    expectParity(logged);
    const hashes = new Set(logged.decisions.map(({ policy_hash: hash }) => hash));
    expect(hashes.size).toBe(2);
    expect(logged.decisions[0]!.mode).toBe('power-of-two');
    const priorities = askedFor.map((id) => logged.decisions.find(({ request_id: each }) => each === id)!.priority);
    expect(priorities).toEqual(['high', 'normal', 'low']);
    // Those who were refused at the door left no trace in it.
    const clients = new Set(
      logged.inputs.flatMap((input) => (input.kind === 'begin' ? [input.payload.clientKey] : [])),
    );
    expect([...clients].toSorted()).toEqual(['hasty', 'humble', 'modest', 'narrow', 'new', 'whole', 'wordy']);
  });
});
