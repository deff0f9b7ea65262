import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BadInput } from '../../src/config/bad-input.ts';
import { BUILT_IN_POLICIES, loadPolicy, parsePolicy, policyHash } from '../../src/config/load-policy.ts';
import { DEFAULT_POLICY, SCORE_TERMS } from '../../src/router/policy.ts';
import { messageOf, temporaryFile } from './temporary-file.ts';

describe('a policy file', () => {
  it('that is empty of fields is the default policy', () => {
    expect(parsePolicy('p', {})).toEqual(DEFAULT_POLICY);
  });

  it('changes what it names and nothing else', () => {
    const policy = parsePolicy('p', {
      score: { weights: { cost: 0.9 } },
      classes: { profiles: { long: { cost: 1.25 } } },
      rateLimit: { ladderMs: ['1s', '5s'] },
      health: { windowMs: '2m' },
    });
    expect(policy).toEqual({
      ...DEFAULT_POLICY,
      score: { ...DEFAULT_POLICY.score, weights: { ...DEFAULT_POLICY.score.weights, cost: 0.9 } },
      classes: {
        ...DEFAULT_POLICY.classes,
        profiles: {
          ...DEFAULT_POLICY.classes.profiles,
          long: { ...DEFAULT_POLICY.classes.profiles.long, cost: 1.25 },
        },
      },
      rateLimit: { ...DEFAULT_POLICY.rateLimit, ladderMs: [1_000, 5_000] },
      health: { ...DEFAULT_POLICY.health, windowMs: 120_000 },
    });
  });

  it('keeps any weights that are allowed', () => {
    const weight = fc.double({ min: 0, max: 1e6, noNaN: true });
    const weights = fc.record(Object.fromEntries(SCORE_TERMS.map((term) => [term, weight])));
    fc.assert(
      fc.property(
        weights.filter((all) => Object.values(all).some((value) => value > 0)),
        (all) => {
          expect(parsePolicy('p', { score: { weights: all } }).score.weights).toEqual(all);
        },
      ),
    );
  });

  const noWeights = Object.fromEntries(SCORE_TERMS.map((term) => [term, 0]));
  it.each([
    [{ score: { weights: { success: -1 } } }, 'score.weights.success: expected number >= 0, got -1'],
    [{ score: { weights: { cost: NaN } } }, 'score.weights.cost: expected a number, got NaN'],
    [{ score: { weights: { cost: Infinity } } }, 'score.weights.cost: expected a number, got Infinity'],
    [{ score: { weights: noWeights } }, 'score.weights: at least one weight must be above 0'],
    [{ score: { sharpness: 65 } }, 'score.sharpness: expected number <= 64, got 65'],
    [{ score: { references: { inFlight: 0 } } }, 'score.references.inFlight: expected number > 0, got 0'],
    [{ score: { prior: { observations: 0 } } }, 'score.prior.observations: expected number > 0, got 0'],
    [{ score: { prior: { successRatio: 1.1 } } }, 'score.prior.successRatio: expected number <= 1, got 1.1'],
    [{ explorationRate: -0.1 }, 'explorationRate: expected number >= 0, got -0.1'],
    [
      { classes: { profiles: { chat: { cost: 1.3 } } } },
      'classes.profiles.chat.cost: expected number <= 1.25, got 1.3',
    ],
    [{ classes: { chatTokensMax: 30_000 } }, 'classes.longTokensMin: must be more than chatTokensMax'],
    [{ health: { latencySpikeFactor: 1 } }, 'health.latencySpikeFactor: expected number > 1, got 1'],
    [{ health: { unhealthyFailureRatio: 0.1 } }, 'health.unhealthyFailureRatio: must be at least degradedFailureRatio'],
    [{ health: { cooldownMs: '20m' } }, 'health.cooldownMaxMs: must be at least cooldownMs'],
    [{ health: { minSamples: 1.5 } }, 'health.minSamples: expected a whole number, got 1.5'],
    [{ rateLimit: { ladderMs: [] } }, 'rateLimit.ladderMs: expected a list of >= 1 entries, got an empty list'],
    [{ rateLimit: { ladderMs: [3_000, '3s'] } }, 'rateLimit.ladderMs: the waits must rise from step to step'],
    [{ rateLimit: { ladderMs: ['soon'] } }, 'rateLimit.ladderMs[0]: expected a duration: milliseconds, or text'],
    [{ rateLimit: { ladderResetMs: 0 } }, 'rateLimit.ladderResetMs: expected number > 0, got 0'],
    [{ rateLimit: { consecutiveUntilBad: -1 } }, 'rateLimit.consecutiveUntilBad: expected number >= 0, got -1'],
    [{ rateLimit: { consecutiveUntilBad: 1_001 } }, 'rateLimit.consecutiveUntilBad: expected number <= 1000, got 1001'],
    [{ rateLimit: { consecutiveUntilBad: 1.5 } }, 'rateLimit.consecutiveUntilBad: expected a whole number, got 1.5'],
    [{ retry: { attemptsMax: 0 } }, 'retry.attemptsMax: expected number >= 1, got 0'],
    [{ retry: { attemptsMax: '3' } }, 'retry.attemptsMax: expected a number, got "3"'],
    [{ retry: { backoffBaseMs: 6_000 } }, 'retry.backoffMaxMs: must be at least backoffBaseMs'],
    [{ timeouts: { idleMs: 0 } }, 'timeouts.idleMs: expected number > 0, got 0'],
    [{ mode: 'best' }, 'mode: expected one of ranked, weighted, round-robin'],
    [{ scores: {} }, 'scores: unknown field; did you mean score? (known: mode, explorationRate, score,'],
    [
      { score: { weights: { succes: 1 } } },
      'score.weights.succes: unknown field; did you mean success? (known: success, firstToken,',
    ],
    [{ score: 5 }, 'score: expected a mapping of fields, got 5'],
    [null, '(top): expected a mapping of fields, got nothing'],
  ])('with %j is refused', (value, reason) => {
    const message = messageOf(() => parsePolicy('policy.yaml', value));
    expect(message).toContain(`policy.yaml: ${reason}`);
    expect(message).not.toContain('\n');
  });

  it('with several problems shows the first, unknown fields before all, and names the places of the others', () => {
    const value = { explorationRate: 2, mode: 'best', score: { sharpnes: 3 } };
    expect(messageOf(() => parsePolicy('p', value))).toMatch(
      /^p: score\.sharpnes: unknown field; did you mean sharpness\? .* \(and 2 more: mode, explorationRate\)$/,
    );
  });
});

