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

/** Attempts in flight, and requests that are timed together: a clock reading costs as much as a decision. */
const IN_FLIGHT = 64;

/** The fastest window says what the code can do; the mean also says what else the machine had to do. */
export interface Rate {
  readonly fastest: number;
  readonly mean: number;
}

export interface CoreSpeed {
  /** `begin` alone: admission, filters, scores, pick, reservation, command. Decisions per second. */
  readonly decisions: Rate;
  /** `begin` and the `observe` of its outcome: settlement, health, estimates. Per second. */
  readonly decisionsAndOutcomes: Rate;
}

/** Passes over the rows that make one window. */
const WINDOW_ROUNDS = 10;

/** Drives the core through the rows again and again, time going on, for about this long after a warm-up. */
export function measureCore(
  pool: PoolDefinition,
  policy: Policy,
  rows: readonly TraceRow[],
  seconds: number,
): CoreSpeed {
  const drive = createDrive(pool, policy, rows, rows.map(outcomeOf));
  for (let round = 0; round < 5; round++) drive();
  const begins: Window[] = [];
  const wholes: Window[] = [];
  const startMs = performance.now();
  while (performance.now() - startMs < seconds * 1_000) {
    const windowStartMs = performance.now();
    let count = 0;
    let beginMs = 0;
    for (let round = 0; round < WINDOW_ROUNDS; round++) {
      const driven = drive();
      count += driven.decisions;
      beginMs += driven.beginMs;
    }
    begins.push({ count, ms: beginMs });
    wholes.push({ count, ms: performance.now() - windowStartMs });
  }
  return { decisions: rateOf(begins), decisionsAndOutcomes: rateOf(wholes) };
}

interface Window {
  readonly count: number;
  readonly ms: number;
}

/** Per second, from what was counted in windows of so many ms. */
export function rateOf(windows: readonly Window[]): Rate {
  const count = windows.reduce((sum, window) => sum + window.count, 0);
  const ms = windows.reduce((sum, window) => sum + window.ms, 0);
  return {
    fastest: Math.max(...windows.map((window) => (window.count * 1_000) / window.ms)),
    mean: (count * 1_000) / ms,
  };
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

interface Round {
  readonly decisions: number;
  readonly beginMs: number;
}

/** A function that drives one pass: `IN_FLIGHT` requests begin, then their outcomes come, and so on. */
function createDrive(
  pool: PoolDefinition,
  policy: Policy,
  rows: readonly TraceRow[],
  outcomes: readonly AttemptOutcome[],
): () => Round {
  const router = createRouter(pool, policy, { seed: 1 });
  const spanMs = (rows.at(-1)?.arrivalMs ?? 0) + 60_000;
  let startMs = 0;
  return () => {
    let decisions = 0;
    let beginMs = 0;
    for (let first = 0; first < rows.length; first += IN_FLIGHT) {
      const end = Math.min(first + IN_FLIGHT, rows.length);
      const clockMs = performance.now();
      for (let index = first; index < end; index++) {
        const row = rows[index]!;
        decisions += sends(router.begin(row, startMs + row.arrivalMs));
      }
      beginMs += performance.now() - clockMs;
      const endsAtMs = startMs + rows[end - 1]!.arrivalMs;
      for (let index = first; index < end; index++) decisions += sends(router.observe(outcomes[index]!, endsAtMs));
    }
    startMs += spanMs;
    return { decisions, beginMs };
  };
}

function sends(commands: readonly Command[]): number {
  let count = 0;
  for (let index = 0; index < commands.length; index++) if (commands[index]!.kind === 'send') count++;
  return count;
}
