/** The whole loop: serve, verify, calibrate, compare, tune, promote while serving again, measure. */
import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { importTokenPool, importTrace } from '../../../datasets/importers/index.ts';
import type { TraceSource } from '../../../datasets/index.ts';
import type { LabPromotion, LabResult } from '../../../reports/lab/lab-result.ts';
import type { Comparison } from '../../../simulator/result.ts';
import type { TrafficResult } from '../../../simulator/traffic/traffic-result.ts';
import type { TuningResult } from '../../../simulator/tune/tuning-result.ts';
import { loadPolicy, type NamedPolicy } from '../../config/load-policy.ts';
import { loadScenario, type LoadedScenario } from '../../config/load-scenario.ts';
import { openLog } from '../../log/log-reader.ts';
import { verifyLog, type ParityResult } from '../../log/parity.ts';
import { STATE_FILE } from '../../policies/promotion-store.ts';
import type { LiveStage } from '../live-stage.ts';
import { progressBar } from '../progress-bar.ts';
import { measureForReport } from '../promotion/measured-report.ts';
import { readTrace } from '../read-inputs.ts';
import { runCalibration } from '../run-calibration.ts';
import { runComparison } from '../run-comparison.ts';
import { evidenceOf, writeCandidate } from '../tune/candidate-file.ts';
import { runTuning } from '../tune/run-tuning.ts';
import { writeJsonFile } from '../write-json-file.ts';
import { exploringPolicy, type LivePolicy } from './exploring-policy.ts';
import { labObjective } from './lab-objective.ts';
import { promoteLive } from './promote-live.ts';
import { halveTraffic } from './traffic-halves.ts';

export interface LabRequest {
  readonly tracePath: string;
  /** What the twins are, which the loop does not know. */
  readonly scenarioName: string;
  /** The first one goes live, exploring. */
  readonly policies: readonly NamedPolicy[];
  /** What they are called on a command line. */
  readonly policyPaths: readonly string[];
  /** Share of the decisions, 0 to 1, that the policy which goes live leaves to chance at least. */
  readonly explore: number;
  readonly seed: number;
  readonly speed: number;
  /** In each of the two live runs. */
  readonly requestsMax: number;
  /** Folder for all files. */
  readonly out: string;
  readonly command: string;
  /** Takes what each step came to. */
  readonly onStep: (step: LabStep) => void;
}

export type LabStep =
  | { readonly name: 'trace'; readonly trace: TraceSource }
  | { readonly name: 'live' | 'live again'; readonly traffic: TrafficResult; readonly configPath: string }
  | { readonly name: 'verify'; readonly parity: ParityResult; readonly logFolder: string }
  | { readonly name: 'calibrate'; readonly twinsPath: string; readonly holdoutAttempts: number }
  | { readonly name: 'compare'; readonly comparison: Comparison }
  | { readonly name: 'tune'; readonly tuning: TuningResult; readonly candidatePath: string | null }
  | { readonly name: 'promote'; readonly promotion: LabPromotion | null };

export interface LabRun {
  readonly result: LabResult;
  readonly parity: ParityResult;
  readonly files: Readonly<Record<string, string | null>>;
}

/** Enough to find what there is to be found in a log of some thousand requests, within seconds. */
const REPLAYS = 400;
const HOLDOUT_SHARE = 0.3;

export async function runLab(request: LabRequest): Promise<LabRun> {
  const startMs = performance.now();
  const { onStep, out, seed, speed, command, scenarioName } = request;
  const whole = await readTrace(request.tracePath);
  onStep({ name: 'trace', trace: whole });
  const { first, second } = await halveTraffic(whole, request.requestsMax);
  const live = await exploringPolicy(request.policies[0]!, request.explore, request.policyPaths[0]!, out);
  const incumbent = live.policy;
  const { scenario } = loadScenario(scenarioName);
  const folder = join(out, 'live');
  // A log of an earlier lab would go on where that one ended; this one begins anew.
  await rm(folder, { recursive: true, force: true });
  // Proxy and providers are loaded by whoever runs them, not by every other command.
  const { openLiveStage } = await import('../live-stage.ts');
  const stage = await openLiveStage({ trace: whole, scenario, policy: incumbent, seed, speed, folder });
  try {
    await stage.startProxy();
    const before = await sent('live', first, (onProgress) => stage.send(first, onProgress));
    await stage.stopProxy();
    onStep({ name: 'live', traffic: before, configPath: stage.configPath });
    const parityBefore = await parityOf(stage.logFolder);
    onStep({ name: 'verify', parity: parityBefore, logFolder: stage.logFolder });
    const logged = await loggedTrace(stage.logFolder, join(out, 'logged.parquet'));
    const twins = await fitted(request, stage.logFolder);
    onStep({
      name: 'calibrate',
      twinsPath: twins.path,
      holdoutAttempts: twins.calibration.split.holdout.rows,
    });
    const comparison = await compared(request, live, logged, twins.path);
    onStep({ name: 'compare', comparison });
    const { tuning, candidatePath } = await tuned(request, logged, twins.path, live, comparison);
    onStep({ name: 'tune', tuning, candidatePath });
    const again = candidatePath === null ? null : await promoted(request, stage, second, candidatePath, logged);
    if (again !== null) onStep({ name: 'live again', traffic: again.traffic, configPath: stage.configPath });
    onStep({ name: 'promote', promotion: again?.promotion ?? null });
    const parity = again === null ? parityBefore : await parityOf(stage.logFolder);
    const result: LabResult = {
      kind: 'lab',
      scenario: scenarioName,
      speed,
      served: [
        servedAs(incumbent.name, before),
        ...(again === null ? [] : [servedAs(again.promotion.policyName, again.traffic)]),
      ],
      parity: { decisions: parity.decisions, identical: parity.identical },
      calibration: twins.calibration,
      comparison,
      tuning,
      promotion: again?.promotion ?? null,
      command,
      wallMs: performance.now() - startMs,
    };
    const files = {
      trace: request.tracePath,
      logged: logged.name,
      log: stage.logFolder,
      twins: twins.path,
      calibration: twins.resultPath,
      result: join(out, 'comparison.json'),
      tuning: join(out, 'tuning.json'),
      candidate: candidatePath,
      promotion: again?.promotionPath ?? null,
    };
    return { result, parity, files };
  } finally {
    await stage.close();
  }
}

