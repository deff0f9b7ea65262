/**
 * A tuning in small, of real replays: a grid of policies over the first part of some hours of the embedded traffic, with
 * incumbent, baselines and the best of the grid met again on the rest.
 */
import { embeddedTracePath } from '../../../datasets/embedded/embedded-trace.ts';
import { memoryTrace, openTrace } from '../../../datasets/index.ts';
import type { TraceSource } from '../../../datasets/trace.ts';
import { collectorShape } from '../../../simulator/compare/compare.ts';
import { policyRun } from '../../../simulator/compare/policy-run.ts';
import { COUNTED, RunCollector } from '../../../simulator/compare/run-collector.ts';
import { replay } from '../../../simulator/replay/replay.ts';
import type { PolicyRun } from '../../../simulator/result.ts';
import {
  bootstrapInterval,
  createResampling,
  pairedInterval,
  type BlockStatistic,
} from '../../../simulator/statistics/block-bootstrap.ts';
import type {
  MetricValues,
  PartDifference,
  Prediction,
  Trial,
  TrialOrigin,
  TuningResult,
} from '../../../simulator/tune/tuning-result.ts';
import { policyHash } from '../../../src/config/load-policy.ts';
import { loadScenario } from '../../../src/config/load-scenario.ts';
import type { ObjectiveMetric } from '../../../src/config/objective.ts';
import { CORE_VERSION } from '../../../src/router/index.ts';
import { DEFAULT_POLICY, type Policy } from '../../../src/router/policy.ts';
import { allRows } from '../../datasets/rows.ts';

const TRAIN_ROWS = 1_050;
const ROWS = 1_500;
/** A quarter of an hour becomes six. */
const STRETCH = 24;
const HOUR_MS = 3_600_000;
const SEED = 7;

const COST_WEIGHTS = [0.05, 0.2, 0.45, 0.9];
const SHARPNESS = [2, 8, 20];

const INCUMBENT: Policy = { ...DEFAULT_POLICY, mode: 'weighted' };
const METRICS = ['cost', 'success', 'p50_first_token_ms', 'p95_first_token_ms'] as const;
type Measured = (typeof METRICS)[number];

interface Run {
  readonly figures: PolicyRun;
  readonly statistics: Readonly<Record<Measured, BlockStatistic>>;
  readonly blocks: number;
}

const { scenario, hash: scenarioHash } = loadScenario('provider-outage');

/** Made once and given to every test of a file. */
let made: Promise<TuningResult> | null = null;

export function fixtureTuning(): Promise<TuningResult> {
  made ??= tuneInSmall();
  return made;
}

