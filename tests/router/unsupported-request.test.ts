import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { whyUnsupported, type PoolDefinition, type RouterRequest } from '../../src/router/index.ts';
import { shortfallsOf } from '../../src/router/candidates/shortfalls.ts';
import { poolOf, requestOf, targetOf, type TargetFacts } from './small-pool.ts';
import { tryOut } from './trial.ts';

const ONE = 'aurora.main.small';
const TWO = 'borealis.main.small';

const targetFacts: fc.Arbitrary<TargetFacts> = fc.record({
  contextTokens: fc.integer({ min: 1, max: 4_000 }),
  maxOutputTokens: fc.integer({ min: 1, max: 2_000 }),
  protocols: fc.constantFrom<readonly string[]>([], ['openai'], ['openai-embeddings'], ['openai', 'openai-embeddings']),
  capabilities: fc.record({ tools: fc.boolean(), vision: fc.boolean(), streaming: fc.boolean() }),
});

const requestFacts: fc.Arbitrary<Partial<RouterRequest>> = fc.record({
  model: fc.constantFrom('small', 'auto', 'one'),
  inputTokens: fc.integer({ min: 0, max: 4_000 }),
  maxOutputTokens: fc.option(fc.integer({ min: 0, max: 2_000 }), { nil: null }),
  protocol: fc.constantFrom('openai', 'openai-embeddings'),
  stream: fc.boolean(),
  hasTools: fc.boolean(),
  hasImage: fc.boolean(),
});

function poolWith(one: TargetFacts, two: TargetFacts): PoolDefinition {
  return poolOf([targetOf(ONE, one), targetOf(TWO, two)], { modelAliases: { one: [ONE] } });
}

describe('a request that no target can ever serve', () => {
  it('is refused as such exactly when every target of its model lacks something', () => {
    fc.assert(
      fc.property(targetFacts, targetFacts, requestFacts, (one, two, facts) => {
        const pool = poolWith(one, two);
        const targets = facts.model === 'one' ? pool.targets.slice(0, 1) : pool.targets;
        const command = tryOut(pool).begin('a', facts)[0]!;
        const isRefused = command.kind === 'reject' && command.code === 'UNSUPPORTED_REQUEST';
        expect(isRefused).toBe(targets.every((target) => shortfallsOf(target, requestOf('a', facts)).length > 0));
      }),
      { numRuns: 1_000 },
    );
  });

  const reasons: readonly [string, TargetFacts, TargetFacts, Partial<RouterRequest>, string][] = [
    [
      'tools',
      { capabilities: { tools: false } },
      { capabilities: { tools: false } },
      { hasTools: true },
      'No target of model "small" takes tools.',
    ],
    [
      'the longest answer, by the target that gives the longest',
      { maxOutputTokens: 100 },
      { maxOutputTokens: 300 },
      { maxOutputTokens: 301 },
      'No target of model "small" gives answers of up to 301 tokens: the longest has 300.',
    ],
    [
      'the context window',
      { contextTokens: 1_000 },
      { contextTokens: 2_000 },
      { inputTokens: 1_900, maxOutputTokens: 101 },
      'No target of model "small" holds the 2001 tokens of the input (estimated) and the longest answer: ' +
        'the largest context window has 2000.',
    ],
    [
      'the endpoint',
      { protocols: ['openai'] },
      { protocols: ['openai'] },
      { protocol: 'openai-embeddings' },
      'No target of model "small" can be reached by openai-embeddings.',
    ],
    [
      'two lacks, one each',
      { capabilities: { tools: false } },
      { capabilities: { vision: false } },
      { hasTools: true, hasImage: true },
      'No target of model "small" offers all that the request needs at once: tools, images.',
    ],
    [
      'two lacks, both everywhere',
      { capabilities: { tools: false, streaming: false } },
      { capabilities: { tools: false, streaming: false } },
      { hasTools: true, stream: true },
      'No target of model "small" takes tools. No target of model "small" can stream.',
    ],
  ];

  it.each(reasons)('says what is missing: %s', (_, one, two, facts, expected) => {
    expect(whyUnsupported(poolWith(one, two), requestOf('a', { model: 'small', ...facts }))).toBe(expected);
  });

  it('speaks of the targets of the alias or of all targets, as the request does', () => {
    const pool = poolWith({ maxOutputTokens: 100 }, { maxOutputTokens: 300 });
    const asked = (model: string): string => whyUnsupported(pool, requestOf('a', { model, maxOutputTokens: 900 }));
    expect(asked('one')).toContain('"one" gives answers of up to 900 tokens: the longest has 100.');
    expect(asked('auto')).toContain('"auto" gives answers of up to 900 tokens: the longest has 300.');
  });
});
