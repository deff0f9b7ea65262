/** Holds what a promoted policy came to in the log against what its evidence promised. */
import type { TraceSource } from '../../../datasets/trace.ts';
import {
  bootstrapInterval,
  createResampling,
  pairedInterval,
  type BlockStatistic,
} from '../../../simulator/statistics/block-bootstrap.ts';
import { blockCount } from '../../../simulator/statistics/block-count.ts';
import { BadInput } from '../../config/bad-input.ts';
import type { Estimated, Evidence, Prediction } from '../../config/evidence-schema.ts';
import type { LoggedRequest, RequestLog } from '../../log/logged-requests.ts';
import type {
  MeasuredArm,
  MeasuredDifference,
  MeasuredMetric,
  MeasuredPromotion,
  PromotionRecord,
  TrafficFigures,
} from '../../policies/measured-promotion.ts';
import { agreementOf, expectedFrom } from './expected-interval.ts';
import { blockStatistics, type LoggedMetric } from './request-figures.ts';
import { servingWindow, type ServingWindow } from './serving-window.ts';
import { loadOnly, TrafficTally, trafficOfTrace } from './traffic-figures.ts';

export interface MeasureSettings {
  readonly promotion: PromotionRecord;
  /** What it was read from, for messages. */
  readonly promotionPath: string;
  readonly log: RequestLog;
  /** What the policy was tuned on, where it is at hand. */
  readonly trace: TraceSource | null;
  /** Of the resampling; a safe integer. */
  readonly seed: number;
  readonly command: string;
  /** Called with the number of requests read. */
  readonly onProgress?: (requests: number) => void;
}

const UNKNOWN: Estimated = { value: null, low95: null, high95: null };

/** @throws BadInput when there is no evidence, it never served, the log has none of its requests, or the trace is another */
export async function measurePromotion(settings: MeasureSettings): Promise<MeasuredPromotion> {
  const { promotion, promotionPath, log, seed } = settings;
  const { evidence } = promotion;
  if (evidence === null) {
    throw new BadInput(
      `${promotionPath}: promotion ${promotion.id} has no evidence: its policy was not tuned, so nothing was promised that could be measured`,
    );
  }
  const window = servingWindow(promotion, promotionPath);
  const trace = await tracedTraffic(settings, evidence);
  const seen = await readWindow(settings, window);
  if (seen.candidate.length === 0) throw new BadInput(`${log.path}: ${whyNothing(promotion, window, log)}`);
  const toMs = Math.min(window.toMs, log.toMs);
  const { main } = seen;
  return {
    kind: 'promotion',
    formatVersion: 1,
    promotion: lifeOf(promotion),
    evidence,
    log: log.path,
    logCoreVersion: log.coreVersion,
    window: { fromMs: window.fromMs, toMs, stages: window.stages, isOver: window.toMs !== Infinity },
    candidate: armOf(promotion.policyName, promotion.policyHash, seen.candidate),
    main: main.length === 0 ? null : armOf(promotion.incumbentName, promotion.incumbentHash, main),
    blocks: blockCount(seen.candidate.length),
    metrics: measuredMetrics(evidence, seen.candidate, seed),
    differences: main.length === 0 ? [] : measuredDifferences(evidence, seen.candidate, main, seed),
    traffic: {
      // As in a trace: to the last arrival, unless its time was over.
      now: seen.now.figures((window.toMs === Infinity ? seen.lastArrivalMs : toMs) - window.fromMs),
      trace,
      before: seen.before.requests === 0 ? null : seen.before.figures(window.fromMs - log.fromMs),
    },
    seed,
    notes: [...log.notes, ...notesOf(settings, evidence, seen)],
    command: settings.command,
  };
}

/** Without the policy and the evidence, and without whatever else the proxy keeps. */
function lifeOf(promotion: PromotionRecord): MeasuredPromotion['promotion'] {
  const { id, policyName, policyHash, incumbentName, incumbentHash, stage, transitions } = promotion;
  return { id, policyName, policyHash, incumbentName, incumbentHash, stage, transitions };
}

async function tracedTraffic({ trace, promotion }: MeasureSettings, evidence: Evidence): Promise<TrafficFigures> {
  if (trace === null) return loadOnly(evidence.trace.requests, evidence.trace.spanMs);
  if (trace.sha256 !== evidence.trace.sha256) {
    throw new BadInput(
      `${trace.name}: is not the trace that the policy was tuned on (${evidence.trace.name}, SHA-256 ${evidence.trace.sha256}); name that one, or leave --trace out`,
    );
  }
  return trafficOfTrace(trace, promotion.policy);
}

interface SeenRequests {
  /** In order of arrival, as are those of `main`. */
  readonly candidate: readonly LoggedRequest[];
  readonly main: readonly LoggedRequest[];
  /** Ended before a decision while two policies served, so nobody knows whose they were. */
  readonly undecided: number;
  readonly now: TrafficTally;
  readonly before: TrafficTally;
  /** In the window. */
  readonly lastArrivalMs: number;
}

