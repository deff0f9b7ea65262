import * as z from 'zod';
import type { Scenario } from '../../simulator/scenario.ts';
import { checkScenario } from './check-scenario.ts';
import { closedObject } from './closed-object.ts';
import { expandPool } from './expand-pool.ts';
import { poolSchema } from './pool-schema.ts';
import { clientsSchema, faultSchema, toFault, weatherSchema } from './trouble-schema.ts';
import { toTwin, twinSchema } from './twin-schema.ts';

/** `*.scenario.yaml`: a pool, the twins that stand for its providers, and what goes wrong when. */
export const scenarioSchema = closedObject({
  name: z.string().min(1),
  description: z.string().default(''),
  pool: poolSchema,
  twins: z.array(twinSchema),
  weather: z.array(weatherSchema).default([]),
  faults: z.array(faultSchema).default([]),
  clients: clientsSchema.prefault({}),
  startHour: z.number().min(0).max(24).default(0).meta({ description: 'Hour of the day in UTC at time 0' }),
}).superRefine((scenario, context) => {
  checkScenario(scenario, (path, message) => context.addIssue({ code: 'custom', path: [...path], message }));
});

export type ScenarioForm = z.output<typeof scenarioSchema>;

/** The scenario as the simulator runs it. The form has passed {@link scenarioSchema}. */
export function expandScenario(form: ScenarioForm): Scenario {
  const pool = expandPool(form.pool);
  const twins = form.twins.map((twin) => {
    const target = pool.targets.find(({ provider, model }) => provider === twin.provider && model === twin.model);
    if (target === undefined) throw new Error(`the schema let a twin of the unknown ${twin.model} pass`);
    return toTwin(twin, target.prices);
  });
  return {
    name: form.name,
    description: form.description.trim(),
    pool,
    twins,
    weather: form.weather,
    faults: form.faults.map(toFault),
    clients: form.clients,
    startHour: form.startHour,
  };
}
