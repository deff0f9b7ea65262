/**
 * The ups and downs of one provider: a semi-Markov chain over up, degraded and down with lognormal dwell times
 * (outages of public services are heavy-tailed). Draws are keyed by (seed, provider, k-th dwell), so the weather
 * is the same whatever a policy does and whenever it looks.
 *
 * A run starts in the middle of the weather, not at the start of a fair spell: the first state is drawn by its
 * share of time, and what is left of its dwell is a uniform part of a length-biased dwell, which for a lognormal
 * is a lognormal of median x exp(sigma^2) (D. R. Cox, Renewal Theory, 1962, chapter 5). The expected share of
 * each state is then the long-run share at every moment of a run, however short.
 */
import { drawUniform, hashText } from '../../src/router/keyed-draw.ts';
import type { ProviderWeather } from '../scenario.ts';
import { lognormalFromUniform } from '../statistics/normal-quantile.ts';
import { TWIN_DRAW } from './twin-draw.ts';

export type WeatherState = 'up' | 'degraded' | 'down';

/** A dwell that covers `startMs` until just before `endMs`. */
export interface WeatherSpan {
  readonly state: WeatherState;
  readonly startMs: number;
  readonly endMs: number;
}

/** The state at a time; times must not go back. */
export type Weather = (nowMs: number) => WeatherState;

/** Long-run share of time in each state: visits per cycle x mean dwell, with mean = median x exp(sigma^2 / 2). */
export function weatherShares(definition: ProviderWeather): Readonly<Record<WeatherState, number>> {
  const { upToDegraded, degradedToDown } = definition;
  const up = meanDwellMs(definition.up);
  const degraded = upToDegraded * meanDwellMs(definition.degraded);
  const down = (1 - upToDegraded + upToDegraded * degradedToDown) * meanDwellMs(definition.down);
  const cycle = up + degraded + down;
  return { up: up / cycle, degraded: degraded / cycle, down: down / cycle };
}

function meanDwellMs({ medianMs, sigma }: { readonly medianMs: number; readonly sigma: number }): number {
  return medianMs * Math.exp((sigma * sigma) / 2);
}

/** The weather of a run, found dwell by dwell as time passes. */
export function createWeather(definition: ProviderWeather, seed: number): Weather {
  let span = firstSpan(definition, seed);
  let dwell = 0;
  return (nowMs) => {
    while (nowMs >= span.endMs) {
      dwell += 1;
      span = followingSpan(definition, seed, span, dwell);
    }
    return span.state;
  };
}

/** The state at any time >= 0, worked out from the start. */
export function weatherStateAt(definition: ProviderWeather, seed: number, atMs: number): WeatherState {
  return createWeather(definition, seed)(atMs);
}

/** All dwells that begin before `untilMs`; the last one may end after it. */
export function weatherSpans(definition: ProviderWeather, seed: number, untilMs: number): readonly WeatherSpan[] {
  const spans = [firstSpan(definition, seed)];
  for (let last = spans[0]!; last.endMs < untilMs; spans.push(last)) {
    last = followingSpan(definition, seed, last, spans.length);
  }
  return spans;
}

function firstSpan(definition: ProviderWeather, seed: number): WeatherSpan {
  const key = hashText(definition.provider);
  const shares = weatherShares(definition);
  const draw = drawUniform(seed, key, 0, TWIN_DRAW.weatherStart);
  const state = draw < shares.up ? 'up' : draw < shares.up + shares.degraded ? 'degraded' : 'down';
  const { medianMs, sigma } = definition[state];
  const lengthBiasedMs = lognormalFromUniform(
    drawUniform(seed, key, 0, TWIN_DRAW.weatherStartDwell),
    medianMs * Math.exp(sigma * sigma),
    sigma,
  );
  return { state, startMs: 0, endMs: lengthBiasedMs * (1 - drawUniform(seed, key, 0, TWIN_DRAW.weatherStartPart)) };
}

function followingSpan(definition: ProviderWeather, seed: number, last: WeatherSpan, dwell: number): WeatherSpan {
  const key = hashText(definition.provider);
  const state = nextState(definition, last.state, drawUniform(seed, key, dwell, TWIN_DRAW.weatherNext));
  const { medianMs, sigma } = definition[state];
  const dwellMs = lognormalFromUniform(drawUniform(seed, key, dwell, TWIN_DRAW.weatherDwell), medianMs, sigma);
  return { state, startMs: last.endMs, endMs: last.endMs + dwellMs };
}

function nextState(definition: ProviderWeather, state: WeatherState, uniform: number): WeatherState {
  switch (state) {
    case 'up':
      return uniform < definition.upToDegraded ? 'degraded' : 'down';
    case 'degraded':
      return uniform < definition.degradedToDown ? 'down' : 'up';
    case 'down':
      return 'up';
    default:
      return assertNever(state);
  }
}

function assertNever(state: never): never {
  throw new Error(`unknown weather ${String(state)}`);
}
