import { drawUniform } from '../../src/router/keyed-draw.ts';
import { producedTokens, type AttemptPlan, type AttemptRequest } from './attempt-plan.ts';
import { coldStartMs } from './cold-start.ts';
import type { FaultEffect } from './fault-schedule.ts';
import { interTokenMs } from './inter-token.ts';
import { costMicroUsd } from './pricing.ts';
import { cacheWriteTokens } from './prompt-cache.ts';
import { TWIN_DRAW } from './twin-draw.ts';
import type { TwinTarget } from './twin-target.ts';
import type { WeatherState } from './weather.ts';

const {
  abortShare: ABORT_SHARE_DRAW,
  coldStart: COLD_START_DRAW,
  interToken: INTER_TOKEN_DRAW,
  residual: RESIDUAL_DRAW,
} = TWIN_DRAW;

/**
 * The plan of an attempt that gets through to the model: an answer in full, or one that breaks off after a uniform
 * share of its time. Load and trouble are those at sending. Faults and weather slow the model, not its waking.
 *
 * @param othersInFlight at the twin
 * @param readTokens input that its prompt cache holds
 * @param errorDraw see `refusal`
 */
export function answer(
  twin: TwinTarget,
  fault: FaultEffect,
  weather: WeatherState,
  request: AttemptRequest,
  attempt: number,
  seed: number,
  salt: number,
  errorDraw: number,
  othersInFlight: number,
  readTokens: number,
  nowMs: number,
): AttemptPlan {
  const { inputTokens, outputTokens, stream } = request;
  const { promptCache, pricing } = twin;
  const { priceFactor } = fault;
  const key = request.requestKey;
  const slowness = fault.latencyFactor * (weather === 'degraded' ? twin.degradedLatencyFactor : 1);

  const residualDraw = drawUniform(seed, key, salt, RESIDUAL_DRAW);
  const swing = twin.drift(nowMs) * twin.hourFactor(nowMs);
  let producesFromMs = slowness * swing * twin.firstToken(inputTokens - readTokens, othersInFlight, residualDraw);
  if (twin.coldStart !== null) {
    producesFromMs += coldStartMs(twin.coldStart, drawUniform(seed, key, salt, COLD_START_DRAW));
  }
  const paceDraw = drawUniform(seed, key, salt, INTER_TOKEN_DRAW);
  const perTokenMs = slowness * interTokenMs(twin.interToken, othersInFlight, paceDraw);
  let durationMs = producesFromMs + Math.max(0, outputTokens - 1) * perTokenMs;
  let produced = outputTokens;

  const breaksOff = errorDraw >= twin.serverErrorBelow && errorDraw < twin.abortBelow;
  if (breaksOff) {
    const share = drawUniform(seed, key, salt, ABORT_SHARE_DRAW);
    durationMs = producesFromMs + share * (durationMs - producesFromMs);
    produced = producedTokens(outputTokens, producesFromMs, perTokenMs, durationMs);
  }
  const writeTokens = promptCache === null ? 0 : cacheWriteTokens(promptCache, request, readTokens);
  const billed = !breaksOff || pricing.billsAborted;
  return {
    requestId: request.requestId,
    attempt,
    kind: breaksOff ? 'failure' : 'success',
    status: breaksOff && !stream ? null : 200,
    errorCode: breaksOff ? (stream ? 'stream_broken' : 'connection_reset') : null,
    firstTokenMs: stream ? producesFromMs : null,
    durationMs,
    inputTokens,
    outputTokens: produced,
    cacheReadTokens: readTokens,
    cacheWriteTokens: writeTokens,
    costMicroUsd: billed ? costMicroUsd(pricing, inputTokens, readTokens, writeTokens, produced, priceFactor) : 0,
    retryAfterMs: null,
    reachedClient: stream,
    connected: true,
    targetIndex: twin.index,
    producesFromMs,
    interTokenMs: perTokenMs,
    priceFactor,
  };
}
