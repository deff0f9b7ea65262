/**
 * When an attempt ends and as what: by the twin's plan, by one of the router's timeouts (which the driver
 * enforces), or because the client's patience is over.
 */
import type { AttemptOutcome } from '../../src/router/contract.ts';
import type { Policy } from '../../src/router/policy.ts';
import type { ClientBehaviour } from '../scenario.ts';
import type { Fleet } from '../twins/fleet.ts';
import type { ClientCall } from './client-call.ts';

/** An attempt in flight, as far as its end depends on it. */
export type EndingAttempt = Pick<ClientCall, 'arrivedAtMs' | 'sentAtMs' | 'plan' | 'endsBy'> & {
  readonly row: Pick<ClientCall['row'], 'stream'>;
};

/** What cut an attempt short, as outcomes and the log name it. */
const CUT_CODES = {
  connect: 'connect_timeout',
  firstToken: 'first_token_timeout',
  idle: 'idle_timeout',
  total: 'total_timeout',
  client: 'client_left',
} as const satisfies Readonly<Record<Exclude<ClientCall['endsBy'], 'plan'>, string>>;

/** Sets `call.endsBy` and returns how long after sending the attempt ends, ms. */
export function endOfAttempt(call: EndingAttempt, timeouts: Policy['timeouts'], clients: ClientBehaviour): number {
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
function cutAt(call: EndingAttempt, endsAfterMs: number, cutAfterMs: number, by: ClientCall['endsBy']): number {
  if (cutAfterMs >= endsAfterMs) return endsAfterMs;
  call.endsBy = by;
  return cutAfterMs;
}

/** When the client gives up if nothing changes: `Infinity` for a patient one. */
export function clientLeavesAtMs(call: EndingAttempt, clients: ClientBehaviour): number {
  const { firstTokenTimeoutMs, totalTimeoutMs } = clients;
  const gaveUpAtMs = totalTimeoutMs === null ? Infinity : call.arrivedAtMs + totalTimeoutMs;
  if (firstTokenTimeoutMs === null) return gaveUpAtMs;
  const firstTokenByMs = call.arrivedAtMs + firstTokenTimeoutMs;
  const seenAtMs = call.plan === null ? Infinity : call.sentAtMs + firstSeenAfterMs(call);
  return seenAtMs <= firstTokenByMs ? gaveUpAtMs : Math.min(gaveUpAtMs, firstTokenByMs);
}

/** What the client sees first: the first token of a stream, or the whole answer. */
function firstSeenAfterMs(call: EndingAttempt): number {
  const plan = call.plan!;
  if (plan.kind !== 'success') return plan.firstTokenMs ?? Infinity;
  return call.row.stream ? (plan.firstTokenMs ?? plan.durationMs) : plan.durationMs;
}

/** The outcome of an attempt that ends now, as the core is told; it may say more, which is nobody's business. */
export function outcomeOfAttempt(call: EndingAttempt, fleet: Fleet, nowMs: number): AttemptOutcome {
  const plan = call.plan!;
  if (call.endsBy === 'plan') return plan;
  const afterMs = nowMs - call.sentAtMs;
  const { firstTokenMs, inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, costMicroUsd } = fleet.cut(
    plan,
    afterMs,
  );
  return {
    requestId: plan.requestId,
    attempt: plan.attempt,
    kind: call.endsBy === 'client' ? 'cancelled' : 'timeout',
    status: null,
    errorCode: CUT_CODES[call.endsBy],
    firstTokenMs,
    durationMs: afterMs,
    inputTokens,
    outputTokens,
    cacheReadTokens,
    cacheWriteTokens,
    costMicroUsd,
    retryAfterMs: null,
    reachedClient: call.row.stream && firstTokenMs !== null,
  };
}

/** An outcome as it is recorded: that and no more. */
export function plainOutcome(outcome: AttemptOutcome): AttemptOutcome {
  return {
    requestId: outcome.requestId,
    attempt: outcome.attempt,
    kind: outcome.kind,
    status: outcome.status,
    errorCode: outcome.errorCode,
    firstTokenMs: outcome.firstTokenMs,
    durationMs: outcome.durationMs,
    inputTokens: outcome.inputTokens,
    outputTokens: outcome.outputTokens,
    cacheReadTokens: outcome.cacheReadTokens,
    cacheWriteTokens: outcome.cacheWriteTokens,
    costMicroUsd: outcome.costMicroUsd,
    retryAfterMs: outcome.retryAfterMs,
    reachedClient: outcome.reachedClient,
  };
}

/** What the core is told when a client leaves while its request waits. */
export function outcomeOfLeaving(call: ClientCall, nowMs: number): AttemptOutcome {
  return {
    requestId: call.row.requestId,
    attempt: 0,
    kind: 'cancelled',
    status: null,
    errorCode: CUT_CODES.client,
    firstTokenMs: null,
    durationMs: nowMs - call.arrivedAtMs,
    inputTokens: 0,
    outputTokens: 0,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    costMicroUsd: 0,
    retryAfterMs: null,
    reachedClient: false,
  };
}
