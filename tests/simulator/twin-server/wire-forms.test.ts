/** The small parts: headers, counts of tokens, limits as told, the pool as written. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerText } from '../../../simulator/twin-server/answer-text.ts';
import { readPrefixBlocks, writePrefixBlocks } from '../../../simulator/twin-server/header-names.ts';
import { poolFragment, secretVariable } from '../../../simulator/twin-server/pool-fragment.ts';
import { prefixBlocksOf, promptTokens } from '../../../simulator/twin-server/prompt-size.ts';
import { createRateLimitView, durationText } from '../../../simulator/twin-server/rate-limit-view.ts';
import { toolArguments } from '../../../simulator/twin-server/tool-arguments.ts';
import { BUILT_IN_SCENARIOS, loadScenario } from '../../../src/config/load-scenario.ts';
import { parsePool } from '../../../src/config/pool-schema.ts';
import { createFleet } from '../../../simulator/twins/fleet.ts';
import { requestOf } from '../twins/attempt-request.ts';
import { smallScenario } from '../../../simulator/validate/small/small-scenario.ts';

describe('prefix blocks in a header', () => {
  it.each([
    [null, 'none'],
    [[], ''],
    [[5], '5'],
    [[4_096, 4_097, 4_098, 12, 13, 7], '4096-4098,12-13,7'],
  ])('%j is written as "%s"', (blocks, text) => {
    expect(writePrefixBlocks(blocks)).toBe(text);
    expect(readPrefixBlocks(text)).toEqual(blocks);
  });

  it('come back as they were', () => {
    const block = fc.oneof(fc.nat(20), fc.maxSafeNat());
    fc.assert(
      fc.property(fc.array(block, { maxLength: 300 }), (blocks) => {
        expect(readPrefixBlocks(writePrefixBlocks(blocks))).toEqual(blocks);
      }),
    );
  });

  it.each(['5-3', 'x', '1,,2', '-1', '0-9999999', '99999999999999999', '1;2'])('"%s" is refused', (text) => {
    expect(readPrefixBlocks(text)).toBeUndefined();
  });
});

describe('a prompt', () => {
  it('has a token for every four characters begun, and 85 for an image', () => {
    expect([promptTokens(0, 0), promptTokens(1, 0), promptTokens(8, 0), promptTokens(9, 2)]).toEqual([0, 1, 2, 173]);
  });

  it('has blocks that are equal as far as texts are', () => {
    const blocksOf = (...texts: string[]) => prefixBlocksOf(texts, 2)!;
    expect(prefixBlocksOf(['1234567'], 2)).toBeNull();
    const long = blocksOf('aaaaaaaabbbbbbbbcccccccc');
    expect(long).toHaveLength(3);
    expect(blocksOf('aaaaaaaabbbb', 'bbbbdd').slice(0, 2)).toEqual(long.slice(0, 2));
    expect(blocksOf('aaaaaaaabbbb', 'bbbbdd')[2]).not.toBe(long[2]);
    // The same block after another beginning is another block.
    expect(blocksOf('xaaaaaaabbbbbbbb')[1]).not.toBe(long[1]);
  });
});

describe('what a twin says', () => {
  it('has four characters a token and goes on where it stopped', () => {
    fc.assert(
      fc.property(fc.nat(20_000), fc.nat(9_000), fc.nat(9_000), (from, first, second) => {
        const parts = answerText(from, from + first) + answerText(from + first, from + first + second);
        expect(parts).toBe(answerText(from, from + first + second));
        expect(parts).toHaveLength(4 * (first + second));
      }),
    );
  });

  it('fits the schema of a tool as far as it goes', () => {
    const nested = { type: 'object', properties: { self: {} as object } };
    nested.properties.self = nested;
    expect(toolArguments(undefined)).toEqual({});
    expect(toolArguments({ type: 'object', properties: { a: { const: 3 }, b: { type: ['null', 'string'] } } })).toEqual(
      {
        a: 3,
        b: null,
      },
    );
    expect(JSON.stringify(toolArguments(nested)).length).toBeLessThan(200);
  });
});

describe('rate limits', () => {
  it('are told as the fleet keeps them', () => {
    const rateLimit = { requestsPerMinute: 60, tokensPerMinute: 20_000, retryAfter: true };
    const errors = { serverError: 0.2, connectTimeout: 0.2, midStreamAbort: 0.2 };
    const fleet = createFleet(smallScenario({ twin: { rateLimit, errors } }), ['aurora.first.large'], 3);
    const view = createRateLimitView(rateLimit);
    let limited = 0;
    for (let key = 0; key < 4_000; key++) {
      const nowMs = key * 700;
      const request = requestOf({ requestKey: key, inputTokens: key % 300 });
      const before = view.headers(nowMs, 1);
      const plan = fleet.attempt(0, request, 1, nowMs);
      fleet.end(0, nowMs);
      if (plan.errorCode === 'rate_limited') {
        limited++;
        const left = [before['x-ratelimit-remaining-requests'], before['x-ratelimit-remaining-tokens']].map(Number);
        expect(left[0]! < 1 || left[1]! < request.inputTokens + request.outputTokens).toBe(true);
      }
      view.note(plan, request.inputTokens + request.outputTokens, nowMs);
    }
    expect(limited).toBeGreaterThan(50);
  });

  it('say nothing where nothing is limited', () => {
    expect(
      createRateLimitView({ requestsPerMinute: null, tokensPerMinute: null, retryAfter: true }).headers(5, 1),
    ).toEqual({});
  });

  it.each([
    [0, '0s'],
    [16.2, '17ms'],
    [1_500, '1.5s'],
    [360_000, '6m0s'],
    [3_725_000, '62m5s'],
  ])('%d ms reads %s', (durationMs, text) => {
    expect(durationText(durationMs)).toBe(text);
  });
});

describe('the pool', () => {
  it.each(BUILT_IN_SCENARIOS)('of %s comes back as it was', (name) => {
    const { scenario } = loadScenario(name);
    const ids = [...new Set(scenario.pool.targets.map(({ provider }) => provider))];
    const providers = ids.map((id) => {
      const aliases = scenario.pool.keys
        .filter(({ provider }) => provider === id)
        .map((key) => key.id.slice(id.length + 1));
      const keys = aliases.map((alias) => ({ alias, secret: 'x' }));
      return { id, baseUrl: `http://127.0.0.1:1/v1`, models: [], keys };
    });
    const fragment = poolFragment(scenario, { providers }) as { providers: { baseUrl: string }[] };
    expect(fragment.providers.every(({ baseUrl }) => baseUrl === 'http://127.0.0.1:1/v1')).toBe(true);
    // Where the twins listen is the one thing that the scenario does not know.
    const withoutUrls = { ...fragment, providers: fragment.providers.map(({ baseUrl: _baseUrl, ...rest }) => rest) };
    expect(parsePool('fragment', withoutUrls)).toEqual({ ...scenario.pool, clientKeys: [] });
    expect(JSON.stringify(fragment)).not.toContain('"secret"');
  });

  it('names its variables as shells can', () => {
    expect(secretVariable('local-vllm', 'team-a')).toBe('TWIN_LOCAL_VLLM_TEAM_A');
  });
});
