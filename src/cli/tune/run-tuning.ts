/** Runs a search for a command: threads, stored trials, progress, wall time. */
import { performance } from 'node:perf_hooks';
import type { TraceSource } from '../../../datasets/index.ts';
import { shareTrace } from '../../../datasets/shared-trace.ts';
import type { RecordedOutcomes } from '../../../simulator/counterfactual/settle-from-recording.ts';
import type { ReplayFigures } from '../../../simulator/tune/block-figures.ts';
import { scenarioVariants, type VariantSet } from '../../../simulator/tune/fault-variants.ts';
import type { RunReplays } from '../../../simulator/tune/policy-replay.ts';
import { defaultReplays, REPLAYS_MIN } from '../../../simulator/tune/search-plan.ts';
import { cutTrace, rowsOf, wholeTrain, type TraceCut } from '../../../simulator/tune/time-blocks.ts';
import { tune, type TuneProgress } from '../../../simulator/tune/tune.ts';
import type { TuningResult } from '../../../simulator/tune/tuning-result.ts';
import { BadInput } from '../../config/bad-input.ts';
import { contentHash } from '../../config/content-hash.ts';
import { BUILT_IN_POLICIES, loadPolicy, type NamedPolicy } from '../../config/load-policy.ts';
import type { LoadedScenario } from '../../config/load-scenario.ts';
import type { Objective } from '../../config/objective.ts';
import { CORE_VERSION } from '../../router/router.ts';
import { progressBar } from '../progress-bar.ts';
import { tunedKnobs } from './tuned-knobs.ts';
import { startReplayPool, type ReplayPool } from './replay-pool.ts';
import { bestText } from './tuning-text.ts';
import { openTrialStore, type SearchIdentity, type TrialStore } from './trial-store.ts';

export interface TuningRequest {
  readonly trace: TraceSource;
  readonly outcomes?: RecordedOutcomes | undefined;
  readonly scenario: LoadedScenario;
  readonly incumbent: NamedPolicy;
  readonly objective: Objective;
  readonly seed: number;
  readonly holdoutShare: number;
  readonly variants: VariantSet;
  /** Paths of the knobs to be tuned; null: the usual ones that matter for this pool and traffic. */
  readonly knobs: readonly string[] | null;
  /** Passes over the train part; null: as many as fit the length of the trace, or the time. */
  readonly replays: number | null;
  /** Wall time that the search may take; null: as long as it takes. With it the result depends on the machine. */
  readonly timeMs: number | null;
  /** Threads. */
  readonly workers: number;
  /** Where what was replayed is kept; null: nowhere. */
  readonly trialsPath: string | null;
  /** Go on with what is in that file. */
  readonly isResumed: boolean;
  /** The command that repeats the result. */
  readonly command: string;
  /** Aborted: to say what is known by then. */
  readonly signal?: AbortSignal;
}

/** A trace of fewer requests has no holdout to speak of. */
const REQUESTS_MIN = 300;
/** Of the time given, what the search takes before it comes to its last rounds. */
const SEARCH_TIME_SHARE = 0.7;
/** Of the time left after the first replay, what is planned for; and how much faster replays get once the engine knows them. */
const PLANNED_TIME_SHARE = 0.85;
const WARM_SPEED = 3;
const TIMED_REPLAYS_MAX = 2_000;

/** @throws BadInput when the trace is too short, the trials are of another search, or something cannot be read */
export async function runTuning(request: TuningRequest): Promise<TuningResult> {
  const { trace, scenario, seed, holdoutShare, variants, outcomes, workers, trialsPath, isResumed } = request;
  const startMs = performance.now();
  if (trace.requests < REQUESTS_MIN) {
    throw new BadInput(
      `${trace.name}: ${trace.requests} requests are too few to tune on and hold some back; take at least ${REQUESTS_MIN}`,
    );
  }
  const shared = await shareTrace(trace);
  const cut = cutTrace(shared.arrivalMs, holdoutShare);
  const scenarios = scenarioVariants(scenario.scenario, cut.blocks, variants, seed);
  const named = scenarios.map((each) => ({ name: each.name, sha256: contentHash(each) }));
  const store = trialsPath === null ? null : await openTrialStore(trialsPath, identityOf(request, named), isResumed);
  const recorded =
    outcomes === undefined ? null : { path: outcomes.recording.name, mode: outcomes.mode, shiftMs: outcomes.shiftMs };
  let pool: ReplayPool | null = null;
  const interrupt = (): void => pool?.interrupt();
  try {
    pool = await startReplayPool({ trace: shared, scenarios, recorded }, workers);
    request.signal?.addEventListener('abort', interrupt);
    if (request.signal?.aborted === true) interrupt();
    const run = storedRuns(pool, store);
    const found = await search(request, { arrivalsMs: shared.arrivalMs, cut, scenarios: named, run, startMs });
    await store?.writeTrials(found.trials);
    return { ...found, command: request.command, wallMs: performance.now() - startMs };
  } finally {
    request.signal?.removeEventListener('abort', interrupt);
    await pool?.close();
    store?.close();
  }
}

