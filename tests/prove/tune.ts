/**
 * What `tune` finds against the default policy, the baselines and random search, on the part of the trace that none of them
 * saw and with luck that none of them met.
 */
import type { TraceSource } from '../../datasets/index.ts';
import { shareTrace } from '../../datasets/shared-trace.ts';
import { randomCandidates } from '../../simulator/tune/candidates.ts';
import { race } from '../../simulator/tune/final-race.ts';
import { keepingGain, utilityGain, type Resampled } from '../../simulator/tune/metric-bootstrap.ts';
import { utilityOf, violationOf } from '../../simulator/tune/objective-value.ts';
import type { RunReplays } from '../../simulator/tune/policy-replay.ts';
import { createSearchSpace } from '../../simulator/tune/search-space.ts';
import { cutTrace, holdoutStretch, rowsOf, wholeTrain, type TraceCut } from '../../simulator/tune/time-blocks.ts';
import { byStanding, searchRungs, TrialBook, type Candidate } from '../../simulator/tune/trial-book.ts';
import { startReplayPool } from '../../src/cli/tune/replay-pool.ts';
import { runTuning, type TuningRequest } from '../../src/cli/tune/run-tuning.ts';
import { BUILT_IN_POLICIES, loadPolicy, policyHash } from '../../src/config/load-policy.ts';
import type { LoadedScenario } from '../../src/config/load-scenario.ts';
import type { Objective } from '../../src/config/objective.ts';
import type { Policy } from '../../src/router/policy.ts';
import { holds, type Proof } from './proof.ts';
import { tunePairs, type TunePair } from './tune-pairs.ts';

const WORKERS = 2;
/** What a trace of this length gets by default. */
const REPLAYS = 400;
const HOLDOUT = 0.3;
const SEED = 1;
/** Luck that neither search has met. */
const JUDGE_SEEDS = [901, 902, 903] as const;
const BETTER_THAN_RANDOM_MIN = 5;

export const tune: Proof = {
  name: 'tune',
  about: 'six pairs of traffic and scenario: tuned against the default, the baselines and random search',
  run: async (report) => {
    let ahead = 0;
    const pairs = tunePairs();
    for (const pair of pairs) {
      const { check, isAheadOfRandom } = await judgePair(pair);
      report(check);
      if (isAheadOfRandom) ahead++;
    }
    report(
      holds(
        'better than random search with as many replays',
        `on ${ahead} of ${pairs.length} pairs`,
        `>= ${BETTER_THAN_RANDOM_MIN} of ${pairs.length}`,
        ahead >= BETTER_THAN_RANDOM_MIN,
      ),
    );
  },
};

function requestFor(trace: TraceSource, scenario: LoadedScenario, objective: Objective): TuningRequest {
  return {
    trace,
    scenario,
    objective,
    incumbent: loadPolicy('ranked'),
    seed: SEED,
    holdoutShare: HOLDOUT,
    variants: 'faults',
    knobs: null,
    replays: REPLAYS,
    timeMs: null,
    workers: WORKERS,
    trialsPath: null,
    isResumed: false,
    command: '',
  };
}

interface Judged {
  readonly name: string;
  readonly resampled: Resampled;
}

async function judgePair({ name, trace, scenario, objective }: TunePair) {
  const result = await runTuning(requestFor(trace, scenario, objective));
  const shared = await shareTrace(trace);
  const cut = cutTrace(shared.arrivalMs, HOLDOUT);
  const pool = await startReplayPool({ trace: shared, scenarios: [scenario.scenario], recorded: null }, WORKERS);
  const run: RunReplays = (replays) => pool.run(replays, () => undefined);
  try {
    const incumbent = loadPolicy('ranked').policy;
    // What tune does not promote is not put in the place of the incumbent.
    const tuned = result.verdict === 'better' ? result.candidate!.policy : incumbent;
    const budgetRows = result.replayedRequests;
    const random = await randomSearch({ cut, arrivalsMs: shared.arrivalMs, run, objective, budgetRows }, result.knobs);
    const policies: readonly (readonly [string, Policy])[] = [
      ['default', incumbent],
      ['tuned', tuned],
      ['random search', random],
      ...BUILT_IN_POLICIES.map((mode) => [mode, loadPolicy(mode).policy] as const),
    ];
    const judged = await onHoldout(policies, cut, run);
    return verdictOn(name, judged, objective, result.why);
  } finally {
    await pool.close();
  }
}

