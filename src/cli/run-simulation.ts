/** Runs one policy over one trace for a command, with a decision log when a path for it is given. */
import type { TraceSource } from '../../datasets/index.ts';
import { collectorShape } from '../../simulator/compare/compare.ts';
import { policyRun } from '../../simulator/compare/policy-run.ts';
import { routeUses } from '../../simulator/compare/route-figures.ts';
import { RunCollector } from '../../simulator/compare/run-collector.ts';
import type { RecordedOutcomes } from '../../simulator/counterfactual/settle-from-recording.ts';
import { replay } from '../../simulator/replay/replay.ts';
import type { PolicyRun } from '../../simulator/result.ts';
import type { NamedPolicy } from '../config/load-policy.ts';
import type { LoadedScenario } from '../config/load-scenario.ts';
import { createLogWriter } from '../log/log-writer.ts';
import { CORE_VERSION } from '../router/router.ts';
import { progressBar } from './progress-bar.ts';

export interface SimulationRequest {
  readonly trace: TraceSource;
  readonly scenario: LoadedScenario;
  readonly policy: NamedPolicy;
  readonly seed: number;
  /** As in `ReplaySettings`. */
  readonly outcomes?: RecordedOutcomes | undefined;
  /** Where to write the log; it appears when the run is over, or not at all. */
  readonly logPath?: string | undefined;
}

export async function runSimulation(request: SimulationRequest): Promise<PolicyRun> {
  const { trace, seed, outcomes, logPath } = request;
  const { scenario } = request.scenario;
  const { name, policy, hash } = request.policy;
  const log = logPath === undefined ? undefined : await createLogWriter(logPath, { coreVersion: CORE_VERSION });
  const bar = progressBar(`simulate ${name}`, trace.requests);
  try {
    log?.policy({ hash, body: JSON.stringify(policy), parent: null, stage: 'active', since: 0, evidence: null });
    const run = new RunCollector(collectorShape(trace, scenario));
    const totals = await replay(trace, {
      scenario,
      policy,
      policyName: name,
      policyHash: hash,
      seed,
      observer: run,
      recorder: log,
      outcomes,
      onProgress: (rows) => bar.update(rows),
    });
    run.finish(totals.router);
    await log?.close();
    const figures = {
      ...policyRun({ name, policyHash: hash }, run, totals.router, totals.inFlight),
      ...(outcomes === undefined ? {} : { tiers: run.tiers.shares() }),
    };
    if (!run.routes.hasRouting) return figures;
    return { ...figures, stick: policy.affinity.stick, routes: routeUses(run.routes) };
  } catch (error) {
    await log?.abandon();
    throw error;
  } finally {
    bar.stop();
  }
}
