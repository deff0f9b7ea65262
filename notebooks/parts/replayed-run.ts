/** The real core, replayed by the real simulator, on a page as in Node: what it decided and what came of it. */
import type { TraceRow, TraceSource } from '../../datasets/trace.ts';
import { hashText } from '../../src/router/keyed-draw.ts';
import type { Policy } from '../../src/router/policy.ts';
import { collectorShape } from '../../simulator/compare/compare.ts';
import { policyRun } from '../../simulator/compare/policy-run.ts';
import { RunCollector } from '../../simulator/compare/run-collector.ts';
import { replay, type ReplayObserver } from '../../simulator/replay/replay.ts';
import type { PolicyRun } from '../../simulator/result.ts';
import type { Scenario } from '../../simulator/scenario.ts';

export interface MadeDecision {
  readonly requestId: string;
  /** From 1. */
  readonly attempt: number;
  /** Null when there was no target to be had. */
  readonly target: string | null;
  readonly propensity: number;
  /** ms from the start of the trace. */
  readonly atMs: number;
}

export interface ReplayedRun {
  readonly run: PolicyRun;
  /** In the order in which they were made. */
  readonly decisions: readonly MadeDecision[];
  /** Hash of which request went where and when, decision by decision: equal lists have equal hashes. */
  readonly decisionsHash: string;
}

export interface ReplayQuestion {
  readonly rows: readonly TraceRow[];
  readonly scenario: Scenario;
  readonly policy: Policy;
  readonly name: string;
  readonly seed: number;
}

/** Replays the rows, and gives what `simulate` would say of them, with every decision. */
export async function replayedRun({ rows, scenario, policy, name, seed }: ReplayQuestion): Promise<ReplayedRun> {
  const trace = sourceOf(rows);
  const collector = new RunCollector(collectorShape(trace, scenario));
  const decisions: MadeDecision[] = [];
  const totals = await replay(trace, { scenario, policy, seed, observer: listening(collector, decisions) });
  collector.finish(totals.router);
  return {
    run: policyRun({ name, policyHash: '' }, collector, totals.router, totals.inFlight),
    decisions,
    decisionsHash: hashText(decisions.map(choiceLine).join('\n')).toString(16).padStart(8, '0'),
  };
}

/**
 * Which attempt went where, and when, as one line. Without the probability: engines of different versions round `exp`
 * differently in the last binary place, so that it can differ there while every choice is the same.
 */
export function choiceLine({ requestId, attempt, target, atMs }: MadeDecision): string {
  return `${requestId},${attempt},${target ?? ''},${atMs}`;
}

/** Requests whose sequence of targets differs between two runs over the same rows, with both sequences. */
export function changedRequests(
  before: readonly MadeDecision[],
  after: readonly MadeDecision[],
): readonly { readonly requestId: string; readonly before: readonly string[]; readonly after: readonly string[] }[] {
  const [of, now] = [targetsByRequest(before), targetsByRequest(after)];
  return [...of]
    .map(([requestId, targets]) => ({ requestId, before: targets, after: now.get(requestId) ?? [] }))
    .filter((pair) => pair.before.join(' ') !== pair.after.join(' '));
}

function targetsByRequest(decisions: readonly MadeDecision[]): ReadonlyMap<string, readonly string[]> {
  const targets = new Map<string, string[]>();
  for (const { requestId, target } of decisions) {
    const list = targets.get(requestId);
    if (list === undefined) targets.set(requestId, [target ?? 'none']);
    else list.push(target ?? 'none');
  }
  return targets;
}

function listening(collector: RunCollector, decisions: MadeDecision[]): ReplayObserver {
  return {
    timeMoves: (router, nowMs) => collector.timeMoves(router, nowMs),
    arrived: (call) => collector.arrived(call),
    sent(call, command, atMs) {
      const { requestId, attempt, target, decision } = command;
      decisions.push({ requestId, attempt, target, propensity: decision.propensity, atMs });
      collector.sent(call, command);
    },
    attemptEnded: (call, outcome, nowMs, tier) => collector.attemptEnded(call, outcome, nowMs, tier),
    completed: (call, outcome, nowMs) => collector.completed(call, outcome, nowMs),
    rejected(call, command, atMs) {
      const { requestId, attempts, decision } = command;
      if (decision !== null) {
        decisions.push({ requestId, attempt: attempts.length + 1, target: null, propensity: 0, atMs });
      }
      collector.rejected(call, command);
    },
    cancelled: (call) => collector.cancelled(call),
  };
}

function sourceOf(rows: readonly TraceRow[]): TraceSource {
  return {
    name: 'the page',
    sha256: '',
    requests: rows.length,
    spanMs: rows.at(-1)?.arrivalMs ?? 0,
    async *batches() {
      yield rows;
    },
  };
}
