/**
 * Which budgets kept candidates of a decision out. The log has the finding alone, so the core is brought to where it
 * stood before the decision, from the last snapshot or the first input, and asked.
 */
import type { BudgetMetric, BudgetView, Router, TargetDefinition } from '../router/index.ts';
import type { LogReader } from './log-reader.ts';
import { readSnapshot } from './logged-snapshot.ts';
import { createReplay, type Replay } from './replay.ts';
import type { RunWords } from './request-follower.ts';
import type { DecisionRow } from './schema.ts';

/** A budget rule that had less left than the attempt might use. */
export interface ExhaustedBudget extends BudgetView {
  /** What the attempt was taken to use at most, in the rule's unit. */
  readonly needed: number;
  /** The candidates that it kept out. */
  readonly targets: readonly string[];
}

/** A log without snapshots is replayed from its start; beyond so many inputs nobody would wait for that. */
const INPUTS_MAX = 500_000;

/** Whether a budget kept a candidate of the decision out. */
export function hasExhaustedBudget({ candidates }: DecisionRow): boolean {
  return candidates.some(({ rejection }) => rejection === 'budget_exhausted');
}

/**
 * The exhausted budgets of a decision, as they stood before the input that led to it.
 *
 * @returns null when the log does not hold the core's state there
 */
export async function exhaustedBudgets(
  reader: LogReader,
  decision: DecisionRow,
): Promise<readonly ExhaustedBudget[] | null> {
  const replay = await replayBefore(reader, decision.sequence);
  return replay === null || replay.router === null ? null : findExhausted(replay.router, replay.follower.run, decision);
}

async function replayBefore(reader: LogReader, sequence: number): Promise<Replay | null> {
  const replay = createReplay();
  const snapshot = await reader.snapshotBefore(sequence);
  if (snapshot !== null) replay.resume(readSnapshot(reader.path, snapshot));
  const from = snapshot === null ? 0 : snapshot.sequence + 1;
  if (sequence - from > INPUTS_MAX) return null;
  try {
    return await replayed(reader, replay, from, sequence);
  } catch {
    // Another version of the core, or a log with a hole: `verify` is the one to say so.
    return null;
  }
}

async function replayed(reader: LogReader, replay: Replay, from: number, until: number): Promise<Replay | null> {
  let expected = from;
  for await (const input of reader.inputs(from)) {
    if (input.sequence >= until) break;
    if (input.sequence !== expected) return null;
    replay.apply(input);
    expected += 1;
  }
  return expected === until ? replay : null;
}

function findExhausted(router: Router, run: RunWords | null, decision: DecisionRow): readonly ExhaustedBudget[] {
  const { pool, policy: mainPolicy, canary } = router.snapshot();
  const isOfCanary = canary && run?.canary?.policyHash === decision.policy_hash;
  const policy = isOfCanary ? canary.policy : mainPolicy;
  const definitions = new Map(pool.targets.map((target) => [target.id, target]));
  const outputTokens = decision.max_output_tokens ?? policy.classes.assumedOutputTokens;
  const ofClient = clientRules(router, decision.client_key);
  const found = new Map<number, { needed: number; targets: string[] }>();
  for (const { target, rejection } of decision.candidates) {
    const index = router.targetIds.indexOf(target);
    const definition = definitions.get(target);
    if (rejection !== 'budget_exhausted' || index < 0 || definition === undefined) continue;
    const { budgetRules } = router.viewTarget(index, decision.at_ms);
    for (const rule of [...budgetRules, ...ofClient]) {
      const { metric, limit, used } = router.viewBudget(rule, decision.at_ms);
      // A request counts once against its client key, however many attempts it takes.
      const requests = ofClient.includes(rule) && decision.attempt > 1 ? 0 : 1;
      const needed = neededOf(metric, decision.input_tokens_est, outputTokens, requests, definition);
      if (needed <= limit - used) continue;
      const entry = found.get(rule);
      if (entry === undefined) found.set(rule, { needed, targets: [target] });
      else {
        entry.needed = Math.max(entry.needed, needed);
        entry.targets.push(target);
      }
    }
  }
  return [...found].map(([rule, entry]) => ({ ...router.viewBudget(rule, decision.at_ms), ...entry }));
}

/** Positions of the rules of a client key, which no target lists among its own. */
function clientRules(router: Router, clientKey: string): readonly number[] {
  const scope = `client key ${clientKey}: `;
  return router.budgetLabels.flatMap((label, rule) =>
    label.startsWith(scope) && /^\w+ per \w+$/.test(label.slice(scope.length)) ? [rule] : [],
  );
}

/** What the core reserves for an attempt. */
function neededOf(
  metric: BudgetMetric,
  inputTokens: number,
  outputTokens: number,
  requests: number,
  { prices }: TargetDefinition,
): number {
  switch (metric) {
    case 'tokens':
      return inputTokens + outputTokens;
    case 'requests':
      return requests;
    case 'microUsd':
      return Math.ceil(inputTokens * prices.inputMicroUsdPerToken + outputTokens * prices.outputMicroUsdPerToken);
  }
}
