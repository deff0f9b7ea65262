import type { ProviderWeather } from '../../scenario.ts';
import type { WeatherSpan, WeatherState } from '../../twins/weather.ts';
import type { AttemptTable, RowSubset } from '../attempt-table.ts';
import type { TroubleFit } from '../fitted-twin.ts';
import { rowsSentTo } from '../rows-sent-to.ts';
import { degradedLatencyFactor } from './degraded-latency.ts';
import { fitDwellTimes, meanDwellMs, type Dwell, type DwellTimes } from './dwell-times.ts';
import { failureEvidence, type FailureEvidence } from './failure-evidence.ts';
import { fitWeatherModel } from './fit-weather-model.ts';
import { shareOfTime, type Resolution } from './trouble-shares.ts';
import { DEGRADED, DOWN, likeliestStates, UP, weatherSteps, type WeatherModel } from './weather-model.ts';
import { timeIn, weatherSpansOf } from './weather-spans.ts';

/** What dwells are thought to be before any is seen: those of public incidents that last minutes, with a heavy tail. */
const PRIOR_DWELLS: Readonly<Record<WeatherState, DwellTimes>> = {
  up: { medianMs: 6 * 3_600_000, sigma: 1 },
  degraded: { medianMs: 8 * 60_000, sigma: 0.8 },
  down: { medianMs: 5 * 60_000, sigma: 1 },
};
/** Fewer whole dwells than this are told of: their times lean on the prior. */
const FEW_DWELLS = 5;
/** Evidence in nats by which a change of state is usually placed, and by which a spell is hardly ever overlooked. */
const CHANGE_NATS = 3;
const OVERLOOKED_NATS = 18;
/** Attempts so rare that longer spells than this may be overlooked are told of. */
const OVERLOOKED_NOTE_MS = 10 * 60_000;
/** The last row is sent within the spans: they end just after it. */
const AFTER_LAST_MS = 1;

/**
 * How a provider fails, over all its keys and models: the likeliest weather at all of its attempts, and the semi-Markov
 * chain of `weather.ts` that it looks like. Dwells are fitted as lognormals with cut ones censored; the median of up is
 * then set so that the long-run share of up is the one that was seen, because few long fair spells tell the median of
 * up least of all, and the share of time in trouble is what matters.
 *
 * @param rows attempts in the order of sending, of any providers; the spans cover the time of all of them
 * @param seed of the bootstrap for the intervals
 */
export function fitTrouble(table: AttemptTable, rows: RowSubset, provider: string, seed: number): TroubleFit {
  const fromMs = rows.length === 0 ? 0 : table.sentAtMs[rows[0]!]!;
  const untilMs = (rows.length === 0 ? 0 : table.sentAtMs[rows[rows.length - 1]!]!) + AFTER_LAST_MS;
  const evidence = failureEvidence(table, rows, provider);
  const model = fitWeatherModel(evidence, table.twins.length);
  const states = likeliestStates(weatherSteps(evidence, 0), model);
  const spans = weatherSpansOf(evidence.atMs, states, fromMs, untilMs);
  if (!states.some((state) => state !== UP)) {
    const notes =
      evidence.rows.length === 0
        ? [`${provider}: no attempts that tell of its state`]
        : overlookedNote(provider, resolutionOf(evidence, model, 'degraded'));
    return { provider, weather: null, spans, intervals: null, notes };
  }

  const dwells = dwellsOf(spans);
  const latencyFactor = degradedLatencyFactor(
    table,
    evidence.rows.filter((_, index) => states[index] === UP),
    rowsWhileDegraded(table, rows, provider, spans),
  );
  const weather: ProviderWeather = {
    provider,
    ...timesOf(spans, dwells, latencyFactor ?? 1, evidence, states, model),
  };
  const share = (state: 'degraded' | 'down') => shareOfTime(spans, state, resolutionOf(evidence, model, state), seed);
  return {
    provider,
    weather,
    spans,
    intervals: { degradedShare: share('degraded'), downShare: share('down') },
    notes: [
      ...notesOf(provider, dwells, latencyFactor),
      ...overlookedNote(provider, resolutionOf(evidence, model, 'degraded')),
    ],
  };
}

type Dwells = Readonly<Record<WeatherState, readonly Dwell[]>>;

function dwellsOf(spans: readonly WeatherSpan[]): Dwells {
  const of = (state: WeatherState): readonly Dwell[] =>
    spans.flatMap((span, index) =>
      span.state === state ? [{ ms: span.endMs - span.startMs, isCut: index === 0 || index === spans.length - 1 }] : [],
    );
  return { up: of('up'), degraded: of('degraded'), down: of('down') };
}

function timesOf(
  spans: readonly WeatherSpan[],
  dwells: Dwells,
  latencyFactor: number,
  evidence: FailureEvidence,
  states: Uint8Array,
  model: WeatherModel,
): Omit<ProviderWeather, 'provider'> {
  const degraded = fitDwellTimes(dwells.degraded, PRIOR_DWELLS.degraded);
  const down = fitDwellTimes(dwells.down, PRIOR_DWELLS.down);
  const upToDegraded = shareOfExits(spans, 'up', 'degraded') ?? (dwells.degraded.length > 0 ? 1 : 0);
  const degradedToDown = shareOfExits(spans, 'degraded', 'down') ?? 0;
  const up = fairDwells(spans, dwells, {
    degraded: upToDegraded * meanDwellMs(degraded),
    down: (1 - upToDegraded + upToDegraded * degradedToDown) * meanDwellMs(down),
  });
  return {
    up,
    degraded: { ...degraded, failureProbability: addedFailure(evidence, states, DEGRADED, model), latencyFactor },
    down: { ...down, failureProbability: addedFailure(evidence, states, DOWN, model) },
    upToDegraded,
    degradedToDown,
  };
}

