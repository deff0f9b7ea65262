/** Six pairs of traffic and scenario on which a search has to earn its keep. */
import { generateTrace, GENERATOR_PROFILES, type GeneratorInput } from '../../datasets/generator/index.ts';
import type { TraceSource } from '../../datasets/index.ts';
import type { Fault, Scenario } from '../../simulator/scenario.ts';
import { contentHash } from '../../src/config/content-hash.ts';
import { loadScenario, type LoadedScenario } from '../../src/config/load-scenario.ts';
import type { Objective } from '../../src/config/objective.ts';
import { parseObjective } from '../../src/config/objective-text.ts';

export interface TunePair {
  readonly name: string;
  readonly trace: TraceSource;
  readonly scenario: LoadedScenario;
  readonly objective: Objective;
}

const REQUESTS = 12_000;
const HOUR_MS = 3_600_000;

type Traffic = Partial<GeneratorInput> & { readonly profile: keyof typeof GENERATOR_PROFILES };

function traffic({ profile, ...changes }: Traffic, seed: number): TraceSource {
  return generateTrace({ ...GENERATOR_PROFILES[profile], hours: 2, seed, requests: REQUESTS, ...changes });
}

function withFaults(name: string, faults: readonly Fault[]): LoadedScenario {
  const { scenario, path } = loadScenario(name);
  const changed: Scenario = { ...scenario, faults: [...scenario.faults, ...faults] };
  return { scenario: changed, hash: contentHash(changed), path };
}

const FLAT = { day: { kind: 'flat' } } as const;

/** Made when they are asked for: each takes a moment. */
export function tunePairs(): readonly TunePair[] {
  const cheap = (subjectTo: string): Objective => parseObjective({ minimize: 'cost', subjectTo });
  return [
    {
      name: 'calm',
      trace: traffic({ profile: 'mixed', ...FLAT }, 11),
      scenario: loadScenario('calm-day'),
      objective: cheap('p95_first_token_ms<=3000, success>=0.99'),
    },
    {
      name: 'outage',
      trace: traffic({ profile: 'lab', hours: 1 }, 12),
      scenario: loadScenario('provider-outage'),
      objective: cheap('p95_first_token_ms<=4000, success>=0.98'),
    },
    {
      name: 'tight budget',
      trace: traffic({ profile: 'lab' }, 13),
      scenario: loadScenario('tight-budget'),
      objective: cheap('success>=0.97, budget_overshoot<=0.05'),
    },
    {
      name: 'price change',
      trace: traffic({ profile: 'chat', ...FLAT }, 14),
      // Before the middle of the train part, so that both parts know both prices.
      scenario: withFaults('calm-day', [
        { startMs: 0.6 * HOUR_MS, endMs: 2.1 * HOUR_MS, scope: 'borealis', kind: 'price', factor: 6 },
      ]),
      objective: cheap('p95_first_token_ms<=3000, success>=0.99'),
    },
    {
      name: 'bursty',
      trace: traffic(
        {
          profile: 'lab',
          gaps: { family: 'gamma', cv: 2.5 },
          bursts: { perHour: 8, meanSeconds: 60, factor: 8 },
        },
        15,
      ),
      scenario: loadScenario('calm-day'),
      objective: parseObjective({ utility: 'cost=-1,p95_first_token_ms=-0.001,success=20' }),
    },
    {
      name: 'long contexts',
      trace: traffic({ profile: 'agents', ...FLAT }, 16),
      scenario: loadScenario('calm-day'),
      objective: cheap('p95_first_token_ms<=6000, success>=0.98'),
    },
  ];
}
