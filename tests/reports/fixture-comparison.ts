/**
 * A believable comparison without a simulator: ten targets of four providers, an hour in 60 slices, one
 * outage. Every number is a pure function of its place, so the fixture is the same on every machine.
 */
import type {
  Comparison,
  EcdfPoint,
  PairedDifference,
  PolicyRun,
  Quantiles,
  TimeSlice,
} from '../../simulator/result.ts';
import type { TargetState } from '../../src/router/contract.ts';

const TARGETS = [
  'aurora.main.swift-2',
  'aurora.main.swift-2-mini',
  'aurora.spare.swift-2',
  'borealis.main.granite-70b',
  'borealis.main.granite-8b',
  'borealis.batch.granite-70b',
  'cumulus.team.nimbus-large-2026.1',
  'cumulus.team.nimbus-small-2026.1',
  'drift.free.tide-mini',
  'drift.paid.tide-pro-long-context',
];
const BUDGETS = [
  'key aurora.main: tokens per 1m',
  'key cumulus.team: requests per 1m',
  'provider borealis: USD per day',
  'client mobile: tokens per 5m',
];
const SLICE_MS = 60_000;
const SLICES = 60;

/** How a policy of the fixture behaves; all relative to 1. */
export interface Character {
  readonly name: string;
  readonly cost: number;
  readonly wait: number;
  readonly fragile: number;
  /** 0 spreads evenly, 3 leans on the first targets. */
  readonly lean: number;
}

export const RANKED: Character = { name: 'ranked', cost: 1, wait: 1, fragile: 1, lean: 2.2 };
export const WEIGHTED: Character = { name: 'weighted', cost: 0.88, wait: 1.26, fragile: 1.3, lean: 0.9 };
export const ROUND_ROBIN: Character = { name: 'round-robin', cost: 1.21, wait: 1.5, fragile: 2.6, lean: 0 };
export const LOWEST_COST: Character = { name: 'lowest-cost', cost: 0.61, wait: 2.1, fragile: 2.1, lean: 3 };
export const MANY: readonly Character[] = [
  RANKED,
  WEIGHTED,
  ROUND_ROBIN,
  LOWEST_COST,
  { name: 'lowest-latency', cost: 1.4, wait: 0.9, fragile: 1.1, lean: 2.5 },
  { name: 'least-busy', cost: 1.1, wait: 1.1, fragile: 1.6, lean: 0.4 },
  { name: 'power-of-two', cost: 1.05, wait: 1.2, fragile: 1.5, lean: 0.6 },
  { name: 'tuned-2026-03-candidate', cost: 0.72, wait: 0.97, fragile: 0.9, lean: 1.6 },
];

/** A comparison of these policies, all against the first, with one outage of borealis from minute 21 to 33. */
export function fixtureComparison(characters: readonly Character[] = [RANKED, WEIGHTED]): Comparison {
  const policies = characters.map(policyRun);
  return {
    kind: 'comparison',
    formatVersion: 1,
    coreVersion: '0.1.0',
    trace: {
      name: 'datasets/embedded/mixed-hour.parquet',
      sha256: 'a3'.repeat(32),
      requests: policies[0]?.arrivals ?? 0,
      spanMs: SLICES * SLICE_MS - 900,
      askedAsAuto: 0,
    },
    scenario: 'four-providers',
    scenarioHash: 'b7'.repeat(32),
    faults: [
      { label: 'borealis down', startMs: 21 * SLICE_MS, endMs: 33 * SLICE_MS },
      { label: '429 storm at cumulus.team', startMs: 44 * SLICE_MS, endMs: 47 * SLICE_MS },
    ],
    seed: 42,
    command: `tokenpool compare ${characters.map((character) => `--policy ${character.name}.yaml`).join(' ')} --trace mixed-hour --scenario four-providers --seed 42 --out result.json`,
    policies,
    paired: policies.slice(1).flatMap((run) => pairs(run, policies[0] as PolicyRun)),
    wallMs: 812.5,
    requestsPerSecond: 23_400,
  };
}

