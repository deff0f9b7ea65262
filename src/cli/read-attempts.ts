/** Reads the attempts of a log, or of a trace that tells what became of its requests, for commands that fit or judge. */
import { openTrace } from '../../datasets/index.ts';
import type { TraceRow, TraceSource } from '../../datasets/trace.ts';
import type { AttemptTable } from '../../simulator/calibrate/attempt-table.ts';
import { AttemptTableBuilder, type AttemptFacts } from '../../simulator/calibrate/build-attempt-table.ts';
import { believedTimes, PAUSE_MAX_MS, type BelievedTimes } from '../../simulator/calibrate/far-off-times.ts';
import { ImplausibleTimes } from '../../simulator/calibrate/plausible-times.ts';
import { partsOfId, type TargetParts } from '../../simulator/calibrate/target-numbers.ts';
import { BadInput } from '../config/bad-input.ts';
import { isLogFile } from '../log/log-file.ts';
import { openAttemptLog, type LoggedAttempt } from '../log/logged-attempts.ts';
import type { PoolDefinition, Policy } from '../router/index.ts';
import { progressBar } from './progress-bar.ts';
import { statSync } from 'node:fs';

export interface ReadAttempts {
  readonly table: AttemptTable;
  /** Of the requests that the attempts were made for; null where nobody knows. */
  readonly requests: number | null;
  /** The pool at the end of a log; null of a trace. */
  readonly pool: PoolDefinition | null;
  /** The policy at the end of a log; null of a trace. */
  readonly policy: Policy | null;
  /** What a person should know, one line each. */
  readonly notes: readonly string[];
}

/** A difference between the clock and a measured duration that no delay explains, ms. */
const CLOCK_JUMP_MS = 5_000;
const CLOCK_JUMP_SHARE = 0.5;
const DAY_MS = 86_400_000;

/** @throws BadInput when there is no attempt with an outcome in it */
export async function readAttempts(path: string): Promise<ReadAttempts> {
  return (await isLog(path)) ? readFromLog(path) : readFromTrace(path);
}

async function isLog(path: string): Promise<boolean> {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new BadInput(`${path}: no such file; name a decision log or a trace`);
  return found.isDirectory() || isLogFile(path);
}

async function readFromLog(path: string): Promise<ReadAttempts> {
  const log = await openAttemptLog(path);
  try {
    if (log.attempts === 0) {
      const reason = log.unended > 0 ? `${log.unended} attempts, none of which has an outcome` : 'no attempts';
      throw new BadInput(`${path}: the log has ${reason}; there is nothing to learn from`);
    }
    const builder = new AttemptTableBuilder(partsByPools(log.configurations.map(({ pool }) => pool)));
    const bar = progressBar('read attempts', log.attempts);
    const times = new ImplausibleTimes();
    let read = 0;
    let jumps = 0;
    try {
      for await (const batch of log.batches()) {
        for (const attempt of batch) {
          if (!times.accepts(attempt)) continue;
          builder.add(factsOf(attempt));
          if (isClockJump(attempt)) jumps += 1;
        }
        read += batch.length;
        bar.update(read);
      }
    } finally {
      bar.stop();
    }
    const last = log.configurations.at(-1) ?? null;
    const table = builder.finish(path);
    return {
      table,
      requests: log.requests,
      pool: last?.pool ?? null,
      policy: last?.policy ?? null,
      notes: [
        ...log.notes,
        ...(log.unended > 0
          ? [`${path}: ${log.unended} attempts have no outcome (in flight at the end); they are left out`]
          : []),
        ...times.notes(path),
        ...clockNotes(path, jumps, builder.backward, table.rows),
      ],
    };
  } finally {
    log.close();
  }
}

/** The same time on the clock of the log and by the stopwatch of the attempt. */
function isClockJump({ sentAtMs, endedAtMs, durationMs }: LoggedAttempt): boolean {
  const byClockMs = endedAtMs - sentAtMs;
  return Math.abs(byClockMs - durationMs) > Math.max(CLOCK_JUMP_MS, CLOCK_JUMP_SHARE * durationMs);
}

function clockNotes(path: string, jumps: number, backward: number, rows: number): string[] {
  const bad = jumps + backward;
  if (bad === 0) return [];
  return [
    `${path}: the clock jumped: ${bad} of ${rows} attempts ended or began at a time that their durations contradict; ` +
      `minutes of trouble, load and limits near the jumps are not to be trusted`,
  ];
}