describe('loadPolicy', () => {
  it('knows a policy for each way of picking', () => {
    for (const name of BUILT_IN_POLICIES) {
      expect(loadPolicy(name)).toEqual({
        name,
        policy: { ...DEFAULT_POLICY, mode: name },
        hash: policyHash({ ...DEFAULT_POLICY, mode: name }),
      });
    }
    expect(new Set(BUILT_IN_POLICIES.map((name) => loadPolicy(name).hash)).size).toBe(BUILT_IN_POLICIES.length);
  });

  it('reads YAML and JSON, and gives equal policies equal hashes', () => {
    const yaml = loadPolicy(
      temporaryFile('thrifty.v2.yaml', 'score:\n  weights: {cost: 0.5}\nretry: {deadlineMs: 1m}\n'),
    );
    const json = loadPolicy(
      temporaryFile('other.json', '{"retry":{},"score":{"weights":{"cost":0.5}},"mode":"ranked"}'),
    );
    expect(yaml.name).toBe('thrifty.v2');
    expect(yaml.policy.score.weights.cost).toBe(0.5);
    expect(json.hash).toBe(yaml.hash);
    expect(yaml.hash).not.toBe(loadPolicy('ranked').hash);
  });

  it('lists the built-in names when there is neither', () => {
    const message = messageOf(() => loadPolicy('rankd'));
    expect(message).toMatch(/^policy "rankd": neither a file nor a built-in policy; built in are ranked, weighted, /);
    expect(() => loadPolicy('rankd')).toThrow(BadInput);
  });

  it('says where in the file the problem is', () => {
    const wrong = temporaryFile('p.yaml', 'mode: ranked\nscore:\n  weights:\n    cost: -3\n');
    expect(messageOf(() => loadPolicy(wrong))).toBe(`${wrong}:4:11: score.weights.cost: expected number >= 0, got -3`);
    const broken = temporaryFile('p.yaml', 'mode: ranked\nscore: {weights\n');
    expect(messageOf(() => loadPolicy(broken))).toMatch(`${broken}:3:1: not valid YAML: `);
    const twice = temporaryFile('p.yaml', 'mode: ranked\nmode: random\n');
    expect(messageOf(() => loadPolicy(twice))).toMatch(`${twice}:2:1: not valid YAML: Map keys must be unique`);
  });
});
