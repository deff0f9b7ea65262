import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonSchemaOf } from '../../src/config/json-schema.ts';
import { parsePolicy } from '../../src/config/load-policy.ts';
import {
  knobsNamed,
  knobValue,
  knobValues,
  POLICY_KNOBS,
  policyWithKnobs,
  usualKnobs,
} from '../../src/config/policy-knobs.ts';
import { DEFAULT_POLICY } from '../../src/router/policy.ts';

const anyValues = fc.record(
  Object.fromEntries(
    POLICY_KNOBS.map(({ path, range, choices, scale }) => [
      path,
      choices !== null
        ? fc.constantFrom(...choices)
        : scale === 'integer'
          ? fc.integer({ min: range![0], max: range![1] })
          : fc.double({ min: range![0], max: range![1], noNaN: true }),
    ]),
  ),
);

describe('the knobs of a policy', () => {
  it('are those that its schema declares, the usual ones among them', () => {
    const paths = POLICY_KNOBS.map(({ path }) => path);
    expect(new Set(paths).size).toBe(paths.length);
    expect(paths.length).toBeGreaterThanOrEqual(40);
    const usual = usualKnobs().map(({ path }) => path);
    expect(usual.length).toBeLessThan(paths.length);
    expect(usual).toEqual(
      expect.arrayContaining([
        'mode',
        'explorationRate',
        'score.weights.cost',
        'score.sharpness',
        'health.cooldownMs',
        'budget.softThreshold',
        'retry.attemptsMax',
        'affinity.stick',
        'classes.profiles.chat.latency',
      ]),
    );
  });

  it.each(POLICY_KNOBS)('$path has its default within its range', ({ path, range, choices }) => {
    const value = knobValue(DEFAULT_POLICY, path);
    if (choices !== null) expect(choices).toContain(value);
    else {
      expect(value).toBeGreaterThanOrEqual(range![0]);
      expect(value).toBeLessThanOrEqual(range![1]);
    }
  });

  it('stand in the exported JSON Schema', () => {
    const schema = JSON.stringify(jsonSchemaOf('policy'));
    expect(schema.match(/"tune":/g)).toHaveLength(POLICY_KNOBS.length);
  });

  it('give a valid policy with any values of theirs, and the same one each time', () => {
    fc.assert(
      fc.property(anyValues, (values) => {
        const policy = policyWithKnobs(DEFAULT_POLICY, values);
        expect(parsePolicy('again', policy)).toEqual(policy);
        expect(policyWithKnobs(DEFAULT_POLICY, values)).toEqual(policy);
        const { cooldownMs, cooldownMaxMs } = policy.health;
        expect(cooldownMs).toBe(values['health.cooldownMs']);
        expect(cooldownMaxMs).toBeGreaterThanOrEqual(cooldownMs);
      }),
      { numRuns: 100 },
    );
  });

  it('leave everything else as it is', () => {
    const policy = policyWithKnobs(DEFAULT_POLICY, { 'score.weights.cost': 0.7, mode: 'weighted' });
    expect(policy).toEqual({
      ...DEFAULT_POLICY,
      mode: 'weighted',
      score: { ...DEFAULT_POLICY.score, weights: { ...DEFAULT_POLICY.score.weights, cost: 0.7 } },
    });
    expect(policyWithKnobs(DEFAULT_POLICY, knobValues(DEFAULT_POLICY, usualKnobs()))).toEqual(DEFAULT_POLICY);
  });

  it('take weights that are all 0 for equal ones', () => {
    const zeros = Object.fromEntries(Object.keys(DEFAULT_POLICY.score.weights).map((t) => [`score.weights.${t}`, 0]));
    expect(new Set(Object.values(policyWithKnobs(DEFAULT_POLICY, zeros).score.weights))).toEqual(new Set([1]));
  });

  it('are refused by a wrong name, with the right one', () => {
    expect(() => knobsNamed(['score.weights.costs'])).toThrow(
      /--knobs: "score\.weights\.costs" cannot be tuned; did you mean score\.weights\.cost\?/,
    );
    expect(knobsNamed(['retry.attemptsMax', 'mode']).map(({ path }) => path)).toEqual(['mode', 'retry.attemptsMax']);
  });
});
