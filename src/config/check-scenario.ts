import type { ReportProblem } from './check-pool.ts';
import { keyAlias } from './expand-pool.ts';
import type { ScenarioForm } from './scenario-schema.ts';

/** What a schema cannot say of a scenario: twins, weather and faults name what the pool has, and all of it. */
export function checkScenario(scenario: ScenarioForm, report: ReportProblem): void {
  const { providers } = scenario.pool;
  const providerIds = providers.map(({ id }) => id);
  const targetIds = providers.flatMap((provider) =>
    provider.keys.flatMap((_, k) => provider.models.map(({ id }) => `${provider.id}.${keyAlias(provider, k)}.${id}`)),
  );

  checkTwins(scenario, report);
  const seen = new Set<string>();
  for (const [i, { provider }] of scenario.weather.entries()) {
    const path = ['weather', i, 'provider'];
    if (!providerIds.includes(provider)) report(path, unknownName('provider', provider, providerIds));
    if (seen.has(provider)) report(path, `the weather of "${provider}" is given twice`);
    seen.add(provider);
  }
  for (const [i, { provider, target }] of scenario.faults.entries()) {
    if (provider !== undefined && !providerIds.includes(provider)) {
      report(['faults', i, 'provider'], unknownName('provider', provider, providerIds));
    }
    if (target !== undefined && !targetIds.includes(target)) {
      report(['faults', i, 'target'], unknownName('target', target, targetIds));
    }
  }
}

function checkTwins({ pool, twins }: ScenarioForm, report: ReportProblem): void {
  for (const [i, { provider: providerId, model }] of twins.entries()) {
    const provider = pool.providers.find(({ id }) => id === providerId);
    const models = provider?.models.map(({ id }) => id) ?? [];
    if (provider === undefined) {
      const known = pool.providers.map(({ id }) => id);
      report(['twins', i, 'provider'], unknownName('provider', providerId, known));
    } else if (!models.includes(model)) {
      report(['twins', i, 'model'], unknownName(`model of ${providerId}`, model, models));
    }
    const first = twins.findIndex((twin) => twin.provider === providerId && twin.model === model);
    if (first < i) report(['twins', i], `${providerId} ${model} has a twin already (twins[${first}])`);
  }
  for (const [p, provider] of pool.providers.entries()) {
    for (const [m, model] of provider.models.entries()) {
      if (twins.some((twin) => twin.provider === provider.id && twin.model === model.id)) continue;
      report(['pool', 'providers', p, 'models', m], `${provider.id} ${model.id} has no twin; add one under twins`);
    }
  }
}

function unknownName(what: string, name: string, known: readonly string[]): string {
  return `unknown ${what} "${name}"; known: ${known.join(', ')}`;
}