/** Of the changes from a state, those to another one; null when it was never left. */
function shareOfExits(spans: readonly WeatherSpan[], from: WeatherState, to: WeatherState): number | null {
  let exits = 0;
  let wanted = 0;
  for (let index = 1; index < spans.length; index++) {
    if (spans[index - 1]!.state !== from) continue;
    exits += 1;
    if (spans[index]!.state === to) wanted += 1;
  }
  return exits === 0 ? null : wanted / exits;
}

/** @param perCycle mean time in trouble between two fair spells, ms */
function fairDwells(
  spans: readonly WeatherSpan[],
  dwells: Dwells,
  perCycle: { readonly degraded: number; readonly down: number },
): DwellTimes {
  const { medianMs, sigma } = fitDwellTimes(dwells.up, PRIOR_DWELLS.up);
  const fromMs = spans[0]!.startMs;
  const untilMs = spans.at(-1)!.endMs;
  const upMs = timeIn(spans, 'up', fromMs, untilMs);
  const troubleMs = untilMs - fromMs - upMs;
  if (upMs === 0) return { medianMs, sigma };
  const meanMs = ((perCycle.degraded + perCycle.down) * upMs) / troubleMs;
  return { medianMs: meanMs / Math.exp((sigma * sigma) / 2), sigma };
}

/**
 * What a state adds to the failures of up: of the attempts that would have gone well, those that failed. First tokens
 * that did not come in time count neither way, for the latency of the state brings them about by itself.
 */
function addedFailure(evidence: FailureEvidence, states: Uint8Array, state: number, model: WeatherModel): number {
  const { failed, twin } = evidence;
  let attempts = 0;
  let failures = 0;
  let failuresOfUp = 0;
  for (let index = 0; index < states.length; index++) {
    if (states[index] !== state || (failed[index] !== 0 && failed[index] !== 1)) continue;
    attempts += 1;
    failures += failed[index]!;
    failuresOfUp += model.upFailure[twin[index]!]!;
  }
  if (attempts === 0) return state === DOWN ? model.downFailure : model.degradedFailure;
  const added = (failures - failuresOfUp) / Math.max(1e-9, attempts - failuresOfUp);
  return Math.min(1, Math.max(0, added));
}

function rowsWhileDegraded(
  table: AttemptTable,
  rows: RowSubset,
  provider: string,
  spans: readonly WeatherSpan[],
): RowSubset {
  const degraded = spans.filter(({ state }) => state === 'degraded');
  let place = 0;
  return rowsSentTo(table, rows, (target) => target.provider === provider).filter((row) => {
    const sentAtMs = table.sentAtMs[row]!;
    while (place < degraded.length && degraded[place]!.endMs <= sentAtMs) place += 1;
    return place < degraded.length && degraded[place]!.startMs <= sentAtMs;
  });
}

/** How much an attempt tells on average of being in one of two states (Kullback and Leibler, 1951), in attempts. */
function resolutionOf(evidence: FailureEvidence, model: WeatherModel, state: 'degraded' | 'down'): Resolution {
  const { atMs } = evidence;
  const gapMs = (atMs[atMs.length - 1]! - atMs[0]!) / Math.max(1, atMs.length - 1);
  const up = model.upFailure.reduce((sum, each) => sum + each, 0) / model.upFailure.length;
  const added = state === 'down' ? model.downFailure : model.degradedFailure;
  const fails = 1 - (1 - up) * (1 - added);
  const nats = fails * Math.log(fails / up) + (1 - fails) * Math.log((1 - fails) / (1 - up));
  return { changeMs: gapMs * (1 + CHANGE_NATS / nats), overlookedMs: gapMs * (1 + OVERLOOKED_NATS / nats) };
}

function overlookedNote(provider: string, { overlookedMs }: Resolution): readonly string[] {
  if (overlookedMs < OVERLOOKED_NOTE_MS) return [];
  const minutes = Math.round(overlookedMs / 60_000);
  return [`${provider}: attempts are so rare that degraded spells of up to ${minutes} min may be overlooked`];
}

function notesOf(provider: string, dwells: Dwells, latencyFactor: number | null): readonly string[] {
  const notes: string[] = [];
  for (const state of ['degraded', 'down'] as const) {
    const whole = dwells[state].filter(({ isCut }) => !isCut).length;
    if (dwells[state].length > 0 && whole < FEW_DWELLS) {
      notes.push(`${provider}: ${whole} whole ${state} spells in the log; how long they last is mostly a guess`);
    }
  }
  const spells = dwells.degraded.length + dwells.down.length;
  if (spells < 2 * FEW_DWELLS) {
    notes.push(`${provider}: ${spells} spells of trouble in the log; its share of other months may be quite another`);
  }
  if (dwells.degraded.length > 0 && latencyFactor === null) {
    notes.push(`${provider}: too few first tokens while degraded; they are taken to be as fast as ever`);
  }
  return notes;
}
