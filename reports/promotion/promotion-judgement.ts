/** Was the promise kept, did the simulator earn its trust, and has the traffic changed? */
import { BETTER } from '../../src/config/objective.ts';
import type { MeasuredMetric, MeasuredPromotion, TrafficFigures } from '../../src/policies/measured-promotion.ts';
import { REQUEST_CLASSES } from '../../src/router/policy.ts';
import { FEW_BLOCKS } from '../summary/pair-verdict.ts';

/**
 * `kept`: nothing that is known lies clearly outside. `worse`: something lies clearly outside, on its bad side.
 * `better`: only on the good side: no harm, but the simulator was off. `early`: too few requests to say. `unknown`:
 * nothing can be held against anything.
 */
export type PromotionVerdict = 'kept' | 'worse' | 'better' | 'early' | 'unknown';

export function promotionVerdict({ metrics, blocks }: MeasuredPromotion): PromotionVerdict {
  const known = metrics.filter(({ agreement }) => agreement !== 'unknown');
  if (known.length === 0) return 'unknown';
  if (blocks < FEW_BLOCKS) return 'early';
  if (known.some(isWorse)) return 'worse';
  return known.some(isApart) ? 'better' : 'kept';
}

/** The two intervals do not meet. */
export function isApart({ agreement }: MeasuredMetric): boolean {
  return agreement === 'above' || agreement === 'below';
}

/** Clearly outside of what was predicted, on the side that nobody wants. */
export function isWorse(metric: MeasuredMetric): boolean {
  return isApart(metric) && (metric.agreement === 'above') === (BETTER[metric.metric] === 'lower');
}

/** Measured value less predicted one as a share of the latter; null where that means nothing. */
export function offBy({ predicted, measured }: MeasuredMetric): number | null {
  if (predicted.value === null || measured.value === null || predicted.value === 0) return null;
  return measured.value / predicted.value - 1;
}

/** One way in which the traffic differs from that of the tuning by enough to matter. */
export interface TrafficChange {
  readonly what: 'load' | 'classes' | 'size';
  /** Of load and size, relative; of classes, the share of requests that would have to change class. */
  readonly change: number;
  /** What it is held against. */
  readonly against: 'trace' | 'before';
}

/** A difference in load or size that a router notices. */
const RELATIVE_MAX = 0.25;
/** Share of requests in another class. */
const CLASSES_MAX = 0.1;

/** Load against the trace; classes and sizes against it too where they are known, else against the log before. */
export function trafficChanges({ traffic }: MeasuredPromotion): readonly TrafficChange[] {
  const { now, trace, before } = traffic;
  const mix = trace.classes === null ? before : trace;
  const against = trace.classes === null ? 'before' : 'trace';
  const changes: TrafficChange[] = [
    ...relative('load', now.requestsPerHour, trace.requestsPerHour, 'trace'),
    ...(mix === null ? [] : relative('size', now.inputTokensMean, mix.inputTokensMean, against)),
  ];
  const moved = mix === null ? null : classDistance(now, mix);
  if (moved !== null && moved > CLASSES_MAX) changes.push({ what: 'classes', change: moved, against });
  return changes;
}

function relative(
  what: 'load' | 'size',
  now: number | null,
  then: number | null,
  against: TrafficChange['against'],
): TrafficChange[] {
  if (now === null || then === null || then === 0) return [];
  const change = now / then - 1;
  return Math.abs(change) > RELATIVE_MAX ? [{ what, change, against }] : [];
}

/** Total variation distance of the class mixes, 0 to 1; null where one is unknown. */
function classDistance(a: TrafficFigures, b: TrafficFigures): number | null {
  const [ofA, ofB] = [a.classes, b.classes];
  if (ofA === null || ofB === null) return null;
  return REQUEST_CLASSES.reduce((sum, name) => sum + Math.abs(ofA[name] - ofB[name]), 0) / 2;
}
