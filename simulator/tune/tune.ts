/**
 * The search for a better policy: the incumbent, the default and the baselines; spread policies by successive halving;
 * CMA-ES from the best; a race of the best with other seeds; and one look at the holdout. A function of its settings: how
 * many replays run at once, and where, changes nothing (only an end by the clock does).
 */
import type { Objective } from '../../src/config/objective.ts';
import type { Knob } from '../../src/config/policy-knobs.ts';
import type { Policy } from '../../src/router/policy.ts';
import { CORE_VERSION } from '../../src/router/router.ts';
import { givenCandidate, sobolCandidates } from './candidates.ts';
import { race, winnerOf, type RacedStretch } from './final-race.ts';
import { byClass, byHour } from './holdout-parts.ts';
import { IMPORTANCE_METHOD, knobImportance } from './importance.ts';
import { predictionsOf } from './metric-bootstrap.ts';
import { isFeasible } from './objective-value.ts';
import { paretoSet } from './pareto.ts';
import { SearchInterrupted, type RunReplays } from './policy-replay.ts';
import { refine } from './refine.ts';
import { searchPlan, type SearchPlan } from './search-plan.ts';
import { createSearchSpace, type SearchSpace } from './search-space.ts';
import { knobSlices } from './slices.ts';
import { startersFor, successiveHalving } from './successive-halving.ts';
import { holdoutStretch, wholeTrain, type TraceCut } from './time-blocks.ts';
import { byStanding, searchRungs, TrialBook, type Candidate, type Rung, type Trialed } from './trial-book.ts';
import type { KnobSlice, MetricValues, TrialOrigin, TuningResult } from './tuning-result.ts';
import { verdictOf, type Verdict } from './verdict.ts';

export interface GivenPolicy {
  readonly name: string;
  readonly policy: Policy;
  readonly hash: string;
}

export interface TuneSettings {
  readonly trace: TuningResult['trace'];
  /** Arrival of every row, from the start of the trace. */
  readonly arrivalsMs: ArrayLike<number>;
  readonly cut: TraceCut;
  readonly holdoutShare: number;
  /** Of the variants, the given one first; see `scenarioVariants`. */
  readonly scenarios: TuningResult['scenarios'];
  readonly incumbent: GivenPolicy;
  readonly defaultPolicy: GivenPolicy;
  readonly baselines: readonly GivenPolicy[];
  readonly knobs: readonly Knob[];
  readonly objective: Objective;
  /** A safe integer; the seeds of race and holdout follow it. */
  readonly seed: number;
  /** Passes over the train part that all replays together may take. */
  readonly replays: number;
  readonly run: RunReplays;
  /** True once the search should come to its last rounds. */
  readonly shouldStop?: () => boolean;
  readonly onProgress?: (progress: TuneProgress) => void;
}

export interface TuneProgress {
  readonly phase: 'given policies' | 'spread' | 'refine' | 'race' | 'holdout' | 'slices';
  readonly replayedRows: number;
  readonly best: { readonly metrics: MetricValues; readonly isFeasible: boolean } | null;
}

/** What was found, without what only the command knows. */
export type TuningFound = Omit<TuningResult, 'command' | 'wallMs'>;

/** Never throws when it is interrupted: then it says what was known by then. */
export async function tune(settings: TuneSettings): Promise<TuningFound> {
  const search = new Search(settings);
  try {
    await search.run();
  } catch (error) {
    if (!(error instanceof SearchInterrupted)) throw error;
    search.wasInterrupted = true;
  }
  return search.found();
}

interface Judged {
  readonly winner: Trialed;
  readonly train: RacedStretch<Trialed>;
  readonly holdout: RacedStretch<Trialed>;
  readonly verdict: Verdict;
}

class Search {
  wasInterrupted = false;
  private readonly settings: TuneSettings;
  private readonly space: SearchSpace;
  private readonly rungs: readonly Rung[];
  private readonly plan: SearchPlan;
  private readonly book: TrialBook;
  private readonly given: readonly { readonly name: string; readonly candidate: Candidate }[];
  private readonly incumbent: Candidate;
  private phase: TuneProgress['phase'] = 'given policies';
  private otherRows = 0;
  private judged: Judged | null = null;
  private slices: readonly KnobSlice[] = [];

