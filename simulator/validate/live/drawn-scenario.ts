/**
 * Pools of providers drawn at random, unlike each other in price, pace, noise and trouble; slow ones, for the reason that
 * `truth-scenario.ts` gives.
 */
import { parseScenario } from '../../../src/config/load-scenario.ts';
import { DRAW_PURPOSE_OUTSIDE_ROUTER, drawUniform } from '../../../src/router/keyed-draw.ts';
import type { Scenario } from '../../scenario.ts';

const PURPOSE = DRAW_PURPOSE_OUTSIDE_ROUTER + 960;
const NAMES = ['alder', 'birch', 'cedar', 'dogwood'] as const;
const DRAWS_PER_PROVIDER = 16;

/** @param index of the scenario; 0, 1, ... */
export function drawnScenario(seed: number, index: number): Scenario {
  const draw = (what: number): number => drawUniform(seed, index, what, PURPOSE);
  const providers = NAMES.slice(0, 2 + Math.floor(draw(0) * 3));
  return parseScenario(`drawn scenario ${index}`, {
    name: `drawn-${index}`,
    pool: {
      providers: providers.map((id, place) => ({
        id,
        keys: [{ alias: 'main', concurrencyLimit: 48 }],
        models: [{ id: `${id}-1`, prices: pricesOf(drawsOf(draw, place)) }],
      })),
    },
    twins: providers.map((provider, place) => twinOf(provider, drawsOf(draw, place))),
    weather: providers.flatMap((provider, place) => (drawsOf(draw, place)(9) < 0.3 ? [weatherOf(provider)] : [])),
  });
}

type Draws = (what: number) => number;

function drawsOf(draw: Draws, place: number): Draws {
  return (what) => draw(1 + place * DRAWS_PER_PROVIDER + what);
}

/** Evenly between two values on a logarithmic scale. */
function between(from: number, to: number, uniform: number): number {
  return from * (to / from) ** uniform;
}

function pricesOf(draw: Draws) {
  const inputUsdPerMillion = between(0.1, 3, draw(0));
  return { inputUsdPerMillion, outputUsdPerMillion: inputUsdPerMillion * between(2, 5, draw(1)) };
}

function twinOf(provider: string, draw: Draws) {
  return {
    provider,
    model: `${provider}-1`,
    firstToken: {
      medianMs: between(800, 5_000, draw(2)),
      inputTokens: 800,
      b1: 0.15 + 0.3 * draw(3),
      n0: 1_000,
      load: 0.6 * draw(4),
      loadReference: 24,
      residual: {
        kind: 'lognormal-mixture',
        components: [
          { weight: 0.85, median: 0.95, sigma: 0.2 + 0.2 * draw(5) },
          { weight: 0.15, median: 1.5 + draw(6), sigma: 0.5 },
        ],
      },
    },
    interToken: { aMs: between(15, 90, draw(7)), bMs: 0.1, sigma: 0.2 },
    errors: { serverError: between(0.001, 0.04, draw(8)), connectTimeout: 0.0005, midStreamAbort: 0.0005 },
  };
}

function weatherOf(provider: string) {
  return {
    provider,
    up: { medianMs: '6m', sigma: 0.7 },
    degraded: { medianMs: '1m', sigma: 0.5, failureProbability: 0.2, latencyFactor: 1.8 },
    down: { medianMs: '30s', sigma: 0.5 },
  };
}
