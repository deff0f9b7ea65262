/** The policies that were tried, on how much of the train part, and how they stand. */
import type { KnobValue } from '../../src/config/policy-knobs.ts';
import type { Objective } from '../../src/config/objective.ts';
import type { Policy } from '../../src/router/policy.ts';
import { metricsOf, type ReplayFigures } from './block-figures.ts';
import { VARIANT_WEIGHT } from './fault-variants.ts';
import { betterFirst, isFeasible, utilityOf, violationOf, type Standing } from './objective-value.ts';
import type { PolicyReplay, RunReplays, Stretch } from './policy-replay.ts';
import { middleBlocks, rowsOf, spreadStretches, wholeTrain, type TraceCut } from './time-blocks.ts';
import type { MetricValues, Trial, TrialOrigin } from './tuning-result.ts';

/**
 * The search takes the limits of constraints to be tighter by this share of their room: a policy that just keeps them in
 * the past will not keep them in the future.
 */
const MARGIN = 0.03;
/** Shares of the train part that policies are tried on, one after the other; each third goes on. */
export const RUNG_RATIO = 3;
const RUNG_SHARES = [1 / 9, 1 / 3, 1] as const;
/** A share with fewer requests tells policies apart by luck. */
const ROWS_PER_RUNG_MIN = 400;
/** Policies whose replays are asked for at once; the end of the time is looked at in between. */
export const BATCH = 32;

export interface Candidate {
  readonly origin: TrialOrigin;
  readonly policy: Policy;
  readonly policyHash: string;
  /** In the unit cube of the search space; the nearest one for what does not lie in it. */
  readonly point: Float64Array;
  readonly knobs: Readonly<Record<string, KnobValue>>;
}

/** How much of the train part a policy is tried on. */
export interface Rung {
  readonly index: number;
  readonly share: number;
  readonly stretches: readonly Stretch[];
  /** In the scenario with faults; null: not at this size. */
  readonly withFaults: Stretch | null;
  /** Rows of all its replays. */
  readonly rows: number;
}

export interface Trialed extends Candidate {
  readonly rung: Rung;
  readonly metrics: MetricValues;
  /** Under faults; null where these were not tried. */
  readonly troubled: MetricValues | null;
  readonly standing: Standing;
}

/** From the smallest share to the whole train part. */
export function searchRungs(cut: TraceCut, arrivalsMs: ArrayLike<number>, hasFaults: boolean): readonly Rung[] {
  const shares = RUNG_SHARES.filter((share) => share === 1 || share * cut.trainRows >= ROWS_PER_RUNG_MIN);
  return shares.map((share, index) => {
    const stretches = share === 1 ? [wholeTrain(cut)] : spreadStretches(cut, share);
    const blocks = Math.floor((cut.blocks.length / RUNG_RATIO) * share);
    const withFaults = hasFaults && blocks > 0 ? middleBlocks(cut, arrivalsMs, blocks) : null;
    const rows = [...stretches, ...(withFaults === null ? [] : [withFaults])].reduce(
      (sum, one) => sum + rowsOf(one),
      0,
    );
    return { index, share, stretches, withFaults, rows };
  });
}

export interface TrialBookSettings {
  readonly run: RunReplays;
  readonly objective: Objective;
  readonly seed: number;
  readonly blocks: number;
  readonly shouldStop: () => boolean;
  readonly onTrials: (book: TrialBook) => void;
}

export class TrialBook {
  readonly settings: TrialBookSettings;
  /** Rows replayed so far. */
  rows = 0;
  /** Latest of each policy: on most of the train part. */
  private readonly latest = new Map<string, Trialed>();
  /** By rung and hash. */
  private readonly known = new Map<string, Trialed>();
  /** Utilities are measured in that of the incumbent. */
  private unit = 1;

  constructor(settings: TrialBookSettings) {
    this.settings = settings;
  }

  /** In the order in which they were first tried. */
  get trialed(): readonly Trialed[] {
    return [...this.latest.values()];
  }

  /** The best of those that saw the whole train part; null before there is one. */
  get best(): Trialed | null {
    return this.onWhole.sort(byStanding)[0] ?? null;
  }

  /** Those that saw the whole train part. */
  get onWhole(): Trialed[] {
    return this.trialed.filter(({ rung }) => rung.share === 1);
  }

  /** All of one origin as they stood on the smallest rung that each policy of the spread goes through. */
  onSmallest(origin: TrialOrigin): readonly Trialed[] {
    return [...this.known.values()].filter((trialed) => trialed.origin === origin && trialed.rung.index === 0);
  }