  constructor(settings: TuneSettings) {
    const { cut, arrivalsMs, objective, seed, scenarios, knobs, incumbent, replays } = settings;
    this.settings = settings;
    this.space = createSearchSpace(knobs, incumbent.policy);
    this.rungs = searchRungs(cut, arrivalsMs, scenarios.length > 1);
    this.given = givenPolicies(settings, this.space);
    this.incumbent = this.given[0]!.candidate;
    this.plan = searchPlan(replays, this.rungs, this.given.length, cut.trainRows, cut.rows, seed);
    this.book = new TrialBook({
      run: settings.run,
      objective,
      seed,
      blocks: cut.blocks.length,
      shouldStop: settings.shouldStop ?? (() => false),
      onTrials: () => this.tell(),
    });
  }

  async run(): Promise<void> {
    const { seed, knobs, objective } = this.settings;
    const whole = this.rungs.at(-1)!;
    const [first] = await this.book.judge([this.incumbent], whole);
    this.book.measureIn(first!);
    const given = await this.book.judge(
      this.given.map(({ candidate }) => candidate),
      whole,
    );
    const incumbent = given[0]!;
    if (knobs.length > 0) {
      this.phase = 'spread';
      const starters = startersFor(this.rungs, this.plan.halvingRows);
      const spread = sobolCandidates(this.space, this.incumbent, seed);
      await successiveHalving(this.book, this.rungs, starters, spread);
      this.phase = 'refine';
      const start = this.searched()[0] ?? incumbent;
      await refine(this.book, this.space, this.rungs, start, this.plan.refineRows, seed);
    }
    await this.judge(incumbent);
    this.phase = 'slices';
    this.tell();
    await this.slice(objective);
  }

  found(): TuningFound {
    const { settings, book, judged, plan } = this;
    const { cut, objective, incumbent } = settings;
    const pair = judged === null ? null : pairsOf(judged);
    const best = judged?.winner ?? this.challenger();
    const ran = judged === null ? [] : [...plan.raceSeeds, ...plan.holdoutSeeds];
    return {
      kind: 'tuning',
      formatVersion: 1,
      coreVersion: CORE_VERSION,
      trace: settings.trace,
      scenarios: settings.scenarios,
      seeds: [settings.seed, ...ran],
      objective,
      knobs: settings.knobs,
      blocks: cut.blocks.length,
      holdoutShare: settings.holdoutShare,
      incumbent: { name: incumbent.name, policyHash: incumbent.hash, policy: incumbent.policy },
      candidate: best === null ? null : { name: this.nameOf(best), policyHash: best.policyHash, policy: best.policy },
      verdict: judged?.verdict.verdict ?? 'no-better',
      why: judged?.verdict.why ?? 'The search was interrupted before its last rounds, so nothing is known for sure.',
      predicted: {
        train: pair === null ? [] : predictionsOf(pair.train.incumbent, pair.train.candidate),
        holdout: pair === null ? [] : predictionsOf(pair.holdout.incumbent, pair.holdout.candidate),
      },
      tiers: judged === null ? { T1: 0, T2: 0, T3: 1 } : tierShares(judged.holdout.tiers[1]!),
      trials: book.trials,
      compared: this.compared(),
      pareto: paretoSet(book.onWhole, objective),
      importance: this.importance(),
      importanceMethod: IMPORTANCE_METHOD,
      slices: this.slices,
      ...this.parts(),
      isPartial: this.wasInterrupted,
      replayedRequests: this.replayedRows,
    };
  }

  private get replayedRows(): number {
    return this.book.rows + this.otherRows;
  }

  private tell(): void {
    const { best } = this.book;
    this.settings.onProgress?.({
      phase: this.phase,
      replayedRows: this.replayedRows,
      best:
        best === null ? null : { metrics: best.metrics, isFeasible: isFeasible(best.metrics, this.settings.objective) },
    });
  }

  /** Race on the train part, then the winner and the incumbent on the holdout. */
  private async judge(incumbent: Trialed): Promise<void> {
    const { cut, objective, run } = this.settings;
    const { finalists, raceSeeds, holdoutSeeds } = this.plan;
    const others = this.book.onWhole
      .filter(({ policyHash }) => policyHash !== incumbent.policyHash)
      .sort(byStanding)
      .slice(0, finalists);
    this.phase = 'race';
    this.tell();
    const train = await race([incumbent, ...others], wholeTrain(cut), raceSeeds, run);
    this.otherRows += train.runners.length * raceSeeds.length * cut.trainRows;
    const challengers = train.runners.slice(1);
    if (challengers.length === 0) return;
    const winner = winnerOf(challengers, objective).candidate;
    this.phase = 'holdout';
    this.tell();
    const holdout = await race([incumbent, winner], holdoutStretch(cut), holdoutSeeds, run);
    this.otherRows += 2 * holdoutSeeds.length * cut.rows;
    const raced = { winner, train, holdout };
    const pair = pairsOf(raced);
    this.judged = { ...raced, verdict: verdictOf(pair.train, pair.holdout, objective) };
  }

