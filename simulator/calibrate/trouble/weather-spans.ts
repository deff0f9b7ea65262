import type { WeatherSpan, WeatherState } from '../../twins/weather.ts';

/** By the positions of the states in `weather-model.ts`. */
const NAMES = ['up', 'degraded', 'down'] as const satisfies readonly WeatherState[];

/**
 * States at attempts as spans without a gap from `fromMs` to `untilMs`. A change lies halfway between the last attempt
 * before and the first after it.
 *
 * @param atMs in order, all from `fromMs` on and before `untilMs`
 */
export function weatherSpansOf(
  atMs: Float64Array,
  states: Uint8Array,
  fromMs: number,
  untilMs: number,
): readonly WeatherSpan[] {
  const spans: WeatherSpan[] = [];
  let startMs = fromMs;
  for (let index = 1; index < states.length; index++) {
    if (states[index] === states[index - 1]) continue;
    const changeMs = (atMs[index - 1]! + atMs[index]!) / 2;
    spans.push({ state: NAMES[states[index - 1]!]!, startMs, endMs: changeMs });
    startMs = changeMs;
  }
  const last = states.length === 0 ? 'up' : NAMES[states[states.length - 1]!]!;
  return [...spans, { state: last, startMs, endMs: untilMs }];
}

/** Time within two bounds that the spans of a state cover, ms. */
export function timeIn(spans: readonly WeatherSpan[], state: WeatherState, fromMs: number, untilMs: number): number {
  return spans.reduce((sum, span) => {
    if (span.state !== state) return sum;
    return sum + Math.max(0, Math.min(span.endMs, untilMs) - Math.max(span.startMs, fromMs));
  }, 0);
}
