/**
 * Watches a replay and checks, at every step, the laws that hold in every run: time never goes back, a call goes
 * from its arrival over its attempts to exactly one end, arrivals = completed + rejected + cancelled + in flight,
 * and the money of attempts, calls, targets and totals is the same money.
 */
import assert from 'node:assert/strict';
import type { TraceSource } from '../../../datasets/trace.ts';
import type { AttemptOutcome, RejectCommand, SendCommand } from '../../../src/router/contract.ts';
import type { Policy } from '../../../src/router/policy.ts';
import type { Router } from '../../../src/router/router.ts';
import { collectorShape } from '../../../simulator/compare/compare.ts';
import { policyRun } from '../../../simulator/compare/policy-run.ts';
import { RunCollector } from '../../../simulator/compare/run-collector.ts';
import type { RecordedOutcomes } from '../../../simulator/counterfactual/settle-from-recording.ts';
import type { Tier } from '../../../simulator/counterfactual/tier-tally.ts';
import type { ClientCall } from '../../../simulator/replay/client-call.ts';
import { replay, type ReplayObserver } from '../../../simulator/replay/replay.ts';
import type { PolicyRun } from '../../../simulator/result.ts';
import type { Scenario } from '../../../simulator/scenario.ts';

export interface SeenAttempt {
  readonly target: string;
  /** Attempts of the run that were sent before it. */
  readonly order: number;
  readonly sentAtMs: number;
  endedAtMs: number;
  outcome: AttemptOutcome | null;
}

export interface SeenCall {
  readonly requestId: string;
  readonly sessionId: string | null;
  readonly sequence: number;
  readonly arrivedAtMs: number;
  readonly attempts: SeenAttempt[];
  costMicroUsd: number;
  endedAtMs: number;
  end: 'completed' | 'rejected' | 'cancelled' | null;
  reject: RejectCommand | null;
}

export interface Witnessed {
  /** In the order of arrival. */
  readonly calls: readonly SeenCall[];
  readonly run: PolicyRun;
  readonly router: Router;
}

/** Replays a trace under watch. @throws AssertionError when a law is broken */
export async function witnessedReplay(
  trace: TraceSource,
  scenario: Scenario,
  policy: Policy,
  seed = 1,
  outcomes?: RecordedOutcomes,
): Promise<Witnessed> {
  const collector = new RunCollector(collectorShape(trace, scenario));
  const witness = new Witness(collector);
  const totals = await replay(trace, { scenario, policy, seed, outcomes, observer: witness });
  collector.finish(totals.router);
  const figures = policyRun({ name: policy.mode, policyHash: '' }, collector, totals.router, totals.inFlight);
  const run = outcomes === undefined ? figures : { ...figures, tiers: collector.tiers.shares() };
  const calls = [...witness.calls.values()];
  checkEnd(trace, calls, run, totals.router);
  return { calls, run, router: totals.router };
}

class Witness implements ReplayObserver {
  /** By place in the trace: an id may come again later. */
  readonly calls = new Map<number, SeenCall>();
  private readonly next: ReplayObserver;
  private nowMs = 0;
  private sends = 0;

  constructor(next: ReplayObserver) {
    this.next = next;
  }

  timeMoves(router: Router, nowMs: number): void {
    assert.ok(nowMs >= this.nowMs, `time went back from ${this.nowMs} to ${nowMs} ms`);
    this.nowMs = nowMs;
    this.next.timeMoves(router, nowMs);
  }

  arrived(call: ClientCall, nowMs: number): void {
    assert.equal(nowMs, this.nowMs);
    assert.ok(!this.calls.has(call.sequence), `row ${call.sequence} arrives twice`);
    assert.ok(nowMs >= call.row.arrivalMs, 'a call arrives before the trace says');
    const { requestId, sessionId } = call.row;
    this.calls.set(call.sequence, {
      requestId,
      sessionId,
      sequence: call.sequence,
      arrivedAtMs: nowMs,
      attempts: [],
      costMicroUsd: 0,
      endedAtMs: Infinity,
      end: null,
      reject: null,
    });
    this.next.arrived(call, nowMs);
  }

  sent(call: ClientCall, command: SendCommand, nowMs: number): void {
    const seen = this.openCall(call, nowMs);
    assert.ok(
      seen.attempts.every(({ outcome }) => outcome !== null),
      'two attempts of a request at once',
    );
    assert.equal(command.attempt, seen.attempts.length + 1);
    assert.ok(command.decision.propensity > 0 && command.decision.propensity <= 1);
    assert.ok(!seen.attempts.some(({ target }) => target === command.target), 'a target is tried again');
    const order = this.sends++;
    seen.attempts.push({ target: command.target, order, sentAtMs: nowMs, endedAtMs: Infinity, outcome: null });
    this.next.sent(call, command, nowMs);
  }