  private async slice(objective: Objective): Promise<void> {
    const { slicedKnobs, sliceRung } = this.plan;
    if (this.judged === null || slicedKnobs === 0 || this.settings.shouldStop?.() === true) return;
    const paths = this.importance()
      .slice(0, slicedKnobs)
      .filter(({ importance }) => importance > 0)
      .map(({ path }) => path);
    const knobs = this.settings.knobs.filter(({ path }) => paths.includes(path));
    const { seed, run } = this.settings;
    this.slices = await knobSlices(this.judged.winner, knobs, sliceRung, seed, objective, run);
    const points = this.slices.reduce((sum, slice) => sum + slice.points.length, 0);
    this.otherRows += points * sliceRung.stretches.reduce((sum, { fromRow, toRow }) => sum + toRow - fromRow, 0);
  }

  /** Policies of the space that saw the whole train part, best first: a baseline has no knobs to go on from. */
  private searched(): readonly Trialed[] {
    return this.book.onWhole.filter(({ origin }) => origin !== 'baseline').sort(byStanding);
  }

  /** The best that is not the incumbent itself. */
  private challenger(): Trialed | null {
    const others = this.book.onWhole.filter(({ policyHash }) => policyHash !== this.incumbent.policyHash);
    return others.sort(byStanding)[0] ?? null;
  }

  private nameOf({ policyHash, origin }: Candidate): string {
    const given = this.given.find(({ candidate }) => candidate.policyHash === policyHash);
    return given?.name ?? `${origin} ${policyHash.slice(0, 8)}`;
  }

  private compared(): TuningFound['compared'] {
    const byHash = new Map(this.book.onWhole.map((trialed) => [trialed.policyHash, trialed]));
    return this.given.flatMap(({ name, candidate }) => {
      const trialed = byHash.get(candidate.policyHash);
      if (trialed === undefined) return [];
      const { policyHash, metrics } = trialed;
      return [{ name, policyHash, isFeasible: isFeasible(metrics, this.settings.objective), metrics }];
    });
  }

  private importance(): TuningFound['importance'] {
    return knobImportance(this.settings.knobs, this.book.onSmallest('sobol'));
  }

  private parts(): Pick<TuningFound, 'byHour' | 'byClass'> {
    if (this.judged === null) return { byHour: [], byClass: [] };
    const { cut, arrivalsMs } = this.settings;
    const { runners, classes } = this.judged.holdout;
    const [ofIncumbent, ofCandidate] = [runners[0]!.blocks, runners[1]!.blocks];
    const seeds = this.plan.holdoutSeeds.length;
    const counted = cut.rows - cut.trainRows;
    const startsMs = ofIncumbent.map(
      (_, block) => arrivalsMs[cut.trainRows + Math.ceil((block * counted) / ofIncumbent.length)]!,
    );
    return {
      byHour: byHour(ofIncumbent, ofCandidate, startsMs, seeds),
      byClass: byClass(classes[0]!, classes[1]!, seeds),
    };
  }
}

/** Incumbent, default and baselines, each policy once under its first name. */
function givenPolicies(
  { incumbent, defaultPolicy, baselines }: TuneSettings,
  space: SearchSpace,
): readonly { readonly name: string; readonly candidate: Candidate }[] {
  const all: readonly (readonly [TrialOrigin, GivenPolicy])[] = [
    ['incumbent', incumbent],
    ['default', defaultPolicy],
    ...baselines.map((baseline) => ['baseline', baseline] as const),
  ];
  const seen = new Set<string>();
  return all.flatMap(([origin, { name, policy, hash }]) => {
    if (seen.has(hash)) return [];
    seen.add(hash);
    return [{ name, candidate: givenCandidate(space, origin, policy) }];
  });
}

function pairsOf({ winner, train, holdout }: Omit<Judged, 'verdict'>) {
  const ofWinner = train.runners.find(({ candidate }) => candidate.policyHash === winner.policyHash)!;
  return {
    train: { incumbent: train.runners[0]!.resampled, candidate: ofWinner.resampled },
    holdout: { incumbent: holdout.runners[0]!.resampled, candidate: holdout.runners[1]!.resampled },
  };
}

function tierShares([first, second, third]: readonly [number, number, number]): TuningFound['tiers'] {
  const all = first + second + third;
  return all === 0 ? { T1: 0, T2: 0, T3: 1 } : { T1: first / all, T2: second / all, T3: third / all };
}
