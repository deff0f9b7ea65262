/** Scheduled faults of one target, cut beforehand into spans of constant effect, so that asking costs nothing. */
import type { Fault } from '../scenario.ts';

/** All faults of a moment together. */
export interface FaultEffect {
  readonly down: boolean;
  /** Of at least one `failures` fault striking: 1 - product of (1 - p). */
  readonly failureProbability: number;
  /** Of at least one storm's 429, likewise. */
  readonly stormProbability: number;
  /** The longest Retry-After of the storms. */
  readonly stormRetryAfterMs: number | null;
  /** Product of the factors. */
  readonly latencyFactor: number;
  readonly priceFactor: number;
}

const NO_FAULT: FaultEffect = {
  down: false,
  failureProbability: 0,
  stormProbability: 0,
  stormRetryAfterMs: null,
  latencyFactor: 1,
  priceFactor: 1,
};

/** The effect at a time; times must not go back. */
export type FaultSchedule = (nowMs: number) => FaultEffect;

/**
 * @param faults of the whole scenario, in any order; a fault is on from `startMs` until just before `endMs`
 * @param targetId the target they are looked up for
 * @param provider its provider, whose faults strike it too
 */
export function createFaultSchedule(faults: readonly Fault[], targetId: string, provider: string): FaultSchedule {
  const own = faults.filter(({ scope }) => scope === targetId || scope === provider);
  const changesMs = [...new Set(own.flatMap(({ startMs, endMs }) => [startMs, endMs]))].sort((a, b) => a - b);
  const effects = changesMs.map((startMs) => effectAt(own, startMs));
  let effect = NO_FAULT;
  let next = 0;
  let nextMs = changesMs[0] ?? Infinity;
  return (nowMs) => {
    while (nowMs >= nextMs) {
      effect = effects[next]!;
      next += 1;
      nextMs = changesMs[next] ?? Infinity;
    }
    return effect;
  };
}

function effectAt(faults: readonly Fault[], atMs: number): FaultEffect {
  return faults.filter(({ startMs, endMs }) => startMs <= atMs && atMs < endMs).reduce(withFault, NO_FAULT);
}

function withFault(effect: FaultEffect, fault: Fault): FaultEffect {
  switch (fault.kind) {
    case 'down':
      return { ...effect, down: true };
    case 'failures':
      return { ...effect, failureProbability: either(effect.failureProbability, fault.probability) };
    case 'rate-limit-storm':
      return {
        ...effect,
        stormProbability: either(effect.stormProbability, fault.probability),
        stormRetryAfterMs: longer(effect.stormRetryAfterMs, fault.retryAfterMs),
      };
    case 'latency':
      return { ...effect, latencyFactor: effect.latencyFactor * fault.factor };
    case 'price':
      return { ...effect, priceFactor: effect.priceFactor * fault.factor };
    default:
      return assertNever(fault);
  }
}

/** Probability of at least one of two independent events. */
export function either(p: number, q: number): number {
  return p + q - p * q;
}

function longer(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.max(a, b);
}

function assertNever(fault: never): never {
  throw new Error(`unknown fault ${JSON.stringify(fault)}`);
}
