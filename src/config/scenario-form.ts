/** The way back: a scenario as the data that a user would have written. */
import type { Fault, Scenario, TwinDefinition } from '../../simulator/scenario.ts';
import { poolFormOf, type PlainForm } from './pool-form.ts';

/** What `scenarioSchema` and `expandScenario` turn into this scenario again; see `poolFormOf` for what a pool leaves out. */
export function scenarioFormOf(scenario: Scenario): PlainForm {
  const { name, description, pool, twins, weather, faults, clients, startHour } = scenario;
  return {
    name,
    ...(description === '' ? {} : { description }),
    ...(startHour === 0 ? {} : { startHour }),
    pool: poolFormOf(pool),
    twins: twins.map(twinFormOf),
    ...(weather.length === 0 ? {} : { weather }),
    ...(faults.length === 0 ? {} : { faults: faults.map((fault) => faultFormOf(fault, scenario)) }),
    clients,
  };
}

function twinFormOf({ provider, model, prices, ...twin }: TwinDefinition): PlainForm {
  const { drift, hourFactors, ...firstToken } = twin.firstToken;
  return {
    provider,
    model,
    ...twin,
    firstToken: {
      ...firstToken,
      ...(drift === null ? {} : { drift }),
      ...(hourFactors === null ? {} : { hourFactors }),
    },
    // Micro-USD per token are USD per million tokens.
    prices: {
      inputUsdPerMillion: prices.inputMicroUsdPerToken,
      outputUsdPerMillion: prices.outputMicroUsdPerToken,
      cacheReadUsdPerMillion: prices.cacheReadMicroUsdPerToken,
      cacheWriteUsdPerMillion: prices.cacheWriteMicroUsdPerToken,
      billsAborted: prices.billsAborted,
    },
  };
}

function faultFormOf({ startMs, endMs, scope, ...what }: Fault, { pool }: Scenario): PlainForm {
  const isProvider = pool.providers.some(({ id }) => id === scope);
  return { from: startMs, to: endMs, ...(isProvider ? { provider: scope } : { target: scope }), ...what };
}
