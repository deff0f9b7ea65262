import { DATASET_DRAW } from '../draw-purpose.ts';
import { drawOpenUniform } from '../distributions/open-uniform.ts';
import type { GeneratorSettings } from './settings.ts';

/** A stretch of time with a constant rate. */
export interface RateSegment {
  readonly startMs: number;
  readonly endMs: number;
  /** Relative to the other segments; 1 is an hour without day shape and burst. */
  readonly rate: number;
}

type RateSettings = Pick<GeneratorSettings, 'seed' | 'hours' | 'startHour' | 'day' | 'bursts'>;

const HOUR_MS = 3_600_000;
/** The day shape is taken as constant over this; every hour begins with a new step. */
const STEP_MS = 60_000;

/** The rate over the whole trace, in order and without gaps, cut where the day shape or a burst changes it. */
export function* rateSegments(settings: RateSettings): Generator<RateSegment> {
  const endMs = settings.hours * HOUR_MS;
  const bursts = burstSpans(settings);
  let burst = bursts.next().value;
  let atMs = 0;
  while (atMs < endMs) {
    while (burst.endMs <= atMs) burst = bursts.next().value;
    const inBurst = burst.startMs <= atMs;
    const stepEndMs = (Math.floor(atMs / STEP_MS) + 1) * STEP_MS;
    const nextMs = Math.min(endMs, stepEndMs, inBurst ? burst.endMs : burst.startMs);
    const rate = dayFactor(settings, stepEndMs - STEP_MS / 2) * (inBurst ? burst.factor : 1);
    yield { startMs: atMs, endMs: nextMs, rate };
    atMs = nextMs;
  }
}

/** Requests expected in the whole trace, in units of rate x ms. */
export function totalMass(settings: RateSettings): number {
  let mass = 0;
  for (const { startMs, endMs, rate } of rateSegments(settings)) mass += rate * (endMs - startMs);
  return mass;
}

interface BurstSpan {
  readonly startMs: number;
  readonly endMs: number;
  readonly factor: number;
}

/** Bursts without end: exponential calm, exponential burst, and so on. Calms are as long as `perHour` wants it. */
function* burstSpans({ seed, bursts }: RateSettings): Generator<BurstSpan, never> {
  if (bursts === null) {
    for (;;) yield { startMs: Infinity, endMs: Infinity, factor: 1 };
  }
  const meanCalmMs = HOUR_MS / bursts.perHour;
  let atMs = 0;
  for (let number = 0; ; number++) {
    const startMs = atMs - meanCalmMs * Math.log(drawOpenUniform(seed, number, 0, DATASET_DRAW.burstGap));
    const lengthMs = -bursts.meanSeconds * 1_000 * Math.log(drawOpenUniform(seed, number, 0, DATASET_DRAW.burstLength));
    atMs = startMs + lengthMs;
    yield { startMs, endMs: atMs, factor: bursts.factor };
  }
}

/** The day shape's factor at a time of the trace. */
function dayFactor({ day, startHour }: RateSettings, atMs: number): number {
  const hour = (startHour + atMs / HOUR_MS) % 24;
  switch (day.kind) {
    case 'flat':
      return 1;
    case 'wave':
      return 1 + day.amplitude * Math.cos((2 * Math.PI * (hour - day.peakHour)) / 24);
    case 'hours':
      return day.factors[Math.floor(hour)] ?? 1;
  }
}
