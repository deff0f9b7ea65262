/**
 * The providers that a prediction is tried on. They behave as no fitted twin does: first tokens are mixtures of two
 * kinds of answers, provider by provider others, with swings of load, cold starts and trouble on top; a fit knows of
 * them only what a log shows. They are slow on purpose: their time is compressed, so that each ms that this machine takes
 * to carry a request counts as many of theirs.
 */
import { parseScenario } from '../../../src/config/load-scenario.ts';
import { DEFAULT_POLICY, type Policy } from '../../../src/router/policy.ts';
import type { Residual, Scenario } from '../../scenario.ts';

/** Samples to draw a provider's first tokens from, in place of its mixture: of any unit and number. */
export type FirstTokenSamples = readonly (readonly number[])[];

const MIXTURES: readonly (readonly { weight: number; median: number; sigma: number }[])[] = [
  [
    { weight: 0.85, median: 0.95, sigma: 0.22 },
    { weight: 0.15, median: 1.9, sigma: 0.5 },
  ],
  [
    { weight: 0.9, median: 0.9, sigma: 0.3 },
    { weight: 0.1, median: 2.8, sigma: 0.6 },
  ],
  [
    { weight: 0.8, median: 0.85, sigma: 0.35 },
    { weight: 0.2, median: 1.8, sigma: 0.5 },
  ],
];

/** @param samples of real providers, one list for each of the three; null: mixtures */
export function truthScenario(samples: FirstTokenSamples | null): Scenario {
  const residual = (index: number): Residual => {
    const own = samples?.[index];
    return own === undefined
      ? { kind: 'lognormal-mixture', components: MIXTURES[index]! }
      : { kind: 'empirical', samples: aroundOne(own) };
  };
  return parseScenario('the providers of the live validation', {
    name: 'validation',
    pool: {
      providers: [
        {
          id: 'alder',
          keys: [
            { alias: 'main', concurrencyLimit: 48 },
            { alias: 'spare', concurrencyLimit: 24 },
          ],
          models: [
            {
              id: 'alder-large',
              prices: { inputUsdPerMillion: 2.5, outputUsdPerMillion: 10, cacheReadUsdPerMillion: 0.25 },
            },
          ],
        },
        {
          id: 'birch',
          keys: [{ alias: 'main', concurrencyLimit: 64 }],
          models: [{ id: 'birch-70b', prices: { inputUsdPerMillion: 0.6, outputUsdPerMillion: 1.8 } }],
        },
        {
          id: 'cedar',
          keys: [{ alias: 'main', concurrencyLimit: 64 }],
          models: [{ id: 'cedar-8b', prices: { inputUsdPerMillion: 0.2, outputUsdPerMillion: 0.6 } }],
        },
      ],
    },
    twins: [
      {
        provider: 'alder',
        model: 'alder-large',
        firstToken: {
          medianMs: 1_400,
          inputTokens: 800,
          b1: 0.25,
          n0: 1_500,
          load: 0.3,
          loadReference: 24,
          residual: residual(0),
          drift: { sigma: 0.08, halfLifeMs: '1m' },
        },
        interToken: { aMs: 30, bMs: 0.1, sigma: 0.2 },
        errors: { serverError: 0.002, connectTimeout: 0.0005, midStreamAbort: 0.001 },
        promptCache: { ttlMs: '5m', minTokens: 1_024, blockTokens: 512 },
      },
      {
        provider: 'birch',
        model: 'birch-70b',
        firstToken: {
          medianMs: 2_000,
          inputTokens: 800,
          b1: 0.35,
          n0: 1_000,
          load: 0.5,
          loadReference: 24,
          residual: residual(1),
          drift: { sigma: 0.1, halfLifeMs: '90s' },
        },
        interToken: { aMs: 48, bMs: 0.2, sigma: 0.25 },
        errors: { serverError: 0.006, connectTimeout: 0.001, midStreamAbort: 0.001 },
      },
      {
        provider: 'cedar',
        model: 'cedar-8b',
        firstToken: {
          medianMs: 2_700,
          inputTokens: 800,
          b1: 0.3,
          n0: 1_000,
          load: 0.4,
          loadReference: 24,
          residual: residual(2),
        },
        coldStart: { probability: 0.003, minMs: '10s', maxMs: '30s' },
        interToken: { aMs: 64, bMs: 0.2, sigma: 0.2 },
        errors: { serverError: 0.004, connectTimeout: 0.001, midStreamAbort: 0.0005 },
      },
    ],
    weather: [
      {
        provider: 'birch',
        up: { medianMs: '10m', sigma: 0.5 },
        degraded: { medianMs: '25s', sigma: 0.4, failureProbability: 0.2, latencyFactor: 1.6 },
        down: { medianMs: '8s', sigma: 0.4 },
        upToDegraded: 0.7,
        degradedToDown: 0.3,
      },
    ],
  });
}

/** Divided by their median. */
function aroundOne(samples: readonly number[]): number[] {
  const sorted = samples.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)]!;
  return sorted.map((value) => value / median);
}

/** Spreads the traffic widely, so that its log knows every provider at many loads. */
export const LEARNING_POLICY: Policy = {
  ...DEFAULT_POLICY,
  mode: 'weighted',
  explorationRate: 0.1,
  score: { ...DEFAULT_POLICY.score, sharpness: 2 },
};

/**
 * What is predicted: cost counts for more, and the traffic is spread less. Not by much: the sharper a policy, the more
 * its shares hang on luck, until a live run says nothing to within a percentage point.
 */
export const PREDICTED_POLICY: Policy = {
  ...DEFAULT_POLICY,
  mode: 'weighted',
  explorationRate: 0.01,
  score: { ...DEFAULT_POLICY.score, sharpness: 4, weights: { ...DEFAULT_POLICY.score.weights, cost: 0.35 } },
};
