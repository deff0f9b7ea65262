/**
 * Speed of the core alone: one thread, requests of a real trace, outcomes prepared beforehand, so that nothing
 * but `begin` and `observe` is timed. A decision here is all that the core does for one: admission, filters,
 * scores, pick, reservation, and later the settlement of its outcome.
 */
import { performance } from 'node:perf_hooks';
import type { TraceRow } from '../../datasets/trace.ts';
import {
  createRouter,
  type AttemptOutcome,
  type Command,
  type Policy,
  type PoolDefinition,
} from '../../src/router/index.ts';

const IN_FLIGHT = 32;

export interface CoreSpeed {
  readonly decisions: number;
  readonly decisionsPerSecond: number;
}

/** Drives the core through the rows again and again, time going on, for at least this long after a warm-up. */
export function measureCore(
  pool: PoolDefinition,
  policy: Policy,
  rows: readonly TraceRow[],
  seconds: number,
): CoreSpeed {
  const prepared = rows.map((row, index) => ({ row, outcome: outcomeOf(row, index) }));
  const drive = createDrive(pool, policy, prepared);
  for (let round = 0; round < 5; round++) drive();
  const startMs = performance.now();
  let decisions = 0;
  let elapsedMs = 0;
  while (elapsedMs < seconds * 1_000) {
    decisions += drive();
    elapsedMs = performance.now() - startMs;
  }
  return { decisions, decisionsPerSecond: (decisions * 1_000) / elapsedMs };
}

interface PreparedRequest {
  readonly row: TraceRow;
  readonly outcome: AttemptOutcome;
}

/** One attempt in 97 fails after its first byte, so that states and windows have something to do. */
function outcomeOf(row: TraceRow, index: number): AttemptOutcome {
  const fails = (index * 7) % 97 === 0;
  return {
    requestId: row.requestId,
    attempt: 1,
    kind: fails ? 'failure' : 'success',
    status: fails ? 500 : 200,
    errorCode: null,
    firstTokenMs: fails ? null : 250 + ((index * 13) % 400),
    durationMs: 3_000,
    inputTokens: fails ? 0 : row.inputTokens,
    outputTokens: fails ? 0 : row.outputTokens,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    costMicroUsd: fails ? 0 : row.inputTokens,
    retryAfterMs: null,
    reachedClient: fails,
  };
}

/** A function that drives one pass, keeping `IN_FLIGHT` attempts open, and returns how many targets were chosen. */
function createDrive(pool: PoolDefinition, policy: Policy, requests: readonly PreparedRequest[]): () => number {
  const router = createRouter(pool, policy, { seed: 1 });
  const spanMs = (requests.at(-1)?.row.arrivalMs ?? 0) + 1_000;
  const open: PreparedRequest[] = [];
  let slot = 0;
  let startMs = 0;
  let sent = 0;
  const count = (commands: readonly Command[]): void => {
    for (let index = 0; index < commands.length; index++) if (commands[index]!.kind === 'send') sent++;
  };
  return () => {
    sent = 0;
    for (let index = 0; index < requests.length; index++) {
      const request = requests[index]!;
      const nowMs = startMs + request.row.arrivalMs;
      const ended = open[slot];
      open[slot] = request;
      slot = (slot + 1) % IN_FLIGHT;
      if (ended !== undefined) count(router.observe(ended.outcome, nowMs));
      count(router.begin(request.row, nowMs));
    }
    startMs += spanMs;
    return sent;
  };
}
