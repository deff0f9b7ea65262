import { describe, expect, it } from 'vitest';
import { changesOf, hashOfPolicy, readCandidate } from '../../../src/console/policies/candidate-file.ts';
import { figureText, limitText, rangeText } from '../../../src/console/policies/guard-words.ts';
import { parsePolicy, policyHash } from '../../../src/config/load-policy.ts';
import { DEFAULT_POLICY } from '../../../src/router/policy.ts';
import { evidenceFor } from '../../policies/evidence-in-small.ts';
import { poolOf, targetOf } from '../../router/small-pool.ts';

describe('a candidate file', () => {
  it('is read as the proxy reads it, with the same hash', async () => {
    const policy = parsePolicy('candidate', { mode: 'weighted', retry: { deadlineMs: '30s' } });
    const evidence = evidenceFor(policy, poolOf([targetOf('aurora.main.small')]), DEFAULT_POLICY);
    const text = `mode: weighted\nretry: { deadlineMs: 30s }\nevidence: ${JSON.stringify(evidence)}\n`;
    const candidate = await readCandidate('steadier.yaml', text);
    expect(candidate).toEqual({ name: 'steadier', policy, evidence, hash: policyHash(policy) });
    expect(candidate.hash).toBe(evidence.policyHash);
  });

  it('may hold an empty object: then it is the default policy, without evidence', async () => {
    expect(await readCandidate('default.json', '{}')).toMatchObject({ name: 'default', evidence: null });
    expect(await hashOfPolicy(DEFAULT_POLICY)).toBe(policyHash(DEFAULT_POLICY));
  });

  it.each([
    ['explorationRat: 0.1', /^c\.yaml: explorationRat: unknown field; did you mean explorationRate\?/],
    ['explorationRate: 3', /^c\.yaml: explorationRate: expected number <= 1, got 3$/],
    ['', /^c\.yaml: the file is empty$/],
    ['# nothing yet\n', /^c\.yaml: the file is empty$/],
    ['a: [1', /^c\.yaml: not valid YAML: /],
    ['- a list', /^c\.yaml: \(top\): /],
  ])('that reads %j is refused in words', async (text, words) => {
    await expect(readCandidate('c.yaml', text)).rejects.toThrow(words);
  });

  it('tells what differs from another policy', () => {
    const policy = parsePolicy('candidate', { explorationRate: 0.3, score: { weights: { cost: 0.9 } } });
    expect(changesOf(policy)).toEqual([
      { path: 'explorationRate', from: String(DEFAULT_POLICY.explorationRate), to: '0.3' },
      { path: 'score.weights.cost', from: String(DEFAULT_POLICY.score.weights.cost), to: '0.9' },
    ]);
    expect(changesOf(policy, policy)).toEqual([]);
  });
});

describe('guards in words', () => {
  const reading = { main: 0.99, canary: 0.98, limit: -0.01, state: 'holds' } as const;

  it('say what they allow, and how they stand', () => {
    expect(limitText('successDropMax', -0.01)).toBe('at most 1 point below the rest');
    expect(limitText('successDropMax', 0)).toBe('not below the rest');
    expect(figureText('successDropMax', 0.9876)).toBe('98.76\u00a0%');
    expect(figureText('costFactorMax', 0.862)).toBe('0.862 of expected');
    expect(figureText('costFactorMax', null)).toBe('–');
    expect(rangeText({ ...reading, guard: 'successDropMax', low: -0.02, high: 0.01 })).toBe('−2 points to 1 point');
    expect(rangeText({ ...reading, guard: 'costFactorMax', low: 0.9, high: null })).toBe(
      '0.900 to any number of times',
    );
    expect(rangeText({ ...reading, guard: 'budgetUseMax', low: null, high: null })).toBe('–');
  });
});
