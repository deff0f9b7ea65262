/**
 * When an attempt ends and as what: by the twin's plan, by one of the router's timeouts (which the driver
 * enforces), or because the client's patience is over.
 */
import type { AttemptOutcome } from '../../src/router/contract.ts';
import type { Policy } from '../../src/router/policy.ts';
import type { ClientBehaviour } from '../scenario.ts';
import type { CutAttempt } from '../twins/attempt-plan.ts';
import type { Fleet } from '../twins/fleet.ts';
import type { ClientCall } from './client-call.ts';

/** What cut an attempt short, as outcomes and the log name it. */
const CUT_CODES = {
  connect: 'connect_timeout',
  firstToken: 'first_token_timeout',
  idle: 'idle_timeout',
  total: 'total_timeout',
  client: 'client_left',
} as const satisfies Readonly<Record<Exclude<ClientCall['endsBy'], 'plan'>, string>>;

/** Sets `call.endsBy` and returns how long after sending the attempt ends, ms. */
export function endOfAttempt(call: ClientCall, timeouts: Policy['timeouts'], clients: ClientBehaviour): number {
  const plan = call.plan!;
  call.endsBy = 'plan';
  let endsAfterMs = plan.durationMs;
  if (!plan.connected) endsAfterMs = cutAt(call, endsAfterMs, timeouts.connectMs, 'connect');
  if (call.row.stream && plan.firstTokenMs !== null) {
    if (plan.firstTokenMs > timeouts.firstTokenMs) {
      endsAfterMs = cutAt(call, endsAfterMs, timeouts.firstTokenMs, 'firstToken');
    } else if (plan.interTokenMs > timeouts.idleMs) {
      endsAfterMs = cutAt(call, endsAfterMs, plan.firstTokenMs + timeouts.idleMs, 'idle');
    }
  }
  endsAfterMs = cutAt(call, endsAfterMs, timeouts.totalMs, 'total');
  const leavesAfterMs = clientLeavesAtMs(call, clients) - call.sentAtMs;
  return cutAt(call, endsAfterMs, Math.max(0, leavesAfterMs), 'client');
}

/** The earlier of two ends; when it is the cut, notes whose it is. */
function cutAt(call: ClientCall, endsAfterMs: number, cutAfterMs: number, by: ClientCall['endsBy']): number {
  if (cutAfterMs >= endsAfterMs) return endsAfterMs;
  call.endsBy = by;
  return cutAfterMs;
}

/** When the client gives up if nothing changes: `Infinity` for a patient one. */
export function clientLeavesAtMs(call: ClientCall, clients: ClientBehaviour): number {
  const { firstTokenTimeoutMs, totalTimeoutMs } = clients;
  const gaveUpAtMs = totalTimeoutMs === null ? Infinity : call.arrivedAtMs + totalTimeoutMs;
  if (firstTokenTimeoutMs === null) return gaveUpAtMs;
  const firstTokenByMs = call.arrivedAtMs + firstTokenTimeoutMs;
  const seenAtMs = call.plan === null ? Infinity : call.sentAtMs + firstSeenAfterMs(call);
  return seenAtMs <= firstTokenByMs ? gaveUpAtMs : Math.min(gaveUpAtMs, firstTokenByMs);
}

/** What the client sees first: the first token of a stream, or the whole answer. */
function firstSeenAfterMs(call: ClientCall): number {
  const plan = call.plan!;
  if (plan.kind !== 'success') return plan.firstTokenMs ?? Infinity;
  return call.row.stream ? (plan.firstTokenMs ?? plan.durationMs) : plan.durationMs;
}

/** The outcome of an attempt that ends now, as the core is told. */
export function outcomeOfAttempt(call: ClientCall, fleet: Fleet, nowMs: number): AttemptOutcome {
  const plan = call.plan!;
  const afterMs = nowMs - call.sentAtMs;
  const isWhole = call.endsBy === 'plan';
  const produced: CutAttempt = isWhole ? plan : fleet.cut(plan, afterMs);
  const firstTokenMs = produced.firstTokenMs;
  const kind = isWhole ? plan.kind : call.endsBy === 'client' ? 'cancelled' : 'timeout';
  return {
    requestId: call.row.requestId,
    attempt: call.attempts,
    kind,
    status: isWhole ? plan.status : null,
    errorCode: call.endsBy === 'plan' ? plan.errorCode : CUT_CODES[call.endsBy],
    firstTokenMs,
    durationMs: isWhole ? plan.durationMs : afterMs,
    inputTokens: produced.inputTokens,
    outputTokens: produced.outputTokens,
    cacheReadTokens: produced.cacheReadTokens,
    cacheWriteTokens: produced.cacheWriteTokens,
    costMicroUsd: produced.costMicroUsd,
    retryAfterMs: isWhole ? plan.retryAfterMs : null,
    reachedClient: call.row.stream && firstTokenMs !== null,
  };
}
