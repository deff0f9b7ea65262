/**
 * Whether the simulator knows which of two policies is better. In each of many drawn scenarios the proxy serves the same
 * traffic under `weighted` and under `ranked`; twins are fitted to the log of the first alone, and predict both.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { quantile } from '../../../simulator/statistics/quantiles.ts';
import { drawnScenario } from '../../../simulator/validate/live/drawn-scenario.ts';
import type { ServedRequests } from '../../../simulator/validate/live/served-requests.ts';
import { DEFAULT_POLICY, type Policy } from '../../router/index.ts';
import { fitTo, predict, serveLive } from './live-trial.ts';
import { validationTraffic } from './validation-traffic.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';

/** One metric in one scenario: ranked / weighted - 1, the mean over its runs. */
export interface ComparedEffect {
  readonly scenario: number;
  readonly metric: 'cost' | 'first token p50';
  readonly live: number;
  readonly simulated: number;
}

export interface SignSettings {
  readonly scenarios: number;
  readonly seed: number;
  /**
   * Times that each scenario is served, at once, with traffic and luck of its own. Which of two policies is ahead in a
   * quarter of an hour is luck in part: `ranked` learns, and with what it happens to learn first it goes on.
   */
  readonly lucks: number;
  readonly speed: number;
  /** Of the providers' time. */
  readonly minutes: number;
  readonly requestsPerSecond: number;
  readonly onEffect: (effect: ComparedEffect) => void;
}

const REPLICATES = 5;
/** Further apart than there are scenarios. */
const LUCK_STRIDE = 1_000;
/** Explores a little, so that every provider is in the log. */
const WEIGHTED: Policy = { ...DEFAULT_POLICY, mode: 'weighted', explorationRate: 0.05 };
const RANKED: Policy = { ...DEFAULT_POLICY, mode: 'ranked', explorationRate: 0.05 };

/** Live effects of at least this size are to be predicted with their sign. */
export const EFFECT_MIN = 0.02;

export async function compareSigns(settings: SignSettings): Promise<readonly ComparedEffect[]> {
  const effects: ComparedEffect[] = [];
  for (let scenario = 0; scenario < settings.scenarios; scenario++) {
    for (const effect of await effectsIn(settings, scenario)) {
      effects.push(effect);
      settings.onEffect(effect);
    }
  }
  return effects;
}

async function effectsIn(settings: SignSettings, index: number): Promise<readonly ComparedEffect[]> {
  const folder = makeTemporaryFolder('tokenpool-signs-');
  try {
    const lucks = Array.from({ length: settings.lucks }, (_, luck) => luck);
    const runs = await Promise.all(lucks.map((luck) => comparedIn(settings, index, luck, folder)));
    const effect = (metric: ComparedEffect['metric'], of: (served: ServedRequests) => number): ComparedEffect => ({
      scenario: index,
      metric,
      live: mean(runs.map(({ live }) => ratio(of(live.ranked), of(live.weighted)))),
      simulated: mean(runs.map(({ simulated }) => ratio(of(simulated.ranked), of(simulated.weighted)))),
    });
    return [effect('cost', costOf), effect('first token p50', medianOf)];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Compared {
  readonly ranked: ServedRequests;
  readonly weighted: ServedRequests;
}

async function comparedIn(
  { seed, speed, minutes, requestsPerSecond }: SignSettings,
  index: number,
  luck: number,
  folder: string,
): Promise<{ readonly live: Compared; readonly simulated: Compared }> {
  const scenario = drawnScenario(seed, index);
  const own = seed + index + luck * LUCK_STRIDE;
  const traffic = validationTraffic(own, Math.round(requestsPerSecond * minutes * 60), minutes / 60);
  const serve = (name: string, policy: Policy) =>
    serveLive({ scenario, policy, traffic, seed: own, speed, folder: join(folder, `${name}-${luck}`) });
  const weighted = await serve('weighted', WEIGHTED);
  // Both live runs meet the same outages at the same times: that is what is to be predicted, not other weather.
  const fitted = await fitTo(weighted.logFolder, seed, 'recorded');
  const ranked = await serve('ranked', RANKED);
  const predicted = (policy: Policy) => predict(weighted.arrived, fitted, policy, own, REPLICATES);
  return {
    live: { ranked: ranked.served, weighted: weighted.served },
    simulated: { ranked: await predicted(RANKED), weighted: await predicted(WEIGHTED) },
  };
}

function costOf({ costUsd, requests }: ServedRequests): number {
  return costUsd / requests;
}

function medianOf({ firstTokenMs }: ServedRequests): number {
  return quantile(firstTokenMs, 0.5) ?? 0;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function ratio(ranked: number, weighted: number): number {
  return ranked / weighted - 1;
}
