/** The simulator against the doubly robust estimate: logs of simulated runs, the same policies run and estimated. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { memoryTrace, type TraceSource } from '../../../datasets/index.ts';
import { estimateLog } from '../../../simulator/estimate/estimate-log.ts';
import type { PolicyEstimate } from '../../../simulator/estimate/policy-estimate.ts';
import { replay } from '../../../simulator/replay/replay.ts';
import type { Scenario } from '../../../simulator/scenario.ts';
import type { Check } from '../../../simulator/validate/check.ts';
import {
  agreementChecks,
  agreementsOf,
  refusalCheck,
  type Agreement,
} from '../../../simulator/validate/estimators/estimator-checks.ts';
import {
  FirstChoiceCollector,
  type FirstChoiceOutcomes,
} from '../../../simulator/validate/estimators/first-choice-outcomes.ts';
import { independentRequests } from '../../../simulator/validate/estimators/independent-requests.ts';
import { policyHash } from '../../config/load-policy.ts';
import { createLogWriter } from '../../log/log-writer.ts';
import { openLog } from '../../log/log-reader.ts';
import { CORE_VERSION, type Policy } from '../../router/index.ts';
import {
  DETERMINISTIC,
  estimatorCases,
  FAR_AWAY,
  NEARLY_DETERMINISTIC,
  RANDOMISED,
  type EstimatorCase,
} from './estimator-cases.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';

const REQUESTS = 6_000;
const QUICK_REQUESTS = 2_500;
/** Runs of a simulated policy, each with luck that is neither the log's nor another's. */
const REPLICATES = 20;
const METRICS = ['successRatio', 'costUsdPer1kRequests', 'firstTokenMs'] as const;

/** Quick: the first case alone, with fewer requests. */
export async function validateEstimators(seed: number, isQuick: boolean): Promise<readonly Check[]> {
  const folder = makeTemporaryFolder('tokenpool-validate-');
  try {
    const agreements: Agreement[] = [];
    const cases = estimatorCases().slice(0, isQuick ? 1 : undefined);
    for (const [index, one] of cases.entries()) {
      agreements.push(...(await agreementsIn(one, join(folder, `${index}.duckdb`), seed * 10 + index, isQuick)));
    }
    return [...agreementChecks(agreements), ...(await refusals(cases[0]!, folder, seed))];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function agreementsIn(
  { name, scenario, gapMs, judged }: EstimatorCase,
  path: string,
  seed: number,
  isQuick: boolean,
): Promise<readonly Agreement[]> {
  const trace = memoryTrace(independentRequests(isQuick ? QUICK_REQUESTS : REQUESTS, gapMs, seed), name);
  await writeLog(path, trace, scenario, RANDOMISED, seed);
  const agreements: Agreement[] = [];
  for (const { name: policyName, policy } of judged) {
    const estimate = await estimated(path, policyName, policy, seed);
    const simulated = await simulatedMean(trace, scenario, policy, seed);
    agreements.push(...agreementsOf(`${name}, ${policyName}`, estimate, simulated));
  }
  return agreements;
}

async function refusals({ scenario, gapMs }: EstimatorCase, folder: string, seed: number): Promise<readonly Check[]> {
  const trace = memoryTrace(independentRequests(QUICK_REQUESTS, gapMs, seed), 'refused');
  const [deterministic, nearly] = [join(folder, 'deterministic.duckdb'), join(folder, 'nearly.duckdb')];
  await writeLog(deterministic, trace, scenario, DETERMINISTIC, seed);
  await writeLog(nearly, trace, scenario, NEARLY_DETERMINISTIC, seed);
  return [
    refusalCheck('a log that left nothing to chance', await estimated(deterministic, 'random', FAR_AWAY, seed)),
    refusalCheck('a policy far from the log’s', await estimated(nearly, 'random', FAR_AWAY, seed)),
  ];
}

async function writeLog(
  path: string,
  trace: TraceSource,
  scenario: Scenario,
  policy: Policy,
  seed: number,
): Promise<void> {
  const log = await createLogWriter(path, { coreVersion: CORE_VERSION });
  try {
    await replay(trace, { scenario, policy, seed, observer: new FirstChoiceCollector(), recorder: log });
    await log.close();
  } catch (error) {
    await log.abandon();
    throw error;
  }
}

async function estimated(path: string, policyName: string, policy: Policy, seed: number): Promise<PolicyEstimate> {
  const reader = await openLog(path);
  try {
    return await estimateLog(reader, { policy, policyName, policyHash: policyHash(policy), metrics: METRICS, seed });
  } finally {
    reader.close();
  }
}

async function simulatedMean(
  trace: TraceSource,
  scenario: Scenario,
  policy: Policy,
  seed: number,
): Promise<FirstChoiceOutcomes> {
  const runs: FirstChoiceOutcomes[] = [];
  for (let replicate = 1; replicate <= REPLICATES; replicate++) {
    const observer = new FirstChoiceCollector();
    await replay(trace, { scenario, policy, seed: seed + replicate * 1_000_003, observer });
    runs.push(observer.outcomes());
  }
  const mean = (of: (run: FirstChoiceOutcomes) => number): number =>
    runs.reduce((sum, run) => sum + of(run), 0) / runs.length;
  return {
    successRatio: mean((run) => run.successRatio),
    costUsdPer1kRequests: mean((run) => run.costUsdPer1kRequests),
    firstTokenMs: mean((run) => run.firstTokenMs),
  };
}
