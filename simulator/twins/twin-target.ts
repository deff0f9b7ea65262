import { BadInput } from '../../src/config/bad-input.ts';
import { hashText } from '../../src/router/keyed-draw.ts';
import type { Scenario, TwinDefinition } from '../scenario.ts';
import { createDrift, type Drift } from './drift.ts';
import { createFaultSchedule, type FaultSchedule } from './fault-schedule.ts';
import { createFirstToken } from './first-token.ts';
import { createHourFactor } from './hour-factor.ts';
import { createPricing, type Pricing } from './pricing.ts';
import { createRateLimit, type RateLimit } from './rate-limit.ts';
import { createWeather, type Weather } from './weather.ts';

/** One target with its twin's parameters made ready for the hot path. */
export interface TwinTarget {
  readonly index: number;
  /** `hashText` of the id. */
  readonly hash: number;
  readonly firstToken: ReturnType<typeof createFirstToken>;
  /** Shared by all keys of the model. */
  readonly drift: Drift;
  readonly hourFactor: (nowMs: number) => number;
  readonly coldStart: TwinDefinition['coldStart'];
  readonly interToken: TwinDefinition['interToken'];
  readonly promptCache: TwinDefinition['promptCache'];
  readonly pricing: Pricing;
  /** `null`: not limited. Of this key alone. */
  readonly rateLimit: RateLimit | null;
  readonly saysRetryAfter: boolean;
  /** Ranges of one draw: below the first a connect timeout, then a server error, then an abort. */
  readonly connectTimeoutBelow: number;
  readonly serverErrorBelow: number;
  readonly abortBelow: number;
  /** Shared by all targets of the provider. */
  readonly weather: Weather;
  readonly downFailureProbability: number;
  readonly degradedFailureProbability: number;
  readonly degradedLatencyFactor: number;
  readonly faults: FaultSchedule;
  /** Shared by all keys of the model. */
  readonly load: { inFlight: number };
}

const FAIR: Weather = () => 'up';

/** One entry per id, in their order. Throws BadInput for a target that is not in the pool or has no twin. */
export function createTwinTargets(
  scenario: Scenario,
  targetIds: readonly string[],
  seed: number,
): readonly TwinTarget[] {
  const weathers = new Map(
    scenario.weather.map((definition) => [definition.provider, { definition, now: createWeather(definition, seed) }]),
  );
  const shared = new Map(
    scenario.twins.map((twin) => [
      twin,
      {
        load: { inFlight: 0 },
        drift: createDrift(twin.firstToken.drift, seed, hashText(`${twin.provider} ${twin.model}`)),
        hourFactor: createHourFactor(twin.firstToken.hourFactors, scenario.startHour),
      },
    ]),
  );

  return targetIds.map((id, index) => {
    const target = scenario.pool.targets.find((each) => each.id === id);
    if (target === undefined) throw new BadInput(`scenario ${scenario.name}: there is no target ${id} in its pool`);
    const { provider, model } = target;
    const twin = scenario.twins.find((each) => each.provider === provider && each.model === model);
    const ofTwin = twin && shared.get(twin);
    if (twin === undefined || ofTwin === undefined) {
      throw new BadInput(`scenario ${scenario.name}: ${provider} ${model} has no twin; add one under twins`);
    }
    const weather = weathers.get(provider);
    const { connectTimeout, serverError, midStreamAbort } = twin.errors;
    return {
      index,
      hash: hashText(id),
      firstToken: createFirstToken(twin.firstToken),
      drift: ofTwin.drift,
      hourFactor: ofTwin.hourFactor,
      coldStart: twin.coldStart,
      interToken: twin.interToken,
      promptCache: twin.promptCache,
      pricing: createPricing(twin.prices),
      rateLimit: createRateLimit(twin.rateLimit),
      saysRetryAfter: twin.rateLimit.retryAfter,
      connectTimeoutBelow: connectTimeout,
      serverErrorBelow: connectTimeout + serverError,
      abortBelow: connectTimeout + serverError + midStreamAbort,
      weather: weather?.now ?? FAIR,
      downFailureProbability: weather?.definition.down.failureProbability ?? 0,
      degradedFailureProbability: weather?.definition.degraded.failureProbability ?? 0,
      degradedLatencyFactor: weather?.definition.degraded.latencyFactor ?? 1,
      faults: createFaultSchedule(scenario.faults, id, provider),
      load: ofTwin.load,
    };
  });
}