interface Search {
  readonly arrivalsMs: Float64Array;
  readonly cut: TraceCut;
  readonly scenarios: TuningResult['scenarios'];
  readonly run: RunReplays;
  readonly startMs: number;
}

async function search(request: TuningRequest, { run, startMs, cut, ...rest }: Search) {
  const { trace, incumbent, scenario, objective, seed, holdoutShare, timeMs } = request;
  const first = await firstLook(request, cut, run);
  const knobs = tunedKnobs(request.knobs, scenario.scenario.pool, first.figures);
  const replays = request.replays ?? replaysIn(request, cut, first.rowsPerSecond, performance.now() - startMs);
  const bar = progressBar('tune', replays * cut.trainRows);
  const isLate = (): boolean => timeMs !== null && performance.now() - startMs > timeMs * SEARCH_TIME_SHARE;
  const tell = ({ phase, replayedRows, best }: TuneProgress): void =>
    bar.update(
      Math.min(replayedRows, replays * cut.trainRows),
      `${phase}${best === null ? '' : `, ${bestText(best, objective)}`}`,
    );
  try {
    const { name, sha256, requests, spanMs } = trace;
    const [defaultPolicy, ...baselines] = BUILT_IN_POLICIES.map(loadPolicy);
    return await tune({
      ...rest,
      trace: { name, sha256, requests, spanMs },
      cut,
      holdoutShare,
      incumbent,
      defaultPolicy: defaultPolicy!,
      baselines,
      knobs,
      objective,
      seed,
      replays,
      run,
      shouldStop: isLate,
      onProgress: tell,
    });
  } finally {
    bar.stop();
  }
}

/** The incumbent's own replay says which classes the traffic has, and how long a replay takes. */
async function firstLook(
  { incumbent, seed }: TuningRequest,
  cut: TraceCut,
  run: RunReplays,
): Promise<{ readonly figures: ReplayFigures; readonly rowsPerSecond: number }> {
  const stretch = wholeTrain(cut);
  const startMs = performance.now();
  const [figures] = await run([
    { policy: incumbent.policy, policyHash: incumbent.hash, variant: 0, seed, stretch, blocks: 1 },
  ]);
  const seconds = (performance.now() - startMs) / 1_000;
  return { figures: figures!, rowsPerSecond: rowsOf(stretch) / Math.max(1e-3, seconds) };
}

function replaysIn(
  { timeMs, workers }: TuningRequest,
  { trainRows }: TraceCut,
  rowsPerSecond: number,
  elapsedMs: number,
): number {
  if (timeMs === null) return defaultReplays(trainRows);
  const seconds = (PLANNED_TIME_SHARE * Math.max(0, timeMs - elapsedMs)) / 1_000;
  const replays = Math.floor((seconds * rowsPerSecond * WARM_SPEED * workers) / trainRows);
  return Math.min(TIMED_REPLAYS_MAX, Math.max(REPLAYS_MIN, replays));
}

/** Replays by the pool, except for those that are in the store; what is new goes there. */
function storedRuns(pool: ReplayPool, store: TrialStore | null): RunReplays {
  return async (replays) => {
    const known = replays.map((replay) => store?.find(replay) ?? null);
    const missing = replays.filter((_, index) => known[index] === null);
    let figures: readonly ReplayFigures[];
    try {
      figures = await pool.run(missing, (replay, ofReplay) => store?.add(replay, ofReplay));
    } finally {
      await store?.flush();
    }
    let next = 0;
    return known.map((found) => found ?? figures[next++]!);
  };
}

function identityOf(request: TuningRequest, scenarios: TuningResult['scenarios']): SearchIdentity {
  const { trace, incumbent, objective, seed, holdoutShare, knobs, outcomes } = request;
  return {
    trace: trace.sha256,
    scenarios: scenarios.map(({ sha256 }) => sha256),
    incumbent: incumbent.hash,
    objective,
    seed,
    holdout: holdoutShare,
    knobs,
    outcomes: outcomes === undefined ? null : { mode: outcomes.mode, attempts: outcomes.recording.rows },
    core: CORE_VERSION,
  };
}