async function sent(
  label: string,
  trace: TraceSource,
  send: (onProgress: (rows: number) => void) => Promise<TrafficResult>,
): Promise<TrafficResult> {
  const bar = progressBar(label, trace.requests);
  try {
    return await send((rows) => bar.update(rows));
  } finally {
    bar.stop();
  }
}

function servedAs(policy: string, { sent: requests, outcomes, wallMs }: TrafficResult): LabResult['served'][number] {
  return { policy, sent: requests, answered: outcomes.success, wallMs };
}

async function parityOf(logPath: string): Promise<ParityResult> {
  const reader = await openLog(logPath);
  try {
    return await verifyLog(reader);
  } finally {
    reader.close();
  }
}

async function loggedTrace(logFolder: string, path: string): Promise<TraceSource> {
  await importTrace((rejects) => importTokenPool([logFolder], {}, rejects), {
    out: path,
    skipBadRows: false,
    rebase: true,
  });
  return readTrace(path);
}

async function fitted({ out, seed }: LabRequest, logFolder: string) {
  const path = join(out, 'fitted.scenario.yaml');
  const resultPath = join(out, 'calibration.json');
  const command = `tokenpool calibrate ${logFolder} --out ${path} --result ${resultPath} --seed ${seed}`;
  const { calibration } = await runCalibration({
    path: logFolder,
    out: path,
    pool: null,
    trouble: 'weather',
    seed,
    command,
  });
  await writeJsonFile(resultPath, calibration);
  return { path, resultPath, calibration };
}

async function compared(
  request: LabRequest,
  live: LivePolicy,
  logged: TraceSource,
  twinsPath: string,
): Promise<Comparison> {
  const { seed, out } = request;
  const policies = [live.policy, ...request.policies.slice(1)];
  const paths = [live.path, ...request.policyPaths.slice(1)].join(',');
  const command = `tokenpool compare ${logged.name} --scenario ${twinsPath} --policies ${paths} --seed ${seed}`;
  const comparison = await runComparison({ trace: logged, scenario: loadScenario(twinsPath), policies, seed, command });
  await writeJsonFile(join(out, 'comparison.json'), comparison);
  return comparison;
}

async function tuned(
  { seed, out }: LabRequest,
  logged: TraceSource,
  twinsPath: string,
  { policy: incumbent, path: incumbentPath }: LivePolicy,
  comparison: Comparison,
): Promise<{ readonly tuning: TuningResult; readonly candidatePath: string | null }> {
  const scenario: LoadedScenario = loadScenario(twinsPath);
  const objective = labObjective(comparison.policies[0]!);
  const path = join(out, 'candidate.policy.yaml');
  // That of an earlier lab would be taken for one of this.
  await rm(path, { force: true });
  const limits = objective.subjectTo.map(({ metric, comparison: sign, limit }) => `${metric}${sign}${limit}`).join(',');
  const tuning = await runTuning({
    trace: logged,
    scenario,
    incumbent,
    objective,
    seed,
    holdoutShare: HOLDOUT_SHARE,
    variants: 'faults',
    knobs: null,
    replays: REPLAYS,
    timeMs: null,
    workers: Math.min(2, availableParallelism()),
    trialsPath: null,
    isResumed: false,
    command: `tokenpool tune ${logged.name} --twins ${twinsPath} --policy ${incumbentPath} --minimize cost --subject-to "${limits}" --replays ${REPLAYS} --seed ${seed}`,
  });
  await writeJsonFile(join(out, 'tuning.json'), tuning);
  if (tuning.verdict !== 'better') return { tuning, candidatePath: null };
  await writeCandidate(path, tuning, evidenceOf(tuning, scenario.scenario.pool, Date.now()));
  return { tuning, candidatePath: path };
}

async function promoted(
  { seed }: LabRequest,
  stage: LiveStage,
  trace: TraceSource,
  candidatePath: string,
  logged: TraceSource,
) {
  let run: Awaited<ReturnType<typeof promoteLive>> | null = null;
  const traffic = await sent('live again', trace, async (onProgress) => {
    run = await promoteLive(stage, trace, loadPolicy(candidatePath), onProgress);
    return run.traffic;
  });
  const { promotion: kept } = run!;
  const promotionPath = join(stage.logFolder, STATE_FILE);
  const hasServed = kept.stage === 'active' || kept.stage === 'retired';
  const measured = hasServed
    ? await measureForReport({
        path: promotionPath,
        id: kept.id,
        log: stage.logFolder,
        trace: logged.name,
        seed,
      })
    : null;
  const { id, policyName, stage: end, transitions } = kept;
  const promotion: LabPromotion = { id, policyName, stage: end, why: transitions.at(-1)?.why ?? '', measured };
  return { traffic, promotion, promotionPath };
}
