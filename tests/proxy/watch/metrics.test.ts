import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { FAILED, LIMITED, poolOf, targetOf } from '../../router/small-pool.ts';
import { startTrial, START_MS, type ProxyOnTrial, type TrialOptions } from '../proxy-on-trial.ts';
import { readExposition, type Exposition } from './exposition.ts';
import { CORE_VERSION, DEFAULT_POLICY } from '../../../src/router/index.ts';

const SMALL = 'aurora.main.small';
const OTHER = 'borealis.main.small';
const pool = poolOf([targetOf(SMALL, { budgets: [{ metric: 'requests', window: '1m', limit: 4 }] }), targetOf(OTHER)], {
  clientKeys: [
    { name: 'team "a"\\b', priorityCeiling: 'high', models: null, maySteer: true, routes: null, budgets: [] },
  ],
});

let trial: ProxyOnTrial;
const start = async (options: Partial<TrialOptions> = {}): Promise<void> => {
  trial = await startTrial({ pool, ...options });
};
const scrape = async (): Promise<Exposition> => readExposition(await trial.watch.metrics.text());
afterEach(() => trial.stop());

describe('the metrics page', () => {
  it('counts attempts, tokens and money where they belong', async () => {
    await start({ policy: { retry: { attemptsMax: 2 } } });
    const facts = { clientKey: 'team "a"\\b' };
    const first = trial.serve('r1', facts, { firstTokenMs: 400, cacheReadTokens: 300, cacheWriteTokens: 20 });
    const target = first.sends[0]!.target;
    const page = await scrape();
    expect(page.value('tokenpool_attempts_total', { target, kind: 'success' })).toBe(1);
    expect(page.value('tokenpool_attempts_total', { target, kind: 'failure' })).toBe(0);
    expect(page.value('tokenpool_tokens_total', { target, direction: 'input' })).toBe(1_000);
    expect(page.value('tokenpool_tokens_total', { target, direction: 'output' })).toBe(200);
    expect(page.value('tokenpool_tokens_total', { target, direction: 'cache_read' })).toBe(300);
    expect(page.value('tokenpool_tokens_total', { target, direction: 'cache_write' })).toBe(20);
    expect(page.value('tokenpool_cost_usd_total', { target })).toBeCloseTo(0.0018, 12);
    expect(page.value('tokenpool_first_token_seconds_bucket', { target, le: '0.35' })).toBe(0);
    expect(page.value('tokenpool_first_token_seconds_bucket', { target, le: '0.5' })).toBe(1);
    expect(page.value('tokenpool_first_token_seconds_sum', { target })).toBeCloseTo(0.4, 12);
    expect(page.value('tokenpool_attempt_duration_seconds_sum', { target })).toBeCloseTo(2, 12);
    expect(page.value('tokenpool_client_requests_total', { client_key: 'team "a"\\b', ending: 'completed' })).toBe(1);
    expect(page.value('tokenpool_client_cost_usd_total', { client_key: 'team "a"\\b' })).toBeCloseTo(0.0018, 12);
    expect(page.value('tokenpool_requests_total', { ending: 'completed', code: 'OK' })).toBe(1);
    expect(page.value('tokenpool_queue_seconds_bucket', { le: '0' })).toBe(1);
  });

  it('has nothing that the README does not list', async () => {
    await start();
    const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
    const listed = new Set([...readme.matchAll(/`([a-z_]+)(?:\{[a-z_,]+\})?`/g)].map((match) => match[1]));
    const names = [...(await scrape()).types.keys()];
    expect(names.length).toBeGreaterThan(25);
    expect(names.filter((name) => !listed.has(name.replace(/^tokenpool_/, '')))).toEqual([]);
  });

  it('counts retries, rejections, refusals and those who left', async () => {
    await start({ policy: { retry: { attemptsMax: 2 } } });
    trial.serve('r1', {}, FAILED, LIMITED);
    trial.serve('r2', { model: 'unheard-of' });
    trial.begin('r3').end({ kind: 'cancelled', firstTokenMs: null });
    for (const watcher of trial.watch.watchers) {
      watcher.refused?.('invalid_client_key');
      watcher.refused?.('bad_request');
      watcher.refused?.('bad_request');
    }
    const page = await scrape();
    const requests = (ending: string, code: string): number => page.value('tokenpool_requests_total', { ending, code });
    expect(requests('rejected', 'ALL_PROVIDER_FAILED')).toBe(1);
    expect(requests('rejected', 'UNKNOWN_MODEL')).toBe(1);
    expect(requests('cancelled', 'CLIENT_CLOSED')).toBe(1);
    expect(page.value('tokenpool_retries_total')).toBe(1);
    expect(page.value('tokenpool_waits_total', { reason: 'backoff' })).toBe(1);
    expect(page.value('tokenpool_refused_calls_total', { code: 'bad_request' })).toBe(2);
    expect(page.value('tokenpool_refused_calls_total', { code: 'invalid_client_key' })).toBe(1);
    expect(page.value('tokenpool_request_duration_seconds_count', { ending: 'rejected' })).toBe(2);
  });

  it('reads gauges as they are at the scrape', async () => {
    await start();
    trial.driver.order({ kind: 'disable', target: OTHER, untilMs: null });
    trial.begin('r1');
    trial.begin('r2');
    trial.logSays = { state: 'failing', pendingBytes: 77, droppedRecords: 3, databaseTrouble: 'full' };
    const page = await scrape();
    expect(page.value('tokenpool_target_in_flight', { target: SMALL })).toBe(2);
    expect(page.value('tokenpool_target_state', { target: OTHER, state: 'disabled' })).toBe(1);
    expect(page.value('tokenpool_target_state', { target: OTHER, state: 'healthy' })).toBe(0);
    expect(page.value('tokenpool_target_available', { target: SMALL })).toBe(1);
    expect(page.value('tokenpool_target_available', { target: OTHER })).toBe(0);
    expect(page.value('tokenpool_requests_open')).toBe(2);
    expect(page.value('tokenpool_budget_use_ratio', { rule: `target ${SMALL}: requests per 1m` })).toBe(0.5);
    expect(page.value('tokenpool_log_ok')).toBe(0);
    expect(page.value('tokenpool_log_database_ok')).toBe(0);
    expect(page.value('tokenpool_log_pending_bytes')).toBe(77);
    expect(page.value('tokenpool_log_dropped_records_total')).toBe(3);
    expect(page.value('tokenpool_upstream_connections', { state: 'busy' })).toBe(3);
    expect(page.value('tokenpool_upstream_connections', { state: 'idle' })).toBe(2);
    const labels = {
      version: '0.0.0-trial',
      core_version: CORE_VERSION,
      policy: 'trial',
      policy_hash: 'a1b2',
      mode: 'ranked',
    };
    expect(page.value('tokenpool_build_info', labels)).toBe(1);
    expect(page.value('tokenpool_policy_stage', { policy: 'trial', policy_hash: 'a1b2', stage: 'active' })).toBe(1);
    expect(page.value('tokenpool_canary_share')).toBe(0);
    trial.nowMs = START_MS + 61_000;
    const later = await scrape();
    expect(later.value('tokenpool_budget_use_ratio', { rule: `target ${SMALL}: requests per 1m` })).toBe(0);
  });

  it('names the policy on its way, its stage and the share that it serves', async () => {
    const candidate = { name: 'dear', hash: 'e5f6', stage: 'canary' } as const;
    const canary = { ...candidate, id: 'p-1', policy: DEFAULT_POLICY, share: 0.05 };
    const standing = { name: 'trial', hash: 'a1b2', source: 'configuration', why: 'as configured', candidate } as const;
    await start({ view: { canary, policyStanding: () => standing } });
    const page = await scrape();
    expect(page.value('tokenpool_policy_stage', { policy: 'trial', policy_hash: 'a1b2', stage: 'active' })).toBe(1);
    expect(page.value('tokenpool_policy_stage', { policy: 'dear', policy_hash: 'e5f6', stage: 'canary' })).toBe(1);
    expect(page.value('tokenpool_canary_share')).toBe(0.05);
  });

  it('has no series of what clients made up', async () => {
    await start();
    for (let index = 0; index < 30; index++) {
      trial.serve(`made-up-${index}`, { clientKey: `made-up-key-${index}`, model: `made-up-model-${index}` });
      trial.serve(`again-${index}`, { clientKey: `made-up-key-${index}` });
    }
    const text = await trial.watch.metrics.text();
    expect(text).not.toContain('made-up');
    const page = readExposition(text);
    expect(page.labelValues('tokenpool_client_requests_total', 'client_key')).toEqual(['team "a"\\b', '(other)']);
    expect(page.value('tokenpool_client_requests_total', { client_key: '(other)', ending: 'completed' })).toBe(30);
    expect(page.value('tokenpool_client_requests_total', { client_key: '(other)', ending: 'rejected' })).toBe(30);
  });

  it('drops the series of targets that a reload took away and keeps the counts of those that stay', async () => {
    await start();
    trial.driver.order({ kind: 'disable', target: OTHER, untilMs: null });
    trial.serve('r1');
    const late = trial.begin('r2');
    trial.driver.order({ kind: 'enable', target: OTHER, untilMs: null });
    trial.driver.order({ kind: 'disable', target: SMALL, untilMs: null });
    trial.serve('r3');
    const without = poolOf([targetOf(OTHER), targetOf('cirrus.main.large')]);
    trial.replaceRouter(without, { ...trial.view.policy, hash: 'c3d4' });
    late.end();
    const page = await scrape();
    const targets = ['borealis.main.small', 'cirrus.main.large'];
    for (const [name, type] of page.types) {
      const found = page.labelValues(type === 'histogram' ? `${name}_count` : name, 'target');
      if (found.some((target) => target !== '')) expect(found).toEqual(targets);
    }
    expect(page.value('tokenpool_attempts_total', { target: OTHER, kind: 'success' })).toBe(1);
    expect(page.value('tokenpool_attempts_total', { target: 'cirrus.main.large', kind: 'success' })).toBe(0);
    expect(page.labelValues('tokenpool_build_info', 'policy_hash')).toEqual(['c3d4']);
  });

  it('is what a scraper takes, with the metrics of the process', async () => {
    await start({ processMetrics: true });
    trial.serve('r1');
    const response = await trial.get('/metrics', null);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const page = readExposition(await response.text());
    expect(page.value('process_resident_memory_bytes')).toBeGreaterThan(1_000_000);
    const own = [...page.types.keys()].filter((name) => name.startsWith('tokenpool_'));
    expect(own.length).toBeGreaterThan(25);
    expect(own.filter((name) => /_(?:ms|milliseconds|micro_usd)(?:_total)?$/.test(name))).toEqual([]);
  });
});

describe('the reader of metrics', () => {
  it.each([
    ['a line without an end', '# HELP a b\n# TYPE a gauge\na 1'],
    ['a series twice', '# HELP a b\n# TYPE a gauge\na{x="1"} 1\na{x="1"} 2\n'],
    ['a counter without _total', '# HELP a b\n# TYPE a counter\na 1\n'],
    [
      'falling buckets',
      '# HELP a b\n# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n',
    ],
    ['no last bucket', '# HELP a b\n# TYPE a histogram\na_bucket{le="1"} 2\na_sum 1\na_count 2\n'],
    ['a bare quote in a label', '# HELP a b\n# TYPE a gauge\na{x="1"2"} 1\n'],
    ['a stranger', '# HELP a b\n# TYPE a gauge\nc 1\n'],
  ])('refuses %s', (_, text) => {
    expect(() => readExposition(text)).toThrow();
  });
});