function policyRun(character: Character): PolicyRun {
  const slices = Array.from({ length: SLICES }, (_unused, index) => timeSlice(character, index));
  const sum = (read: (slice: TimeSlice) => number): number => slices.reduce((total, slice) => total + read(slice), 0);
  const perTarget = (read: (slice: TimeSlice) => readonly number[]): readonly number[] =>
    TARGETS.map((_target, index) => sum((slice) => read(slice)[index] ?? 0));
  const arrivals = sum((slice) => slice.arrivals);
  const rejected = sum((slice) => slice.rejected);
  const cancelled = sum((slice) => slice.cancelled);
  const retries = sum((slice) => slice.retries);
  const attemptsOf = perTarget((slice) => slice.attemptsByTarget);
  const attempts = attemptsOf.reduce((total, count) => total + count, 0);
  const costUsd = sum((slice) => slice.costUsd);
  const twice = Math.round(retries * 0.8);
  const thrice = Math.floor((retries - twice) / 2);
  return {
    name: character.name,
    policyHash: `${character.name.length}c`.repeat(22).slice(0, 64),
    arrivals,
    completed: arrivals - rejected - cancelled,
    rejected,
    cancelled,
    inFlight: 0,
    attempts,
    successRatio: (arrivals - rejected - cancelled) / arrivals,
    firstTokenMs: quantiles(420 * character.wait, 0.75),
    durationMs: quantiles(4_300 * character.wait ** 0.6, 0.9),
    costUsd,
    costUsdPer1kRequests: (costUsd / arrivals) * 1_000,
    targets: TARGETS.map((target, index) => {
      const count = attemptsOf[index] ?? 0;
      return {
        target,
        attempts: count,
        share: count / attempts,
        failureRatio: (perTarget((slice) => slice.failuresByTarget)[index] ?? 0) / Math.max(1, count),
        limited: perTarget((slice) => slice.limitedByTarget)[index] ?? 0,
        costUsd: (costUsd * count) / attempts,
      };
    }),
    rejectedByCode: {
      ALL_PROVIDER_FAILED: rejected - Math.floor(rejected / 4),
      QUEUE_TIMEOUT: Math.floor(rejected / 4),
    },
    requestsByAttempts: [0, arrivals - twice - thrice, twice, thrice],
    exploredRatio: 0,
    cacheReadRatio: 0.31,
    queuedRatio: 0.012 * character.fragile,
    classes: (['chat', 'long', 'background', 'balanced'] as const).map((requestClass, index) => ({
      requestClass,
      arrivals: Math.round(arrivals * ([0.62, 0.11, 0.09, 0.18][index] ?? 0)),
      successRatio: 1 - (rejected / arrivals) * (1 + index / 3),
      firstTokenMs: quantiles(420 * character.wait * (1 + index / 2), 0.75),
      costUsd: costUsd * ([0.34, 0.41, 0.08, 0.17][index] ?? 0),
    })),
    budgets: BUDGETS,
    budgetUseMax: BUDGETS.map((_budget, index) => Math.max(...slices.map((slice) => slice.budgetUse[index] ?? 0))),
    firstTokenEcdf: ecdf(420 * character.wait, 0.75),
    durationEcdf: ecdf(4_300 * character.wait ** 0.6, 0.9),
    costEcdf: ecdf(0.0021 * character.cost, 1.1),
    slices,
  };
}