async function tuneInSmall(): Promise<TuningResult> {
  const rows = (await allRows(await openTrace(embeddedTracePath())))
    .slice(0, ROWS)
    .map((row) => ({ ...row, arrivalMs: row.arrivalMs * STRETCH }));
  const whole = memoryTrace(rows, 'embedded hours');
  const startMs = rows[TRAIN_ROWS]!.arrivalMs;
  const train = memoryTrace(rows.slice(0, TRAIN_ROWS), 'train');
  const holdout = memoryTrace(
    rows.slice(TRAIN_ROWS).map((row) => ({ ...row, arrivalMs: row.arrivalMs - startMs })),
    'hold-out',
  );
  const incumbentRun = await runOf(train, INCUMBENT);
  const p95Max = Math.round(incumbentRun.figures.firstTokenMs.p95! * 1.15);
  const objective: TuningResult['objective'] = {
    utility: { cost: -1 },
    subjectTo: [
      { metric: 'p95_first_token_ms', comparison: '<=', limit: p95Max },
      { metric: 'success', comparison: '>=', limit: 0.97 },
    ],
  };
  const trials: Trial[] = [];
  const tryOut = async (origin: TrialOrigin, policy: Policy): Promise<Trial> => {
    const { figures } = await runOf(train, policy);
    const metrics = metricsOf(figures);
    const trial: Trial = {
      index: trials.length,
      origin,
      policyHash: policyHash(policy),
      knobs: knobsOf(policy),
      blocksSeen: 4,
      metrics,
      isFeasible: metrics.p95_first_token_ms! <= p95Max && metrics.success! >= 0.97,
      utility: -metrics.cost!,
    };
    trials.push(trial);
    return trial;
  };
  await tryOut('incumbent', INCUMBENT);
  await tryOut('default', DEFAULT_POLICY);
  const baselines = ['lowest-cost', 'round-robin', 'lowest-latency'] as const;
  for (const mode of baselines) await tryOut('baseline', { ...DEFAULT_POLICY, mode });
  const grid: { policy: Policy; trial: Trial }[] = [];
  for (const cost of COST_WEIGHTS) {
    for (const sharpness of SHARPNESS) {
      const policy = knobbed(cost, sharpness);
      grid.push({ policy, trial: await tryOut('sobol', policy) });
    }
  }
  const best = grid.filter(({ trial }) => trial.isFeasible).toSorted((a, b) => b.trial.utility - a.trial.utility)[0]!;
  const candidate = { name: 'tuned', policyHash: policyHash(best.policy), policy: best.policy };
  const incumbent = { name: 'weighted', policyHash: policyHash(INCUMBENT), policy: INCUMBENT };
  const [incumbentLater, candidateLater] = [await runOf(holdout, INCUMBENT), await runOf(holdout, best.policy)];
  const predicted = {
    train: predictionsOf(incumbentRun, await runOf(train, best.policy)),
    holdout: predictionsOf(incumbentLater, candidateLater),
  };
  const cost = predicted.holdout.find(({ metric }) => metric === 'cost')!.difference;
  const isBetter = cost.high95! < 0;
  const named = [
    ['weighted', policyHash(INCUMBENT)],
    ['default', policyHash(DEFAULT_POLICY)],
    ...baselines.map((mode) => [mode, policyHash({ ...DEFAULT_POLICY, mode })] as const),
    ['tuned', candidate.policyHash],
  ] as const;
  const front = trials.filter((trial) => !trials.some((other) => dominates(other, trial)));
  return {
    kind: 'tuning',
    formatVersion: 1,
    coreVersion: CORE_VERSION,
    trace: { name: whole.name, sha256: whole.sha256, requests: whole.requests, spanMs: whole.spanMs },
    scenarios: [{ name: scenario.name, sha256: scenarioHash }],
    seeds: [SEED],
    objective,
    knobs: [
      { path: 'score.weights.cost', scale: 'log', range: [0.05, 0.9], choices: null },
      { path: 'score.sharpness', scale: 'linear', range: [2, 20], choices: null },
      { path: 'mode', scale: 'choice', range: null, choices: ['weighted', 'ranked'] },
    ],
    blocks: 4,
    holdoutShare: 1 - TRAIN_ROWS / ROWS,
    incumbent,
    candidate,
    verdict: isBetter ? 'better' : 'no-better',
    why: isBetter
      ? 'the whole 95 % interval of the cost lies below zero and no limit is broken'
      : 'the 95 % interval of the cost on the hold-out holds zero',
    predicted,
    tiers: { T1: 0, T2: 0, T3: 1 },
    trials,
    compared: named.map(([name, hash]) => {
      const { metrics, isFeasible } = trials.find((trial) => trial.policyHash === hash)!;
      return { name, policyHash: hash, isFeasible, metrics };
    }),
    pareto: front.map(({ policyHash: hash, isFeasible, metrics, knobs }) => ({
      policyHash: hash,
      isFeasible,
      metrics,
      knobs,
    })),
    importance: [
      { path: 'score.weights.cost', importance: shareExplained(grid, 'score.weights.cost') },
      { path: 'score.sharpness', importance: shareExplained(grid, 'score.sharpness') },
      { path: 'mode', importance: 0 },
    ],
    importanceMethod: 'variance between the values of the grid',
    slices: [
      sliceOf(grid, 'score.weights.cost', 'score.sharpness', best.trial),
      sliceOf(grid, 'score.sharpness', 'score.weights.cost', best.trial),
      {
        path: 'mode',
        points: [
          { value: 'weighted', utility: best.trial.utility, metrics: best.trial.metrics },
          await modePoint(train, { ...best.policy, mode: 'ranked' }),
        ],
      },
    ],
    byHour: hoursOf(incumbentLater.figures, candidateLater.figures),
    byClass: classesOf(incumbentLater.figures, candidateLater.figures),
    isPartial: false,
    replayedRequests: (trials.length + 3) * TRAIN_ROWS + 2 * (ROWS - TRAIN_ROWS),
    command: 'tokenpool tune hours.parquet --scenario provider-outage --incumbent weighted --seed 7',
    wallMs: 4_321,
  };
}

function knobbed(cost: number, sharpness: number): Policy {
  const { score } = INCUMBENT;
  return { ...INCUMBENT, score: { ...score, sharpness, weights: { ...score.weights, cost } } };
}

function knobsOf({ mode, score }: Policy): Trial['knobs'] {
  return { 'score.weights.cost': score.weights.cost, 'score.sharpness': score.sharpness, mode };
}

async function runOf(trace: TraceSource, policy: Policy): Promise<Run> {
  const shape = collectorShape(trace, scenario);
  const run = new RunCollector(shape);
  const totals = await replay(trace, { scenario, policy, seed: SEED, observer: run });
  run.finish(totals.router);
  const counts = run.blockCounts;
  const [completed, rejected, cancelled] = [COUNTED.COMPLETED, COUNTED.REJECTED, COUNTED.CANCELLED].map((column) =>
    counts.column(column),
  ) as [Float64Array, Float64Array, Float64Array];
  const quantile = (probability: number): BlockStatistic => ({
    kind: 'quantile',
    histograms: run.blockFirstToken.rows,
    probability,
  });
  return {
    figures: policyRun({ name: policy.mode, policyHash: policyHash(policy) }, run, totals.router, totals.inFlight),
    blocks: shape.blocks,
    statistics: {
      cost: {
        kind: 'ratio',
        numerators: counts.column(COUNTED.COST_MICRO_USD).map((microUsd) => microUsd / 1_000),
        denominators: counts.column(COUNTED.ARRIVALS),
      },
      success: {
        kind: 'ratio',
        numerators: completed,
        denominators: completed.map((count, block) => count + rejected[block]! + cancelled[block]!),
      },
      p50_first_token_ms: quantile(0.5),
      p95_first_token_ms: quantile(0.95),
    },
  };
}