  get trials(): readonly Trial[] {
    const { blocks, objective } = this.settings;
    return this.trialed.map(({ origin, policyHash, knobs, rung, metrics }, index) => ({
      index,
      origin,
      policyHash,
      knobs,
      blocksSeen: Math.max(1, Math.round(rung.share * blocks)),
      metrics,
      isFeasible: isFeasible(metrics, objective),
      utility: finite(utilityOf(metrics, objective)),
    }));
  }

  /** From now on utilities are measured in this one's; those that were judged already are judged again. */
  measureIn({ metrics }: Trialed): void {
    const utility = Math.abs(utilityOf(metrics, this.settings.objective));
    if (utility > 0 && utility < Infinity) this.unit = utility;
    for (const [key, trialed] of this.known) {
      this.enter(key, { ...trialed, standing: this.standing(trialed.metrics, trialed.troubled) });
    }
  }

  /**
   * Tries policies on a rung; each policy once.
   *
   * @returns those that were tried, in the order given: fewer when the time is up
   */
  async judge(candidates: readonly Candidate[], rung: Rung): Promise<readonly Trialed[]> {
    const judged: Trialed[] = [];
    for (let start = 0; start < candidates.length; start += BATCH) {
      if (start > 0 && this.settings.shouldStop()) break;
      judged.push(...(await this.judgeBatch(candidates.slice(start, start + BATCH), rung)));
    }
    return judged;
  }

  private async judgeBatch(candidates: readonly Candidate[], rung: Rung): Promise<readonly Trialed[]> {
    const keyOf = ({ policyHash }: Candidate): string => `${rung.index} ${policyHash}`;
    const unknown = [...new Map(candidates.map((candidate) => [keyOf(candidate), candidate]))]
      .filter(([key]) => !this.known.has(key))
      .map(([, candidate]) => candidate);
    const replays = unknown.flatMap((candidate) => this.replaysOf(candidate, rung));
    const figures = await this.settings.run(replays);
    const perCandidate = unknown.length === 0 ? 0 : replays.length / unknown.length;
    unknown.forEach((candidate, index) => {
      const own = figures.slice(index * perCandidate, (index + 1) * perCandidate);
      this.enter(keyOf(candidate), this.judged(candidate, rung, own));
    });
    this.rows += unknown.length * rung.rows;
    this.settings.onTrials(this);
    return candidates.map((candidate) => this.known.get(keyOf(candidate))!);
  }

  private replaysOf({ policy, policyHash }: Candidate, { stretches, withFaults }: Rung): PolicyReplay[] {
    const common = { policy, policyHash, seed: this.settings.seed, blocks: 1 };
    const given = stretches.map((stretch) => ({ ...common, variant: 0, stretch }));
    return withFaults === null ? given : [...given, { ...common, variant: 1, stretch: withFaults }];
  }

  private enter(key: string, trialed: Trialed): void {
    this.known.set(key, trialed);
    const before = this.latest.get(trialed.policyHash);
    if (before === undefined || before.rung.index <= trialed.rung.index) this.latest.set(trialed.policyHash, trialed);
  }

  private judged(candidate: Candidate, rung: Rung, figures: readonly ReplayFigures[]): Trialed {
    const given = rung.withFaults === null ? figures : figures.slice(0, -1);
    const metrics = metricsOf(given.flatMap(({ blocks }) => blocks));
    const troubled = rung.withFaults === null ? null : metricsOf(figures.at(-1)!.blocks);
    const origin = this.latest.get(candidate.policyHash)?.origin ?? candidate.origin;
    return { ...candidate, origin, rung, metrics, troubled, standing: this.standing(metrics, troubled) };
  }

  private standing(metrics: MetricValues, troubled: MetricValues | null): Standing {
    const { objective } = this.settings;
    const utility = utilityOf(metrics, objective);
    return { violation: violationOf(metrics, objective, MARGIN), utility, merit: this.merit(utility, troubled) };
  }

  /** Under faults a missed constraint is a loss and no veto: limits are made for ordinary days. */
  private merit(utility: number, troubled: MetricValues | null): number {
    const { objective } = this.settings;
    if (troubled === null) return utility / this.unit;
    const underFaults = utilityOf(troubled, objective) / this.unit - violationOf(troubled, objective);
    return (1 - VARIANT_WEIGHT) * (utility / this.unit) + VARIANT_WEIGHT * underFaults;
  }
}

export function byStanding(a: Trialed, b: Trialed): number {
  // Equal ones, as policies that differ where it does not matter, in an order of their own, the same each time.
  return betterFirst(a.standing, b.standing) || (a.policyHash < b.policyHash ? -1 : 1);
}

/** JSON has no infinities. */
function finite(value: number): number {
  return Number.isFinite(value) ? value : -Number.MAX_VALUE;
}