async function readWindow(settings: MeasureSettings, window: ServingWindow): Promise<SeenRequests> {
  const { promotion, log, onProgress } = settings;
  const { queue, retry } = promotion.policy;
  const waitMaxMs = Math.max(queue.timeoutMs, retry.deadlineMs);
  const [now, before] = [new TrafficTally(), new TrafficTally()];
  const [candidate, main, undecided]: [LoggedRequest[], LoggedRequest[], LoggedRequest[]] = [[], [], []];
  let read = 0;
  let lastArrivalMs = window.fromMs;
  for await (const batch of log.batches(waitMaxMs)) {
    for (const request of batch) {
      if (request.arrivedAtMs < window.fromMs) before.addLogged(request);
      else if (request.arrivedAtMs < window.toMs) {
        now.addLogged(request);
        lastArrivalMs = Math.max(lastArrivalMs, request.arrivedAtMs);
        if (request.policyHash === promotion.policyHash) candidate.push(request);
        else if (request.policyHash === promotion.incumbentHash) main.push(request);
        else if (request.policyHash === null) undecided.push(request);
      }
    }
    read += batch.length;
    onProgress?.(read);
  }
  // Where nobody else served, they were the candidate's.
  if (main.length > 0 || window.stages.includes('canary')) {
    return { candidate, main, undecided: undecided.length, now, before, lastArrivalMs };
  }
  const own = [...candidate, ...undecided].toSorted((a, b) => a.arrivedAtMs - b.arrivedAtMs);
  return { candidate: candidate.length === 0 ? [] : own, main, undecided: 0, now, before, lastArrivalMs };
}

function whyNothing(
  { id, policyName, policyHash }: PromotionRecord,
  { fromMs }: ServingWindow,
  log: RequestLog,
): string {
  if (log.toMs < fromMs) {
    return `the log ends before promotion ${id} served its first request; give the log of the time after ${new Date(fromMs).toISOString()}`;
  }
  return `no request was decided by ${policyName} (hash ${policyHash.slice(0, 12)}) since ${new Date(fromMs).toISOString()}; give the log of the proxy that it was promoted on`;
}

function armOf(name: string, policyHash: string, requests: readonly LoggedRequest[]): MeasuredArm {
  const count = (ending: LoggedRequest['ending']): number =>
    requests.filter((request) => request.ending === ending).length;
  return {
    name,
    policyHash,
    requests: requests.length,
    completed: count('completed'),
    rejected: count('rejected'),
    cancelled: count('cancelled'),
    open: count('open'),
  };
}

function measuredMetrics(evidence: Evidence, requests: readonly LoggedRequest[], seed: number): MeasuredMetric[] {
  const blocks = blockCount(requests.length);
  const resampling = createResampling(blocks, seed);
  const statistics = blockStatistics(requests, blocks, (index) => Math.floor((index * blocks) / requests.length));
  return evidence.predicted.holdout.map(({ metric, candidate: predicted }) => {
    const statistic = statisticOf(statistics, metric);
    const measured = statistic === null ? UNKNOWN : bootstrapInterval(statistic, resampling);
    const expected = expectedFrom(metric, predicted, measured);
    return { metric, predicted, expected, measured, agreement: agreementOf(predicted, expected, measured) };
  });
}

/** Both arms over the same stretches of time, so that what happened to both cancels out. */
function measuredDifferences(
  evidence: Evidence,
  candidate: readonly LoggedRequest[],
  main: readonly LoggedRequest[],
  seed: number,
): MeasuredDifference[] {
  const blocks = blockCount(Math.min(candidate.length, main.length));
  const resampling = createResampling(blocks, seed);
  const arrivals = [...candidate, ...main].map(({ arrivedAtMs }) => arrivedAtMs).toSorted((a, b) => a - b);
  const starts = Array.from({ length: blocks }, (_, block) => arrivals[Math.ceil((block * arrivals.length) / blocks)]!);
  const blocksOf = (requests: readonly LoggedRequest[]): Readonly<Record<LoggedMetric, BlockStatistic>> => {
    let block = 0;
    const own = requests.map(({ arrivedAtMs }) => {
      while (block + 1 < blocks && arrivedAtMs >= starts[block + 1]!) block += 1;
      return block;
    });
    return blockStatistics(requests, blocks, (index) => own[index]!);
  };
  const [ofCandidate, ofMain] = [blocksOf(candidate), blocksOf(main)];
  return evidence.predicted.holdout.flatMap(({ metric, difference }) => {
    const [a, b] = [statisticOf(ofCandidate, metric), statisticOf(ofMain, metric)];
    return a === null || b === null
      ? []
      : [{ metric, predicted: difference, measured: pairedInterval(a, b, resampling) }];
  });
}

function statisticOf(
  statistics: Readonly<Record<LoggedMetric, BlockStatistic>>,
  metric: Prediction['metric'],
): BlockStatistic | null {
  return metric === 'budget_overshoot' ? null : statistics[metric];
}

function notesOf({ trace, log }: MeasureSettings, evidence: Evidence, { undecided }: SeenRequests): string[] {
  return [
    ...(trace === null
      ? [
          'The trace of the tuning was not given, so its classes and sizes are not known, only its load; --trace names it.',
        ]
      : []),
    ...(undecided > 0
      ? [`${undecided} requests ended before a decision while two policies served; they are counted for neither.`]
      : []),
    ...(log.coreVersion === evidence.coreVersion
      ? []
      : [`Tuned by core ${evidence.coreVersion}, served by core ${log.coreVersion}.`]),
  ];
}
