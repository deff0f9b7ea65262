import type { Fault, Scenario } from '../scenario.ts';
import type { WeatherState } from '../twins/weather.ts';
import type { TargetTally } from './target-tally.ts';
import type { TwinDirectory } from './twin-directory.ts';
import type { TwinRun } from './twin-run.ts';

/** What `GET /twins` tells. Times in scenario ms; counts since the start or the last reset. */
export interface TwinStatus {
  readonly scenario: string;
  readonly seed: number;
  readonly speed: number;
  readonly nowMs: number;
  /** Requests that are being answered now. */
  readonly open: number;
  /** Requests refused before any twin saw them (unknown key, path or model, bad body), by status. */
  readonly refused: Readonly<Record<string, number>>;
  readonly providers: readonly {
    readonly id: string;
    readonly baseUrl: string;
    /** By chance; scheduled faults are not part of it. */
    readonly weather: WeatherState;
    /** Scheduled faults that are on now, of the provider or of one of its targets. */
    readonly faults: readonly Fault[];
    readonly models: readonly string[];
    readonly keys: readonly { readonly alias: string; readonly secret: string }[];
    readonly targets: readonly (TargetTally & { readonly target: string; readonly inFlight: number })[];
  }[];
}

/** @param baseUrls by provider, in the order of the directory */
export function twinStatus(
  scenario: Scenario,
  directory: TwinDirectory,
  baseUrls: readonly string[],
  run: TwinRun,
  open: number,
): TwinStatus {
  const nowMs = run.clock.nowMs();
  return {
    scenario: scenario.name,
    seed: run.seed,
    speed: run.clock.speed,
    nowMs,
    open,
    refused: { ...run.refused },
    providers: directory.providers.map((provider, place) => {
      const own = provider.keys.flatMap(({ targetByModel }) => [...targetByModel.values()]);
      const scopes = [provider.id, ...own.map((index) => directory.targetIds[index]!)];
      return {
        id: provider.id,
        baseUrl: baseUrls[place]!,
        weather: run.fleet.weather(own[0]!, nowMs),
        faults: scenario.faults.filter(
          ({ scope, startMs, endMs }) => scopes.includes(scope) && startMs <= nowMs && nowMs < endMs,
        ),
        models: provider.models,
        keys: provider.keys.map(({ alias, secret }) => ({ alias, secret })),
        targets: own.map((index) => ({
          target: directory.targetIds[index]!,
          inFlight: run.fleet.inFlight(index),
          ...structuredClone(run.tallies[index]!),
        })),
      };
    }),
  };
}