interface RandomSearch {
  readonly cut: TraceCut;
  readonly arrivalsMs: Float64Array;
  readonly run: RunReplays;
  readonly objective: Objective;
  readonly budgetRows: number;
}

/** Uniform points on the whole train part, as many as the rows allow; the best of them by the same order. */
async function randomSearch(
  { cut, arrivalsMs, run, objective, budgetRows }: RandomSearch,
  knobs: Awaited<ReturnType<typeof runTuning>>['knobs'],
): Promise<Policy> {
  const space = createSearchSpace(knobs, loadPolicy('ranked').policy);
  const count = Math.floor(budgetRows / rowsOf(wholeTrain(cut)));
  const book = new TrialBook({
    run,
    objective,
    seed: SEED,
    blocks: cut.blocks.length,
    shouldStop: () => false,
    onTrials: () => undefined,
  });
  const whole = searchRungs(cut, arrivalsMs, false).at(-1)!;
  const judged = await book.judge(randomCandidates(space, count, SEED), whole);
  return judged.toSorted(byStanding)[0]!.policy;
}

async function onHoldout(
  policies: readonly (readonly [string, Policy])[],
  cut: TraceCut,
  run: RunReplays,
): Promise<readonly Judged[]> {
  const candidates = policies.map(([, policy]): Candidate => ({
    origin: 'baseline',
    policy,
    policyHash: policyHash(policy),
    point: new Float64Array(),
    knobs: {},
  }));
  const { runners } = await race(candidates, holdoutStretch(cut), JUDGE_SEEDS, run);
  return runners.map(({ resampled }, index) => ({ name: policies[index]![0], resampled }));
}

function verdictOn(name: string, judged: readonly Judged[], objective: Objective, why: string) {
  const [ofDefault, tuned, random] = judged as readonly [Judged, Judged, Judged];
  const ranked = judged.toSorted((a, b) => order(a, b, objective));
  const gain = utilityGain(ofDefault.resampled, tuned.resampled, objective);
  const keeping = keepingGain(ofDefault.resampled, tuned.resampled, objective);
  const isRepair = (keeping.low95 ?? 0) > 0;
  // Dearer is no loss where it buys what the default breaks; anything else beyond the interval is.
  const isWorse = (keeping.high95 ?? 0) < 0 || (!isRepair && (gain.high95 ?? 0) < 0);
  const regret = (one: Judged): string => text(valueOf(ranked[0]!, objective) - valueOf(one, objective));
  const stands = judged
    .slice(0, 3)
    .map((one) => `${one.name} ${shown(one, objective)}`)
    .join(', ');
  const check = holds(
    `${name}: tuned is no worse than the default`,
    `gain ${text(gain.value)} (${text(gain.low95)} to ${text(gain.high95)}); ${stands}; best in hindsight ${ranked[0]!.name}, regret tuned ${regret(tuned)}, random ${regret(random)}; ${why}`,
    'not below 0 for sure, nor in constraints',
    !isWorse,
  );
  return { check, isAheadOfRandom: order(tuned, random, objective) < 0 };
}

function order(a: Judged, b: Judged, objective: Objective): number {
  const miss = ({ resampled }: Judged): number => violationOf(resampled.metrics, objective);
  return miss(a) - miss(b) || valueOf(b, objective) - valueOf(a, objective);
}

function valueOf({ resampled }: Judged, objective: Objective): number {
  return utilityOf(resampled.metrics, objective);
}

function shown(one: Judged, objective: Objective): string {
  const miss = violationOf(one.resampled.metrics, objective);
  return `${text(valueOf(one, objective))}${miss > 0 ? ` (misses ${text(miss)})` : ''}`;
}

function text(value: number | null): string {
  return value === null ? 'unknown' : Number(value.toPrecision(4)).toString();
}