  attemptEnded(call: ClientCall, outcome: AttemptOutcome, nowMs: number, tier: Tier): void {
    const seen = this.openCall(call, nowMs);
    const attempt = seen.attempts.at(-1);
    assert.ok(attempt !== undefined && attempt.outcome === null, 'an attempt ends that was not open');
    assert.equal(outcome.attempt, seen.attempts.length);
    const tookMs = nowMs - attempt.sentAtMs;
    assert.ok(Math.abs(tookMs - outcome.durationMs) <= 1e-9 * nowMs + 1e-6, 'an attempt took another time than told');
    assert.ok(Number.isInteger(outcome.costMicroUsd) && outcome.costMicroUsd >= 0, 'money in whole micro-USD');
    if (outcome.firstTokenMs !== null) assert.ok(outcome.firstTokenMs <= outcome.durationMs + 1e-6);
    attempt.endedAtMs = nowMs;
    attempt.outcome = outcome;
    seen.costMicroUsd += outcome.costMicroUsd;
    this.next.attemptEnded(call, outcome, nowMs, tier);
  }

  completed(call: ClientCall, outcome: AttemptOutcome, nowMs: number): void {
    assert.equal(outcome.kind, 'success');
    this.end(call, 'completed', nowMs);
    this.next.completed(call, outcome, nowMs);
  }

  rejected(call: ClientCall, command: RejectCommand, nowMs: number): void {
    const seen = this.end(call, 'rejected', nowMs);
    seen.reject = command;
    assert.equal(command.attempts.length, seen.attempts.length);
    this.next.rejected(call, command, nowMs);
  }

  cancelled(call: ClientCall, nowMs: number): void {
    this.end(call, 'cancelled', nowMs);
    this.next.cancelled(call, nowMs);
  }

  private openCall(call: ClientCall, nowMs: number): SeenCall {
    assert.equal(nowMs, this.nowMs);
    const seen = this.calls.get(call.sequence);
    assert.ok(seen !== undefined && seen.end === null, 'something happens to a call that is not open');
    return seen;
  }

  private end(call: ClientCall, end: NonNullable<SeenCall['end']>, nowMs: number): SeenCall {
    const seen = this.openCall(call, nowMs);
    assert.ok(
      seen.attempts.every(({ outcome }) => outcome !== null),
      'a call ends while its attempt goes on',
    );
    assert.equal(call.costMicroUsd, seen.costMicroUsd);
    seen.end = end;
    seen.endedAtMs = nowMs;
    return seen;
  }
}

function checkEnd(trace: TraceSource, calls: readonly SeenCall[], run: PolicyRun, router: Router): void {
  checkBalance(run);
  assert.equal(run.arrivals, trace.requests);
  assert.equal(run.inFlight, 0);
  assert.equal(router.openRequests, 0);
  assert.equal(router.nextWakeAtMs, Infinity);
  for (const end of ['completed', 'rejected', 'cancelled'] as const) {
    assert.equal(calls.filter((call) => call.end === end).length, run[end]);
  }
  const attempts = calls.flatMap((call) => call.attempts);
  assert.equal(attempts.length, run.attempts);
  for (const use of run.targets) {
    const own = attempts.filter(({ target }) => target === use.target);
    assert.equal(own.length, use.attempts);
    assertMoney(
      use.costUsd,
      sum(own, ({ outcome }) => outcome?.costMicroUsd ?? 0),
    );
  }
  assertMoney(
    run.costUsd,
    sum(calls, (call) => call.costMicroUsd),
  );
}

/** The sums that any single run must keep, from its figures alone. */
export function checkBalance(run: PolicyRun): void {
  assert.equal(run.arrivals, run.completed + run.rejected + run.cancelled + run.inFlight);
  const micro = Math.round(run.costUsd * 1e6);
  assertMoney(
    sum(run.targets, (use) => use.costUsd),
    micro,
  );
  assertMoney(
    sum(run.classes, (use) => use.costUsd),
    micro,
  );
  assertMoney(
    sum(run.slices, (slice) => slice.costUsd),
    micro,
  );
  assert.equal(
    sum(run.targets, (use) => use.attempts),
    run.attempts,
  );
  assert.ok(
    Math.abs(sum(run.targets, (use) => use.share) - (run.attempts === 0 ? 0 : 1)) < 1e-12,
    'traffic shares sum to 1',
  );
  assert.equal(sum(Object.values(run.rejectedByCode), Number), run.rejected);
  assert.equal(sum(run.requestsByAttempts, Number), run.completed + run.rejected + run.cancelled);
  assert.equal(
    run.requestsByAttempts.reduce((total, count, attempts) => total + count * attempts, 0),
    run.attempts,
  );
  for (const count of ['arrivals', 'completed', 'rejected', 'cancelled'] as const) {
    assert.equal(
      sum(run.slices, (slice) => slice[count]),
      run[count],
    );
  }
  run.targets.forEach((use, index) => {
    const own = (by: 'attemptsByTarget' | 'limitedByTarget'): number => sum(run.slices, (slice) => slice[by][index]!);
    assert.equal(own('attemptsByTarget'), use.attempts);
    assert.equal(own('limitedByTarget'), use.limited);
  });
  assert.equal(
    sum(run.classes, (use) => use.arrivals),
    run.arrivals - run.inFlight,
  );
}

function sum<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((total, value) => total + of(value), 0);
}

function assertMoney(usd: number, microUsd: number): void {
  assert.equal(Math.round(usd * 1e6), microUsd);
}