function timeSlice(character: Character, index: number): TimeSlice {
  const outage = index >= 21 && index < 33;
  const storm = index >= 44 && index < 47;
  const arrivals = Math.round(240 + 130 * Math.sin(index / 9) + 60 * wobble(index, 1));
  const stateByTarget = TARGETS.map((target, position) => stateAt(character, target, position, index));
  const rawShares = TARGETS.map((target, position) => {
    const reachable = stateByTarget[position] === 'healthy' || stateByTarget[position] === 'degraded' ? 1 : 0.03;
    return (
      reachable *
      Math.exp(-character.lean * position * 0.22) *
      (1 + 0.3 * wobble(index + position * 7, 2)) *
      (target.includes('free') ? 0.5 : 1)
    );
  });
  const shareSum = rawShares.reduce((total, share) => total + share, 0);
  const failuresByTarget = TARGETS.map((target, position) =>
    Math.round(
      arrivals *
        ((rawShares[position] ?? 0) / shareSum) *
        (outage && target.startsWith('borealis') ? 0.7 : 0.006 * character.fragile),
    ),
  );
  const limitedByTarget = TARGETS.map((target) =>
    storm && target.startsWith('cumulus') ? Math.round(9 * character.fragile) : 0,
  );
  const retries = [...failuresByTarget, ...limitedByTarget].reduce((total, count) => total + count, 0);
  const rejected = Math.round((outage ? 3 : 0.3) * character.fragile * (0.5 + wobble(index, 3)));
  const cancelled = wobble(index, 4) > 0.8 ? 1 : 0;
  return {
    startMs: index * SLICE_MS,
    arrivals,
    completed: arrivals - rejected - cancelled,
    rejected,
    cancelled,
    retries,
    costUsd: arrivals * 0.0043 * character.cost * (outage ? 1.2 : 1),
    firstTokenP95Ms:
      1_450 * character.wait * (1 + 0.25 * wobble(index, 5)) * (outage ? 1.4 + character.fragile * 0.5 : 1),
    attemptsByTarget: rawShares.map((share) => Math.round(((arrivals + retries) * share) / shareSum)),
    failuresByTarget,
    limitedByTarget,
    stateByTarget,
    budgetUse: BUDGETS.map((_budget, position) =>
      Math.min(
        1,
        Math.max(
          0,
          0.35 + position * 0.14 + 0.4 * Math.sin(index / 9) * (position === 3 ? 0.1 : 1) + 0.1 * wobble(index, 6),
        ),
      ),
    ),
  };
}

function stateAt(character: Character, target: string, position: number, index: number): TargetState {
  if (target.startsWith('borealis') && index >= 22 && index < 34) {
    const step = (index - 22 + position) % 4;
    return index === 22 ? 'unhealthy' : step === 3 ? 'probing' : 'cooldown';
  }
  if (target.startsWith('cumulus') && index >= 44 && index < 47) return 'cooldown';
  if (target === 'drift.free.tide-mini' && wobble(index, 7) > 1 - 0.12 * character.fragile) return 'degraded';
  return 'healthy';
}

/** Differences of each run against the first; the interval of the success ratio always contains zero. */
function pairs(a: PolicyRun, b: PolicyRun): readonly PairedDifference[] {
  const pair = (metric: string, left: number | null, right: number | null, halfWidth: number): PairedDifference => {
    const difference = left === null || right === null ? null : left - right;
    return {
      metric,
      a: a.name,
      b: b.name,
      difference,
      low95: difference === null ? null : difference - halfWidth,
      high95: difference === null ? null : difference + halfWidth,
      blocks: 60,
    };
  };
  const success = a.successRatio - b.successRatio;
  return [
    pair('costUsdPer1kRequests', a.costUsdPer1kRequests, b.costUsdPer1kRequests, 0.11),
    pair('successRatio', a.successRatio, b.successRatio, Math.abs(success) + 0.001),
    pair('firstTokenMs.p50', a.firstTokenMs.p50, b.firstTokenMs.p50, 30),
    pair('firstTokenMs.p95', a.firstTokenMs.p95, b.firstTokenMs.p95, 140),
    pair('durationMs.p95', a.durationMs.p95, b.durationMs.p95, 2_900),
  ];
}

/** Quantiles of a lognormal: median x exp(z sigma). */
function quantiles(median: number, sigma: number): Quantiles {
  const at = (z: number): number => median * Math.exp(z * sigma);
  return { p50: median, p90: at(1.2816), p95: at(1.6449), p99: at(2.3263) };
}

/** 81 points of a lognormal's distribution function from z = -3 to 3.4, the normal one by Abramowitz and Stegun 26.2.17. */
function ecdf(median: number, sigma: number): readonly EcdfPoint[] {
  return Array.from({ length: 81 }, (_unused, index) => {
    const z = -3 + index * 0.08;
    return { value: median * Math.exp(z * sigma), share: index === 80 ? 1 : normalShare(z) };
  });
}

function normalShare(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  const tail =
    density * t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return z >= 0 ? 1 - tail : tail;
}

/** A number in [0, 1) that looks irregular and is a pure function of its arguments. */
function wobble(index: number, purpose: number): number {
  const mixed = Math.imul(index + 1, 0x9e3779b1) ^ Math.imul(purpose + 1, 0x85ebca6b);
  const folded = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  return ((folded ^ (folded >>> 13)) >>> 0) / 2 ** 32;
}
