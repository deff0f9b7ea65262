/** `token-pool.yaml` with its policy, its secrets and the environment: what is wrong is said in one line. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { BadInput } from '../../src/config/bad-input.ts';
import { loadGateway } from '../../src/config/load-gateway.ts';
import { loadPolicy, policyHash } from '../../src/config/load-policy.ts';

const folder = mkdtempSync(join(tmpdir(), 'tokenpool-gateway-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, 'token-pool.yaml');
writeFileSync(join(folder, 'secret'), ' sk-of-the-file\n');
writeFileSync(join(folder, 'empty'), ' \n');
writeFileSync(join(folder, 'policy.yaml'), 'mode: weighted\nretry: { attemptsMax: 2 }\n');
writeFileSync(join(folder, 'bad-policy.yaml'), 'mode: fastest\n');
mkdirSync(join(folder, 'a-folder'));

const SECRET = 'sk-never-to-be-seen';
const ENVIRONMENT = { KEY: SECRET, ADMIN: 'a-token-of-some-length', SHORT: 'short-token' };

const PROVIDER = {
  id: 'a',
  baseUrl: 'https://api.example/v1',
  keys: [{ alias: 'main', secretEnv: 'KEY' }],
  models: [{ id: 'm', prices: { inputUsdPerMillion: 1, outputUsdPerMillion: 2 } }],
};

function load(changes: object = {}, environment: Readonly<Record<string, string>> = {}) {
  writeFileSync(path, JSON.stringify({ providers: [PROVIDER], ...changes }, null, 2));
  return loadGateway(path, { ...ENVIRONMENT, ...environment });
}

const provider = (changes: object) => ({ providers: [{ ...PROVIDER, ...changes }] });
const key = (changes: object) => provider({ keys: [{ alias: 'main', ...changes }] });
const clientKey = (changes: object) => ({ clientKeys: [{ name: 'team', secretSha256: '0'.repeat(64), ...changes }] });

describe('a secret in the place of the name of its variable', () => {
  it.each(['sk-inline-secret-1234', 'abcdef0123456789'])('is never repeated: %s', (secret) => {
    for (const changes of [key({ secretEnv: secret }), { admin: { tokenEnv: secret } }]) {
      let message = '';
      try {
        load(changes);
      } catch (error) {
        expect(error).toBeInstanceOf(BadInput);
        message = (error as Error).message;
      }
      expect(message).toMatch(/environment variable/);
      expect(message).not.toContain(secret);
      expect(message).not.toContain('\n');
    }
  });
});

describe('a secret in the place of the name of its header', () => {
  it('is never repeated', () => {
    let message = '';
    try {
      load(provider({ auth: { header: `Bearer ${SECRET}` } }));
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toMatch(
      /token-pool\.yaml:\d+:\d+: providers\[0\]\.auth\.header: expected the name of an HTTP header$/,
    );
  });
});

describe('what is wrong', () => {
  const cases: [string, object, RegExp, Readonly<Record<string, string>>?][] = [
    [
      'a secret that is not set',
      key({ secretEnv: 'NOT_SET' }),
      /token-pool\.yaml:\d+:\d+: key a\.main: the environment variable NOT_SET is not set; set it$/,
    ],
    [
      'a secret of nothing but spaces',
      {},
      /key a\.main: the environment variable KEY is empty; put the secret into it$/,
      { KEY: ' ' },
    ],
    [
      'an empty file for a secret',
      key({ secretFile: 'empty' }),
      /token-pool\.yaml:\d+:\d+: key a\.main: the file empty is empty; put the secret/,
    ],
    [
      'a file that there is not',
      key({ secretFile: 'none' }),
      /key a\.main: the file .*none cannot be read: there is no such file; check its path$/,
    ],
    [
      'a folder for a secret',
      key({ secretFile: 'a-folder' }),
      /key a\.main: the file .* cannot be read: is a folder; name a file$/,
    ],
    ['two secrets of a key', key({ secretEnv: 'KEY', secretFile: 'secret' }), /has both secretEnv and secretFile/],
    ['no secret', key({}), /providers\[0\]\.keys\[0\]: has no secret: give secretEnv or secretFile, or auth: none/],
    [
      'an unknown field',
      { sever: { port: 1 } },
      /token-pool\.yaml:\d+:\d+: sever: unknown field; did you mean server\? \(known: server, /,
    ],
    [
      'two misspelt fields and a bad value',
      { provders: [], pollicy: 'x', seed: 'y' },
      /: provders: unknown field; did you mean providers\? \(known: .*\) \(and 2 more: seed, pollicy\)$/,
    ],
    ['an unknown field deep within', { server: { prot: 1 } }, /token-pool\.yaml:\d+:\d+: server\.prot: /],
    ['a port that is none', { server: { port: 70_000 } }, /server\.port: expected number <= 65535, got 70000/],
    [
      'a host for everybody without a key for anybody',
      { server: { host: '0.0.0.0' } },
      /server\.host: is not the loopback/,
    ],
    [
      'the same with a key that has no secret',
      { server: { host: '::' }, clientKeys: [{ name: 'team' }] },
      /server\.host: is not the loopback, and no client key has a secret/,
    ],
    [
      'a misspelt field of what can be written in two ways',
      provider({ auth: { hedaer: 'api-key' } }),
      /providers\[0\]\.auth\.hedaer: unknown field; did you mean header\? \(known: header\)/,
    ],
    [
      'a value of neither of two ways',
      provider({ auth: 5 }),
      /providers\[0\]\.auth: expected bearer, none or \{ header: NAME \}, got 5$/,
    ],
    [
      'an address that is none',
      provider({ baseUrl: 'api.example' }),
      /baseUrl: expected an address that starts with http/,
    ],
    ['an address of another kind', provider({ baseUrl: 'ftp://api.example' }), /baseUrl: expected an address/],
    [
      'no address',
      provider({ baseUrl: undefined }),
      /providers\[0\]\.baseUrl: missing; expected the address of the API/,
    ],
    [
      'a protocol of later',
      provider({ protocol: 'gemini' }),
      /providers\[0\]\.protocol: expected openai, got "gemini"/,
    ],
    [
      'a password in an address',
      provider({ baseUrl: 'https://user:sk-of-the-file@api.example/v1' }),
      /providers\[0\]\.baseUrl: has a user name or a password in it, .*; take them out and give secretEnv/,
    ],
    [
      'the same in an address of another kind',
      provider({ baseUrl: 'ftp://user:sk-of-the-file@api.example/v1' }),
      /baseUrl: expected an address that starts with http/,
    ],
    [
      'the address of an endpoint',
      provider({ baseUrl: 'https://api.example/v1/chat/completions' }),
      /baseUrl: ends in \/chat\/completions, which the proxy adds by itself; cut that off$/,
    ],
    [
      'the address of another, with a slash and a query',
      provider({ baseUrl: 'https://api.example/v1/embeddings/?api-version=1' }),
      /baseUrl: ends in \/embeddings\/, which the proxy adds by itself; cut that off$/,
    ],
    [
      'an address with a part that is never sent',
      provider({ baseUrl: 'https://api.example/v1#x' }),
      /baseUrl: has a part after #/,
    ],
    [
      'a model of the name that means all',
      provider({ models: [{ ...PROVIDER.models[0], id: 'auto' }] }),
      /providers\[0\]\.models\[0\]\.id: "auto" is taken: it means the whole pool; choose another id$/,
    ],
    [
      'an alias of that name',
      { modelAliases: { auto: ['m'] } },
      /modelAliases\.auto: "auto" is taken: it means the whole pool; choose another name$/,
    ],
    [
      'two clients with one secret',
      { clientKeys: ['one', 'two'].map((name) => ({ name, secretSha256: 'f'.repeat(64) })) },
      /clientKeys\[1\]\.secretSha256: is that of "one" already; each client key has a secret of its own$/,
    ],
    [
      'a policy that there is not',
      { policy: 'no-such' },
      /token-pool\.yaml:\d+:\d+: policy: "no-such" is neither a file nor a built-in policy \(built in: ranked, /,
    ],
    [
      'a misspelt policy',
      { policy: 'rankd' },
      /token-pool\.yaml:\d+:\d+: policy: "rankd" is neither a file nor a built-in policy; did you mean ranked\? \(/,
    ],
    [
      'a folder for a policy',
      { policy: '.' },
      /token-pool\.yaml:\d+:\d+: policy: "\." is a folder; name a file or a built-in policy$/,
    ],
    ['a policy with a mistake', { policy: 'bad-policy.yaml' }, /bad-policy\.yaml:1:7: mode: .*got "fastest"/],
    [
      'a mode that is none',
      {},
      /^ROUTER_SELECTION_MODE: "best" is no selection mode/,
      { ROUTER_SELECTION_MODE: 'best' },
    ],
    ['a rate above 1', {}, /^ROUTER_EXPLORATION_RATE: "1\.5" is no exploration/, { ROUTER_EXPLORATION_RATE: '1.5' }],
    ['a rate that is none', {}, /^ROUTER_EXPLORATION_RATE: "10%" is no/, { ROUTER_EXPLORATION_RATE: '10%' }],
    [
      'a client key that may use what there is not',
      clientKey({ models: ['x'] }),
      /"x" is no model, alias or address of the pool/,
    ],
    ['a secret in place of its hash', clientKey({ secretSha256: SECRET }), /secretSha256: expected 64 lower-case hex/],
    [
      'an admin token that could be guessed',
      { admin: { tokenEnv: 'SHORT' } },
      /token-pool\.yaml:\d+:\d+: the admin token: the environment variable SHORT holds fewer than 16/,
    ],
    [
      'an admin token that is not set',
      { admin: { tokenEnv: 'NO' } },
      /token-pool\.yaml:\d+:\d+: the admin token: the environment variable NO is not set; set it$/,
    ],
  ];
  it.each(cases)('%s', (_, changes, message, environment) => {
    let error: unknown = null;
    try {
      load(changes, environment);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(BadInput);
    const text = (error as BadInput).message;
    expect(text).toMatch(message);
    expect(text).not.toContain('\n');
    // Where to look: a file, or a variable of the environment.
    expect(text.startsWith(folder) || text.startsWith('ROUTER_')).toBe(true);
    for (const secret of [SECRET, 'sk-of-the-file', 'short-token', 'a-token-of']) expect(text).not.toContain(secret);
  });

  it('a file that there is not', () => {
    expect(() => loadGateway(join(folder, 'other.yaml'), {})).toThrow(/other\.yaml: cannot be read/);
  });
});

describe('what is right', () => {
  it('has its secrets where nothing that prints it finds them', () => {
    const gateway = load(key({ secretFile: 'secret' }));
    expect(gateway.secretOf('a.main')).toBe('sk-of-the-file');
    const other = load({ admin: { tokenEnv: 'ADMIN' } });
    expect(other.secretOf('a.main')).toBe(SECRET);
    expect(other.adminTokenHash).toHaveLength(32);
    expect(JSON.stringify([gateway, other])).not.toMatch(/sk-|a-token-of/);
  });

  it('takes files relative to itself', () => {
    const gateway = load({ policy: 'policy.yaml', log: { folder: 'rows' } });
    expect(gateway.policy).toMatchObject({ name: 'policy', policy: { mode: 'weighted', retry: { attemptsMax: 2 } } });
    expect(gateway.logFolder).toBe(join(folder, 'rows'));
  });

  it('is open to everybody when whoever comes needs a key', () => {
    expect(load({ server: { host: '0.0.0.0' }, ...clientKey({}) }).form.server.host).toBe('0.0.0.0');
  });

  it('has the overrides of the environment in the policy and its hash', () => {
    const plain = load();
    const { policy } = load({}, { ROUTER_SELECTION_MODE: ' weighted ', ROUTER_EXPLORATION_RATE: '0.5' });
    expect(policy.policy).toEqual({ ...plain.policy.policy, mode: 'weighted', explorationRate: 0.5 });
    expect(policy.hash).toBe(policyHash(policy.policy));
    expect(policy.hash).not.toBe(plain.policy.hash);
    // What says the same has the same hash, and nothing said is nothing changed.
    expect(load({}, { ROUTER_SELECTION_MODE: 'weighted' }).policy.hash).toBe(loadPolicy('weighted').hash);
    expect(load({}, { ROUTER_SELECTION_MODE: '', ROUTER_EXPLORATION_RATE: '' }).policy).toEqual(plain.policy);
  });
});
