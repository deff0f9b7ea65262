import { unitGaps } from '../distributions/gaps.ts';
import { DATASET_DRAW } from '../draw-purpose.ts';
import { rateSegments, totalMass } from './rate-curve.ts';
import type { GeneratorSettings } from './settings.ts';

type ArrivalSettings = Pick<GeneratorSettings, 'seed' | 'requests' | 'hours' | 'startHour' | 'gaps' | 'day' | 'bursts'>;

/** Arrivals are kept to this many steps a millisecond. */
const STEPS_PER_MS = 1_000;

/**
 * Arrival times of a renewal process under a rate that changes, by time change: with independent gaps of mean 1 and
 * their sums S_i, and the rate's integral L over the whole trace, arrival i lies where the integral has reached
 * L S_i / S_(n+1). So exactly n requests arrive within the trace, as the order statistics of a Poisson process do when
 * the gaps are exponential.
 *
 * @returns arrival times in order, ms, rounded to 1 us
 */
export function* arrivalTimes(settings: ArrivalSettings): Generator<number, void> {
  const gap = unitGaps(settings.gaps.family, settings.gaps.cv);
  const draw = (index: number): number => gap(settings.seed, index, 0, DATASET_DRAW.gap);
  const massPerGap = totalMass(settings) / sumOfGaps(settings.requests, draw);
  const endMs = settings.hours * 3_600_000;
  const segments = rateSegments(settings);
  let segment = segments.next().value;
  let massBefore = 0;
  let sum = 0;
  for (let index = 0; index < settings.requests; index++) {
    sum += draw(index);
    const mass = sum * massPerGap;
    while (segment && massBefore + segment.rate * (segment.endMs - segment.startMs) < mass) {
      massBefore += segment.rate * (segment.endMs - segment.startMs);
      segment = segments.next().value;
    }
    // Past the last segment only by rounding.
    const atMs = segment ? segment.startMs + (mass - massBefore) / segment.rate : endMs;
    yield Math.round(Math.min(atMs, endMs) * STEPS_PER_MS) / STEPS_PER_MS;
  }
}

/** S_(n+1): the gap after the last arrival counts as well. */
function sumOfGaps(requests: number, draw: (index: number) => number): number {
  let sum = 0;
  for (let index = 0; index <= requests; index++) sum += draw(index);
  return sum;
}
