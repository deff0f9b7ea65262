import Table from 'cli-table3';
import type { Arm, BalancingMode, DecisionCause } from '../router/index.ts';
import type { ExhaustedBudget } from '../log/exhausted-budgets.ts';
import type { ExplainedDecision, RequestExplanation, UnknownModel } from '../log/explain-request.ts';
import type { CandidateRow, DecisionRow, OutcomeRow } from '../log/schema.ts';

const CAUSES: Readonly<Record<DecisionCause, string>> = {
  arrival: 'a new request',
  retry: 'a failed attempt',
  queue: 'room for a queued request',
};

const POLICY_OF: Readonly<Record<Arm, string>> = { main: 'the main policy', canary: "the canary's policy" };

/** How each strategy comes to its choice among several candidates; `draw` is the one behind the pick. */
const CHOICES: Readonly<Record<BalancingMode, (draw: string) => string>> = {
  ranked: () => 'It had the best score.',
  weighted: (draw) => `The draw ${draw}, in proportion to the weights, fell on it.`,
  'round-robin': () => 'It was the one used longest ago.',
  random: (draw) => `The draw ${draw}, uniform over the candidates, fell on it.`,
  'least-busy': () => 'It had the least in flight.',
  'lowest-latency': () => 'It had the lowest latency.',
  'lowest-cost': () => 'It was the cheapest.',
  'static-weighted': (draw) => `The draw ${draw}, in proportion to the weights of its pool, fell on it.`,
  'power-of-two': (draw) => `It was the less busy of two drawn at random (first draw ${draw}).`,
};

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
  const finding = chosen_target === null ? `no target (${reject_code ?? 'no reason given'})` : chosen_target;
  const lines = [
    `Attempt ${attempt} -> ${finding}`,
    `  time ${timeText(at_ms)} (input ${sequence}), caused by ${CAUSES[decision.cause]}, queued ${milliseconds(decision.queued_ms)}`,
    `  class ${decision.class}, priority ${decision.priority}, mode ${decision.mode}, budget pressure ${ratio(decision.budget_pressure)}`,
    ...(arm === undefined ? [] : [`  decided by ${POLICY_OF[arm]} (${decision.policy_hash})`]),
    ...routingLines(decision),
    `  ${decision.eligible} of ${candidates.length} candidates eligible`,
    `  ${choiceText(decision)}`,
    candidateTable(candidates, chosen_target),
    ...(exhausted === undefined ? [] : exhaustedLines(exhausted)),
  ];
  if (chosen_target !== null) lines.push(`  ${outcome === null ? 'Outcome: none in the log.' : outcomeText(outcome)}`);
  return lines.join('\n');
}

/** Which way it went: nothing when neither routes nor instructions had a say. */
function routingLines({
  steering,
  requested_route,
  route,
  route_pool,
  route_reason,
  session_scope,
}: DecisionRow): string[] {
  if (steering === null) return [];
  const wanted = requested_route === null ? 'no route' : `route ${requested_route}`;
  const by = { none: '', force: ', forced by an instruction', sticky: ', sticky by an instruction' }[steering];
  const pool = route_pool === null ? '' : `, pool ${route === null ? '' : `${route}/`}${route_pool}`;
  const scope = session_scope === null ? '' : `, instructions of the ${session_scope}`;
  return [`  ${wanted} (${route_reason ?? 'no reason'})${pool}${by}${scope}`];
}

function choiceText({ chosen_target, mode, explored, draw, propensity, eligible }: DecisionRow): string {
  if (chosen_target === null) return 'No candidate was eligible, so nothing was drawn.';
  if (eligible === 1) return 'It was the only eligible candidate, so its chance was 100 %.';
  const how = explored ? `The exploration draw ${ratio(draw)} fell on it.` : CHOICES[mode](ratio(draw));
  return `${how} Its chance of being chosen was ${percent(propensity)}.`;
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
    const values = [success, first_token, speed, cache, cost, load, score, weight].map(ratio);
    // A rejected candidate is not scored; its zeros would read as a verdict.
    const cells = rejection === null ? [...values, percent(propensity)] : numbers.map(() => '-');
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

function ratio(value: number): string {
  return value !== 0 && Math.abs(value) < 0.0001 ? value.toExponential(1) : value.toFixed(4);
}

function percent(value: number): string {
  return `${(value * 100).toFixed(2)} %`;
}
