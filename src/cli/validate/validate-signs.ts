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

/** One metric in one scenario: ranked / weighted - 1. */
export interface ComparedEffect {
  readonly scenario: number;
  readonly metric: 'cost' | 'first token p50';
  readonly live: number;
  readonly simulated: number;
}

export interface SignSettings {
  readonly scenarios: number;
  readonly seed: number;
  readonly speed: number;
  /** Of the providers' time. */
  readonly minutes: number;
  readonly requestsPerSecond: number;
  readonly onEffect: (effect: ComparedEffect) => void;
}

const REPLICATES = 5;
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

async function effectsIn(
  { seed, speed, minutes, requestsPerSecond }: SignSettings,
  index: number,
): Promise<readonly ComparedEffect[]> {
  const scenario = drawnScenario(seed, index);
  const traffic = validationTraffic(seed + index, Math.round(requestsPerSecond * minutes * 60), minutes / 60);
  const folder = makeTemporaryFolder('tokenpool-signs-');
  try {
    const serve = (name: string, policy: Policy) =>
      serveLive({ scenario, policy, traffic, seed: seed + index, speed, folder: join(folder, name) });
    const weighted = await serve('weighted', WEIGHTED);
    // Both live runs meet the same outages at the same times: that is what is to be predicted, not other weather.
    const fitted = await fitTo(weighted.logFolder, seed, 'recorded');
    const ranked = await serve('ranked', RANKED);
    const predicted = (policy: Policy) => predict(weighted.arrived, fitted, policy, seed + index, REPLICATES);
    const [simulatedRanked, simulatedWeighted] = [await predicted(RANKED), await predicted(WEIGHTED)];
    return [
      {
        scenario: index,
        metric: 'cost',
        live: ratio(costOf(ranked.served), costOf(weighted.served)),
        simulated: ratio(costOf(simulatedRanked), costOf(simulatedWeighted)),
      },
      {
        scenario: index,
        metric: 'first token p50',
        live: ratio(medianOf(ranked.served), medianOf(weighted.served)),
        simulated: ratio(medianOf(simulatedRanked), medianOf(simulatedWeighted)),
      },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function costOf({ costUsd, requests }: ServedRequests): number {
  return costUsd / requests;
}

function medianOf({ firstTokenMs }: ServedRequests): number {
  return quantile(firstTokenMs, 0.5) ?? 0;
}

function ratio(ranked: number, weighted: number): number {
  return ranked / weighted - 1;
}
