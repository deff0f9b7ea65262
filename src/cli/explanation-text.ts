import Table from 'cli-table3';
import { ARM_WORDS, CAUSE_WORDS, chanceText, choiceWords, ratioText, routingWords } from '../log/decision-words.ts';
import type { ExhaustedBudget } from '../log/exhausted-budgets.ts';
import type { ExplainedDecision, RequestExplanation, UnknownModel } from '../log/explain-request.ts';
import type { CandidateRow, OutcomeRow } from '../log/schema.ts';

/** The story of a request for a person at a terminal; ends with a line end. */
export function explanationText(explanation: RequestExplanation): string {
  const { requestId, beganAtMs, decisions, leftWaiting, unknownModel, unsupported, unknownName } = explanation;
  const began = beganAtMs === null ? '' : ` began at ${timeText(beganAtMs)}`;
  const parts = [`Request ${requestId}${began}.`, ...decisions.map(decisionText)];
  if (unsupported !== undefined) parts.push(unsupported);
  if (unknownName !== undefined) {
    parts.push(
      `No decision was made on it: it named "${unknownName}", and the pool had no such route, provider, key or model.`,
    );
  }
  if (unknownModel !== undefined) parts.push(unknownModelText(unknownModel));
  else if (decisions.length === 0 && unknownName === undefined) {
    parts.push('No decision was made on it: it ended, or the log does, before a target could be looked for.');
  }
  if (leftWaiting !== null) parts.push(`The client left at ${timeText(leftWaiting.at_ms)}, while the request waited.`);
  return `${parts.join('\n\n')}\n`;
}

/** More names would hide the one that is missing. */
const NAMES_MAX = 5;

function unknownModelText({ asked, offered }: UnknownModel): string {
  const more = offered.length > NAMES_MAX ? ` and ${offered.length - NAMES_MAX} more` : '';
  return `No decision was made on it (UNKNOWN_MODEL): it asked for "${asked}", and the pool had ${offered.slice(0, NAMES_MAX).join(', ')}${more}.`;
}

function decisionText({ decision, outcome, arm, exhausted }: ExplainedDecision): string {
  const { attempt, at_ms, sequence, chosen_target, reject_code, candidates } = decision;
  const routing = routingWords(decision);
  const finding = chosen_target === null ? `no target (${reject_code ?? 'no reason given'})` : chosen_target;
  const lines = [
    `Attempt ${attempt} -> ${finding}`,
    `  time ${timeText(at_ms)} (input ${sequence}), caused by ${CAUSE_WORDS[decision.cause]}, queued ${milliseconds(decision.queued_ms)}`,
    `  class ${decision.class}, priority ${decision.priority}, mode ${decision.mode}, budget pressure ${ratioText(decision.budget_pressure)}`,
    ...(arm === undefined ? [] : [`  decided by ${ARM_WORDS[arm]} (${decision.policy_hash})`]),
    ...(routing === null ? [] : [`  ${routing}`]),
    `  ${decision.eligible} of ${candidates.length} candidates eligible`,
    `  ${choiceWords(decision)}`,
    candidateTable(candidates, chosen_target),
    ...(exhausted === undefined ? [] : exhaustedLines(exhausted)),
  ];
  if (chosen_target !== null) lines.push(`  ${outcome === null ? 'Outcome: none in the log.' : outcomeText(outcome)}`);
  return lines.join('\n');
}

function candidateTable(candidates: readonly CandidateRow[], chosen: string | null): string {
  const terms = ['success', 'first token', 'speed', 'cache', 'cost', 'load'];
  const numbers = [...terms, 'score', 'weight', 'chance'];
  const table = new Table({
    head: ['', 'target', 'state', 'rejected', ...numbers],
    colAligns: ['left', 'left', 'left', 'left', ...numbers.map(() => 'right' as const)],
    style: { head: [], border: [], compact: true },
  });
  for (const candidate of candidates) {
    const { target, state, rejection, score, weight, propensity } = candidate;
    const { success, first_token, speed, cache, cost, load } = candidate.terms;
    const values = [success, first_token, speed, cache, cost, load, score, weight].map(ratioText);
    // A rejected candidate is not scored; its zeros would read as a verdict.
    const cells = rejection === null ? [...values, chanceText(propensity)] : numbers.map(() => '-');
    table.push([target === chosen ? '*' : '', target, state, rejection ?? '', ...cells]);
  }
  return table.toString();
}

function exhaustedLines(exhausted: readonly ExhaustedBudget[] | null): readonly string[] {
  if (exhausted === null || exhausted.length === 0) {
    return ['  Which budget was exhausted cannot be told: the log does not lead to the state before this decision.'];
  }
  return exhausted.map(({ label, metric, limit, used, needed, targets }) => {
    const [usedText, limitText, neededText] = [used, limit, needed].map((amount) => amountText(metric, amount));
    return `  Exhausted: ${label}: ${usedText} of ${limitText} used before, ${neededText} needed (${targets.join(', ')}).`;
  });
}

function amountText(metric: ExhaustedBudget['metric'], amount: number): string {
  return metric === 'microUsd' ? (amount / 1_000_000).toFixed(6) : String(Math.round(amount));
}

function outcomeText(outcome: OutcomeRow): string {
  const { kind, status, error_code, first_token_ms, retry_after_ms } = outcome;
  const parts = [
    kind,
    status === null ? 'no status' : `status ${status}`,
    ...(error_code === null ? [] : [error_code]),
    first_token_ms === null ? 'no first token' : `first token after ${milliseconds(first_token_ms)}`,
    `${milliseconds(outcome.duration_ms)} in all`,
    `${outcome.input_tokens} tokens in (${outcome.cache_read_tokens} from the cache), ${outcome.output_tokens} out`,
    `${outcome.cost_usd.toFixed(6)} USD`,
    ...(retry_after_ms === null ? [] : [`retry after ${milliseconds(retry_after_ms)}`]),
  ];
  return `Outcome: ${parts.join(', ')}.`;
}

// Simulated time starts at 0, live time in 1970; no run lasts three years.
const LIVE_FROM_MS = 1e11;

function timeText(atMs: number): string {
  return atMs < LIVE_FROM_MS ? `${(atMs / 1000).toFixed(3)} s` : new Date(atMs).toISOString();
}

function milliseconds(value: number): string {
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ms`;
}