function factsOf(attempt: LoggedAttempt): AttemptFacts {
  // What `AttemptFacts` names otherwise; the rest is the same.
  return { ...attempt, session: attempt.sessionHash };
}

function partsByPools(pools: readonly PoolDefinition[]): TargetParts {
  const known = new Map(
    pools.flatMap(({ targets }) => targets.map(({ id, provider, key, model }) => [id, { provider, key, model }])),
  );
  return (id) => known.get(id) ?? partsOfId(id);
}

async function readFromTrace(path: string): Promise<ReadAttempts> {
  const trace = await openTrace(path);
  const { fromMs, toMs, pauseMs } = await believedTimesOf(trace);
  const builder = new AttemptTableBuilder(partsOfId);
  const bar = progressBar('read attempts', trace.requests);
  const times = new ImplausibleTimes();
  let read = 0;
  let told = 0;
  try {
    for await (const batch of trace.batches()) {
      for (const row of batch) {
        const facts = factsOfRow(row);
        if (facts === null) continue;
        told += 1;
        if (times.accepts(facts, facts.sentAtMs < fromMs || facts.sentAtMs > toMs)) builder.add(facts);
      }
      read += batch.length;
      bar.update(read);
    }
  } finally {
    bar.stop();
  }
  if (told === 0) {
    throw new BadInput(
      `${path}: no row says where its request went and what became of it; a fit needs the columns target, kind and duration_ms (and first_token_ms, status, cost_usd where they are known)`,
    );
  }
  const untold = trace.requests - told;
  return {
    table: builder.finish(path),
    requests: told,
    pool: null,
    policy: null,
    notes: [
      ...(untold > 0
        ? [`${path}: ${untold} of ${trace.requests} rows lack target, kind or duration_ms; they are left out`]
        : []),
      ...times.notes(path),
      ...(pauseMs === null
        ? []
        : [
            `${path}: nothing was sent for ${Math.round(pauseMs / DAY_MS)} days in its midst; if a clock was set there, cut the trace in two, for hours and spells of trouble are by the clock`,
          ]),
      `${path}: a trace tells of requests, not of attempts: retries and cached input are not seen, and waiting counts as the provider's`,
    ],
  };
}

/** Which times of a trace can be believed. Only one of weeks is read a first time for them. */
async function believedTimesOf(trace: TraceSource): Promise<BelievedTimes> {
  if (trace.spanMs < PAUSE_MAX_MS) return { fromMs: 0, toMs: trace.spanMs, pauseMs: null };
  const timesMs: number[] = [];
  for await (const batch of trace.batches()) {
    for (const row of batch) if (factsOfRow(row) !== null) timesMs.push(row.arrivalMs);
  }
  return timesMs.length === 0 ? { fromMs: 0, toMs: trace.spanMs, pauseMs: null } : believedTimes(timesMs);
}

/** A request as one attempt; null when it does not say where it went, how it ended or how long it took. */
function factsOfRow(row: TraceRow): AttemptFacts | null {
  const { recorded } = row;
  if (recorded === null) return null;
  const { target, kind, durationMs, status, firstTokenMs, costUsd } = recorded;
  if (target === null || kind === null || durationMs === null) return null;
  const isAnswered = kind === 'success';
  return {
    target,
    sentAtMs: row.arrivalMs,
    kind,
    status,
    errorCode: isAnswered ? null : codeOf(kind, status),
    // Many logs have a first token without saying that it was a stream.
    stream: row.stream || firstTokenMs !== null,
    firstTokenMs,
    durationMs,
    inputTokens: isAnswered ? row.inputTokens : 0,
    outputTokens: isAnswered ? row.outputTokens : 0,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    askedInputTokens: row.inputTokens,
    costUsd: costUsd ?? 0,
    retryAfterMs: null,
    session: row.sessionId,
    prefixBlocks: row.prefixBlocks,
  };
}

/** Traces have no codes of their own, but their kinds and statuses mean one. */
function codeOf(kind: AttemptFacts['kind'], status: number | null): string {
  if (kind === 'cancelled') return 'client_left';
  if (kind === 'limited') return 'rate_limited';
  if (kind === 'timeout') return 'total_timeout';
  return status === 503 ? 'service_unavailable' : 'server_error';
}
