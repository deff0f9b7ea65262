/** Runs a comparison for a command: progress on standard error, wall time around it. */
import { performance } from 'node:perf_hooks';
import type { TraceSource } from '../../datasets/index.ts';
import { compare } from '../../simulator/compare/compare.ts';
import type { RecordedOutcomes } from '../../simulator/counterfactual/settle-from-recording.ts';
import type { Comparison } from '../../simulator/result.ts';
import type { NamedPolicy } from '../config/load-policy.ts';
import type { LoadedScenario } from '../config/load-scenario.ts';
import { progressBar } from './progress-bar.ts';

export interface ComparisonRequest {
  readonly trace: TraceSource;
  readonly scenario: LoadedScenario;
  readonly policies: readonly NamedPolicy[];
  readonly seed: number;
  /** As in `ReplaySettings`. */
  readonly outcomes?: RecordedOutcomes | undefined;
  /** The command that repeats the result, for the report. */
  readonly command: string;
}

export async function runComparison(request: ComparisonRequest): Promise<Comparison> {
  const { trace, scenario, policies, seed, outcomes, command } = request;
  const bar = progressBar('replay', trace.requests * policies.length);
  const startMs = performance.now();
  try {
    const compared = await compare({
      trace,
      scenario: scenario.scenario,
      scenarioHash: scenario.hash,
      policies,
      seed,
      outcomes,
      onProgress: (policy, rows) => {
        const done = policies.findIndex(({ name }) => name === policy) * trace.requests + rows;
        bar.update(done);
      },
    });
    const wallMs = performance.now() - startMs;
    return {
      ...compared,
      command,
      wallMs,
      requestsPerSecond: (trace.requests * policies.length * 1_000) / wallMs,
    };
  } finally {
    bar.stop();
  }
}
