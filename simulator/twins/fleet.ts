/**
 * The synthetic providers of one run. All their state is here: attempts in flight, limits, weather, prompt caches.
 * What an attempt comes to is settled when it is sent; see {@link AttemptPlan}. Draws are keyed by seed, request,
 * attempt, purpose and target, so two policies meet the same luck, in whatever order they call.
 */
import { drawUniform } from '../../src/router/keyed-draw.ts';
import type { Scenario } from '../scenario.ts';
import { answer } from './answer.ts';
import { producedTokens, type AttemptPlan, type AttemptRequest, type CutAttempt } from './attempt-plan.ts';
import { costMicroUsd } from './pricing.ts';
import { cacheWriteTokens, createPromptCache } from './prompt-cache.ts';
import { isBeforeRateLimit, refusal } from './refusal.ts';
import type { Settle } from './settle.ts';
import { attemptSalt, TWIN_DRAW } from './twin-draw.ts';
import { createTwinTargets, type TwinTarget } from './twin-target.ts';
import type { WeatherState } from './weather.ts';

const { error: ERROR_DRAW } = TWIN_DRAW;

export interface Fleet {
  /**
   * Sends an attempt. It counts as in flight until {@link Fleet.end}, whatever it comes to.
   *
   * @param targetIndex place in the `targetIds` the fleet was made with
   * @param attempt 1, 2, ...
   * @param nowMs never before the time of an earlier call
   */
  attempt(targetIndex: number, request: AttemptRequest, attempt: number, nowMs: number): AttemptPlan;
  /** An attempt is over: by its plan, or cut short. */
  end(targetIndex: number, nowMs: number): void;
  /**
   * What had been produced and is billed when an attempt ended `afterMs` after sending. Before the first token:
   * nothing. From then on the input and the output so far, billed if the provider bills what breaks off.
   */
  cut(plan: AttemptPlan, afterMs: number): CutAttempt;
  /** State of a target's provider, by chance; scheduled faults are not part of it. */
  weather(targetIndex: number, nowMs: number): WeatherState;
  /** Attempts in flight at the target's model, over all keys. */
  inFlight(targetIndex: number): number;
  /** Places that the prompt caches have allocated. */
  cacheCapacity(): { readonly sessions: number; readonly blocks: number };
}

/**
 * @param targetIds ids of the pool's targets, in the order in which the driver counts them
 * @param seed a safe integer
 * @param settle has the last word on what an attempt comes to; null: the twins have
 * @throws BadInput when a target is not in the pool or has no twin
 */
export function createFleet(
  scenario: Scenario,
  targetIds: readonly string[],
  seed: number,
  settle: Settle | null = null,
): Fleet {
  const targets = createTwinTargets(scenario, targetIds, seed);
  const cache = createPromptCache();
  let clockMs = -Infinity;

  function target(targetIndex: number): TwinTarget {
    const found = targets[targetIndex];
    if (found === undefined) throw new RangeError(`no target ${targetIndex}`);
    return found;
  }

  function advance(nowMs: number): void {
    if (!(nowMs >= clockMs)) throw timeWentBack(clockMs, nowMs);
    clockMs = nowMs;
  }

  return {
    attempt(targetIndex, request, attempt, nowMs) {
      advance(nowMs);
      const twin = target(targetIndex);
      const fault = twin.faults(nowMs);
      const weather = twin.weather(nowMs);
      const othersInFlight = twin.load.inFlight++;
      const salt = attemptSalt(twin.hash, attempt);
      // One draw is split into ranges, so that each error comes with just its own probability.
      const errorDraw = drawUniform(seed, request.requestKey, salt, ERROR_DRAW);

      const refused = refusal(twin, fault, weather, request, attempt, seed, salt, errorDraw, nowMs);
      if (refused !== null && settle === null) return refused;
      const { promptCache, pricing } = twin;
      const readTokens = promptCache === null ? 0 : cache.read(targetIndex, promptCache, request, nowMs);
      const ofTwin =
        refused ??
        answer(twin, fault, weather, request, attempt, seed, salt, errorDraw, othersInFlight, readTokens, nowMs);
      if (settle === null) {
        cache.write(targetIndex, promptCache, request, ofTwin, nowMs);
        return ofTwin;
      }
      const writeTokens = promptCache === null ? 0 : cacheWriteTokens(promptCache, request, readTokens);
      const plan = settle({ request, attempt, nowMs, othersInFlight, readTokens, writeTokens, pricing, ofTwin });
      if (plan.producesFromMs === Infinity) return plan;
      // What the twin would have turned away before its rate limit has used that limit up all the same.
      if (isBeforeRateLimit(ofTwin)) twin.rateLimit?.(request.inputTokens + request.outputTokens, nowMs);
      cache.write(targetIndex, promptCache, request, plan, nowMs);
      return plan;
    },

    end(targetIndex, nowMs) {
      advance(nowMs);
      const { load } = target(targetIndex);
      if (load.inFlight === 0) throw new RangeError(`no attempt is in flight at target ${targetIndex}`);
      load.inFlight -= 1;
    },

    cut(plan, afterMs) {
      if (afterMs >= plan.durationMs) return plan;
      const { evidence } = plan;
      if (evidence !== undefined && evidence.recordedCut !== null && isSameTime(afterMs, evidence.knownUntilMs)) {
        return evidence.recordedCut;
      }
      if (afterMs < plan.producesFromMs) return NOTHING_PRODUCED;
      const { inputTokens, cacheReadTokens, cacheWriteTokens, producesFromMs, priceFactor } = plan;
      const { pricing } = target(plan.targetIndex);
      const outputTokens = producedTokens(plan.outputTokens, producesFromMs, plan.interTokenMs, afterMs);
      const cost = pricing.billsAborted
        ? costMicroUsd(pricing, inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens, priceFactor)
        : 0;
      const { firstTokenMs } = plan;
      return { firstTokenMs, inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, costMicroUsd: cost };
    },

    weather(targetIndex, nowMs) {
      advance(nowMs);
      return target(targetIndex).weather(nowMs);
    },

    inFlight: (targetIndex) => target(targetIndex).load.inFlight,

    cacheCapacity: () => cache.capacity(),
  };
}

/** Times that were reckoned in two ways. */
function isSameTime(aMs: number, bMs: number): boolean {
  return Math.abs(aMs - bMs) <= 1e-6;
}

/** Not written where it is thrown: the engine would turn every time into text ahead of the test. */
function timeWentBack(fromMs: number, toMs: number): RangeError {
  return new RangeError(`time went back from ${fromMs} to ${toMs} ms`);
}

const NOTHING_PRODUCED: CutAttempt = {
  firstTokenMs: null,
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  costMicroUsd: 0,
};
