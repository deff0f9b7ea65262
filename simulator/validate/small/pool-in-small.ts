/** Scenarios and rows of a few lines each, as a base from which each check and each test changes what it is about. */
import type { TraceRow } from '../../../datasets/trace.ts';
import type { BudgetRule, ClientKeyDefinition, KeyDefinition, TargetDefinition } from '../../../src/router/pool.ts';
import type { Scenario, TwinDefinition } from '../../scenario.ts';
import { STEADY_TWIN } from './small-scenario.ts';

/** One target with a key and a twin of its own. */
export interface TargetInSmall {
  /** `provider.alias.model` */
  readonly id: string;
  readonly twin?: Partial<TwinDefinition>;
  readonly concurrencyLimit?: number | null;
  readonly queueLimit?: number;
  readonly budgets?: readonly BudgetRule[];
}

export type ScenarioChanges = Partial<Pick<Scenario, 'weather' | 'faults'>> & {
  readonly clients?: Partial<Scenario['clients']>;
  readonly clientKeys?: readonly ClientKeyDefinition[];
};

/** A scenario of these targets. Twins are those of the first target of their model at their provider. */
export function scenarioOf(targets: readonly TargetInSmall[], changes: ScenarioChanges = {}): Scenario {
  const providers = [...new Set(targets.map(({ id }) => partsOf(id).provider))];
  const keys = new Map<string, KeyDefinition>();
  const twins = new Map<string, TwinDefinition>();
  for (const { id, twin, concurrencyLimit = null, queueLimit = 0 } of targets) {
    const { provider, key, model } = partsOf(id);
    if (!keys.has(key)) keys.set(key, { id: key, provider, concurrencyLimit, queueLimit, budgets: [] });
    const name = `${provider} ${model}`;
    if (!twins.has(name)) twins.set(name, { ...STEADY_TWIN, ...twin, provider, model });
  }
  return {
    name: 'in-small',
    description: '',
    pool: {
      targets: targets.map(targetDefinition),
      keys: [...keys.values()],
      providers: providers.map((id) => ({ id, budgets: [] })),
      clientKeys: changes.clientKeys ?? [],
      modelAliases: {},
      routing: null,
    },
    twins: [...twins.values()],
    weather: changes.weather ?? [],
    faults: changes.faults ?? [],
    clients: { ...PATIENT, ...changes.clients },
    startHour: 0,
  };
}

const PATIENT: Scenario['clients'] = {
  firstTokenTimeoutMs: null,
  totalTimeoutMs: null,
  sessions: 'open',
  thinkTime: { medianMs: 1, sigma: 0 },
};

function targetDefinition({ id, twin, budgets = [] }: TargetInSmall): TargetDefinition {
  const { provider, key, model } = partsOf(id);
  const { billsAborted: _billsAborted, ...prices } = twin?.prices ?? STEADY_TWIN.prices;
  return {
    id,
    provider,
    key,
    model,
    contextTokens: 200_000,
    maxOutputTokens: 8_192,
    capabilities: { tools: true, vision: true, streaming: true, serverTools: true },
    protocols: [],
    prices,
    budgets,
    disabled: false,
    inlineVision: false,
  };
}

function partsOf(id: string): { provider: string; key: string; model: string } {
  const [provider, alias, model] = id.split('.') as [string, string, string];
  return { provider, key: `${provider}.${alias}`, model };
}

/** A request with 1,000 tokens in and 101 out: on a steady twin 100 ms to the first token, 1,100 to the last. */
export function rowAt(arrivalMs: number, index: number, changes: Partial<TraceRow> = {}): TraceRow {
  return {
    requestId: `r${1_000_000 + index}`,
    arrivalMs,
    clientKey: 'team',
    sessionId: null,
    protocol: 'openai',
    model: 'auto',
    declaredClass: null,
    declaredPriority: null,
    inputTokens: 1_000,
    outputTokens: 101,
    maxOutputTokens: null,
    stream: true,
    hasTools: false,
    hasImage: false,
    prefixBlocks: null,
    steering: null,
    recorded: null,
    ...changes,
  };
}
