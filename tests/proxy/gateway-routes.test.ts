/** What `token-pool.yaml` says of routes beside the pool: numbers of the policy, use of instructions; and what a reload names. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { instructionUseOf } from '../../src/config/instruction-use.ts';
import { loadGateway, type Gateway } from '../../src/config/load-gateway.ts';
import { loadPolicy, policyHash } from '../../src/config/load-policy.ts';
import { changedSections } from '../../src/proxy/configuration.ts';
import { DEFAULT_POLICY } from '../../src/router/index.ts';
import { messageOf } from '../config/temporary-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'tokenpool-routes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, 'token-pool.yaml');

const PROVIDER = {
  id: 'a',
  baseUrl: 'https://api.example/v1',
  auth: 'none',
  keys: [{ alias: 'main' }],
  models: [{ id: 'm', prices: { inputUsdPerMillion: 1, outputUsdPerMillion: 2 } }],
};

function load(fields: object = {}, environment: Readonly<Record<string, string>> = {}): Gateway {
  writeFileSync(path, JSON.stringify({ providers: [PROVIDER], ...fields }, null, 2));
  return loadGateway(path, environment);
}

describe('the policy in force', () => {
  it.each<[object, object]>([
    [{ classifier: { longContextThresholdTokens: 60_000 } }, { longContextThresholdTokens: 60_000 }],
    [{ contextRouting: { warnRatio: 0.1 } }, { warnRatio: 0.1 }],
    [{ contextRouting: { warn_ratio: 0.99 } }, { warnRatio: 0.99 }],
    [{ contextRouting: { hardLimit: true } }, { hardLimit: true }],
    [{ contextRouting: { hard_limit: true } }, { hardLimit: true }],
    [{ context_routing: { warn_ratio: 0.5, hardLimit: true } }, { warnRatio: 0.5, hardLimit: true }],
  ])('B.4, B.8 has %j of the configuration, and the hash of that', (fields, routing) => {
    const { policy } = load(fields);
    expect(policy.policy).toEqual({ ...DEFAULT_POLICY, routing: { ...DEFAULT_POLICY.routing, ...routing } });
    expect(policy.name).toBe('ranked (configuration)');
    expect(policy.hash).toBe(policyHash(policy.policy));
    expect(policy.hash).not.toBe(loadPolicy('ranked').hash);
  });

  it('is as it was written where the configuration says nothing, and takes the environment too', () => {
    const fields = { classifier: { backgroundKeywords: [] }, contextRouting: {} };
    expect(load(fields).policy).toEqual(loadPolicy('ranked'));
    const { policy } = load({ contextRouting: { warnRatio: 0.5 } }, { ROUTER_SELECTION_MODE: 'weighted' });
    expect(policy).toMatchObject({
      name: 'ranked (configuration) (environment)',
      policy: { mode: 'weighted', routing: { warnRatio: 0.5 } },
    });
  });

  it.each<[object, string]>([
    [{ contextRouting: { warnRatio: 1 } }, 'contextRouting.warnRatio: expected number <= 0.99, got 1'],
    [{ contextRouting: { warn_ratio: 0.09 } }, 'contextRouting.warn_ratio: expected number >= 0.1, got 0.09'],
    [
      { contextRouting: { warnRatio: 0.5, warn_ratio: 0.5 } },
      'contextRouting.warn_ratio: says the same as warnRatio; give one of them',
    ],
    [{ contextRouting: {}, context_routing: {} }, 'context_routing: says the same as contextRouting; give one of them'],
    [{ contextRouting: { hardLimit: 'no' } }, 'contextRouting.hardLimit: expected true or false, got "no"'],
    [
      { contextRouting: { warnRation: 0.5 } },
      'contextRouting.warnRation: unknown field; did you mean warnRatio? (known: warnRatio, hardLimit)',
    ],
    [
      { classifier: { longContextThresholdTokens: 0 } },
      'classifier.longContextThresholdTokens: expected number >= 1, got 0',
    ],
    [
      { classifier: { backgroundKeywords: [' '] } },
      'classifier.backgroundKeywords[0]: expected text of >= 1 characters, got " "',
    ],
    [
      { routing: { default: ['west.m'] } },
      'routing.default[0]: route references unknown provider "west" (providers: a)',
    ],
    [{ instructions: 'obey' }, 'instructions: expected one of apply, text, refuse, got "obey"'],
  ])('does not come about with %j', (fields, reason) => {
    const message = messageOf(() => load(fields));
    expect(message).toContain(`: ${reason}`);
    expect(message).toMatch(/token-pool\.yaml:\d+:\d+: /);
    expect(message).not.toContain('\n');
  });
});

describe('background', () => {
  it('B.4 is told by two words, or by those of the file', () => {
    expect(load().form.classifier.backgroundKeywords).toEqual(['background', 'context dump']);
    expect(load({ classifier: { backgroundKeywords: [' nightly '] } }).form.classifier.backgroundKeywords).toEqual([
      'nightly',
    ]);
  });
});

describe('instructions in messages', () => {
  const clientKeys = [{ name: 'steers', instructions: 'apply' }, { name: 'silent' }];

  it.each<[object, string | null, string]>([
    [{}, null, 'text'],
    [{}, 'silent', 'text'],
    [{}, 'steers', 'apply'],
    [{ instructions: 'refuse' }, null, 'refuse'],
    [{ instructions: 'refuse' }, 'silent', 'refuse'],
    [{ instructions: 'refuse' }, 'steers', 'apply'],
    [{ instructions: 'apply' }, 'unknown', 'apply'],
  ])('B.12.21 with %j from the client key %s: %s', (fields, clientKey, use) => {
    expect(instructionUseOf(load({ clientKeys, ...fields }).form, clientKey)).toBe(use);
  });
});

describe('a reload', () => {
  const routing = { default: 'a' };

  it.each<[object, object, readonly string[]]>([
    [{}, {}, []],
    [{}, { routing }, ['routing']],
    [{ routing }, { routing: { default: ['a.m'] } }, ['routing']],
    [{ routing }, { routing, routedModels: ['auto', '*'] }, ['routedModels']],
    [{ routing }, { routing, loadBalancing: { strategy: 'random' } }, ['loadBalancing']],
    [{ routing }, { routing, webSearch: { force: true } }, ['webSearch']],
    [{}, { classifier: { backgroundKeywords: ['x'] } }, ['classifier']],
    [{}, { classifier: { longContextThresholdTokens: 5 } }, ['classifier', 'policy']],
    [{}, { contextRouting: { warnRatio: 0.5 } }, ['contextRouting', 'policy']],
    [{}, { instructions: 'refuse' }, ['instructions']],
  ])('from %j to %j names %j', (before, after, sections) => {
    expect(changedSections(load(before), load(after))).toEqual(sections);
  });
});