function metricsOf({ costUsdPer1kRequests, successRatio, firstTokenMs }: PolicyRun): Record<Measured, number | null> {
  return {
    cost: costUsdPer1kRequests,
    success: successRatio,
    p50_first_token_ms: firstTokenMs.p50,
    p95_first_token_ms: firstTokenMs.p95,
  };
}

function predictionsOf(incumbent: Run, candidate: Run): Prediction[] {
  const resampling = createResampling(incumbent.blocks, SEED);
  return METRICS.map((metric) => ({
    metric,
    incumbent: bootstrapInterval(incumbent.statistics[metric], resampling),
    candidate: bootstrapInterval(candidate.statistics[metric], resampling),
    difference: pairedInterval(candidate.statistics[metric], incumbent.statistics[metric], resampling),
  }));
}

/** Of the variance of the utility over the grid, what lies between the values of one knob. */
function shareExplained(grid: readonly { readonly trial: Trial }[], path: string): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const all = grid.map(({ trial }) => trial.utility);
  const centre = mean(all);
  const total = mean(all.map((utility) => (utility - centre) ** 2));
  const values = [...new Set(grid.map(({ trial }) => trial.knobs[path]))];
  const between = values.map((value) => {
    const own = grid.filter(({ trial }) => trial.knobs[path] === value).map(({ trial }) => trial.utility);
    return own.length * (mean(own) - centre) ** 2;
  });
  return total === 0 ? 0 : between.reduce((sum, part) => sum + part, 0) / all.length / total;
}

function sliceOf(
  grid: readonly { readonly trial: Trial }[],
  path: string,
  other: string,
  best: Trial,
): TuningResult['slices'][number] {
  const along = grid.filter(({ trial }) => trial.knobs[other] === best.knobs[other]);
  return {
    path,
    points: along.map(({ trial }) => ({ value: trial.knobs[path]!, utility: trial.utility, metrics: trial.metrics })),
  };
}

async function modePoint(
  trace: TraceSource,
  policy: Policy,
): Promise<TuningResult['slices'][number]['points'][number]> {
  const metrics = metricsOf((await runOf(trace, policy)).figures);
  return { value: policy.mode, utility: -metrics.cost!, metrics };
}

function hoursOf(incumbent: PolicyRun, candidate: PolicyRun): PartDifference[] {
  const hours = [...new Set(incumbent.slices.map(({ startMs }) => Math.floor(startMs / HOUR_MS)))];
  const figures = (run: PolicyRun, hour: number): MetricValues => {
    const own = run.slices.filter(({ startMs }) => Math.floor(startMs / HOUR_MS) === hour);
    const sum = (read: (slice: (typeof own)[number]) => number): number =>
      own.reduce((total, slice) => total + read(slice), 0);
    const ended = sum((slice) => slice.completed + slice.rejected + slice.cancelled);
    return {
      cost: (sum(({ costUsd }) => costUsd) / sum(({ arrivals }) => arrivals)) * 1_000,
      success: sum(({ completed }) => completed) / ended,
    };
  };
  return hours.map((hour) => ({
    part: `${String(hour).padStart(2, '0')}:00`,
    requests: incumbent.slices
      .filter(({ startMs }) => Math.floor(startMs / HOUR_MS) === hour)
      .reduce((sum, { arrivals }) => sum + arrivals, 0),
    incumbent: figures(incumbent, hour),
    candidate: figures(candidate, hour),
  }));
}

function classesOf(incumbent: PolicyRun, candidate: PolicyRun): PartDifference[] {
  const figures = (run: PolicyRun, name: string): MetricValues => {
    const use = run.classes.find(({ requestClass }) => requestClass === name)!;
    return {
      cost: (use.costUsd / use.arrivals) * 1_000,
      success: use.successRatio,
      p95_first_token_ms: use.firstTokenMs.p95,
    };
  };
  return incumbent.classes
    .filter(({ arrivals }) => arrivals > 0)
    .map(({ requestClass, arrivals }) => ({
      part: requestClass,
      requests: arrivals,
      incumbent: figures(incumbent, requestClass),
      candidate: figures(candidate, requestClass),
    }));
}

function dominates(a: Trial, b: Trial): boolean {
  const noWorse = (metric: ObjectiveMetric, sign: number): boolean =>
    sign * (a.metrics[metric] ?? NaN) <= sign * (b.metrics[metric] ?? NaN);
  const sides = [
    ['cost', 1],
    ['p95_first_token_ms', 1],
    ['success', -1],
  ] as const;
  return (
    sides.every(([metric, sign]) => noWorse(metric, sign)) &&
    sides.some(([metric]) => a.metrics[metric] !== b.metrics[metric])
  );
}
