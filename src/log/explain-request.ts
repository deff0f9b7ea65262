import { BadInput } from '../config/bad-input.ts';
import { ANY_MODEL } from '../router/index.ts';
import type { ExhaustedBudget } from './exhausted-budgets.ts';
import type { LogReader } from './log-reader.ts';
import type { DecisionRow, OutcomeRow } from './schema.ts';

/** A decision and what came of it. */
export interface ExplainedDecision {
  readonly decision: DecisionRow;
  /** Null when no target was chosen, or the run ended first. */
  readonly outcome: OutcomeRow | null;
  /** See `exhaustedBudgets`; left out where nobody has looked, null where the log does not tell. */
  readonly exhausted?: readonly ExhaustedBudget[] | null;
}

/** The story of one request as its log tells it. */
export interface RequestExplanation {
  readonly requestId: string;
  /** When the core was told of it. */
  readonly beganAtMs: number | null;
  /** In order; empty when the request ended before the core had anything to decide. */
  readonly decisions: readonly ExplainedDecision[];
  /** The client left while the request was queued or backing off. */
  readonly leftWaiting: OutcomeRow | null;
  /** Left out unless the request asked for a model that its pool did not have. */
  readonly unknownModel?: UnknownModel;
}

export interface UnknownModel {
  readonly asked: string;
  /** What could have been asked for: models, aliases and `auto`, by name. */
  readonly offered: readonly string[];
}

/** The log holds nothing about the request that was asked for. */
export class UnknownRequest extends BadInput {}

/**
 * Gathers all that a log knows of a request. Nothing is recomputed: the numbers are those of the decision.
 *
 * @throws UnknownRequest when the log does not know the request; the message names one that it knows
 */
export async function explainRequest(reader: LogReader, requestId: string): Promise<RequestExplanation> {
  const beganAtMs = await reader.beganAtMs(requestId);
  const decisions = await reader.decisionsOf(requestId);
  if (beganAtMs === null && decisions.length === 0) throw new UnknownRequest(await unknownRequest(reader, requestId));
  const open = [...(await reader.outcomesOf(requestId))];
  const explained = decisions.map((decision) => ({ decision, outcome: takeOutcome(open, decision) }));
  const leftWaiting = open.find(({ attempt }) => attempt === 0) ?? null;
  const unknownModel = decisions.length > 0 ? null : await findUnknownModel(reader, requestId);
  const story = { requestId, beganAtMs, decisions: explained, leftWaiting };
  return unknownModel === null ? story : { ...story, unknownModel };
}

/** The core decides nothing about a model that it does not have, so only its inputs tell of it. */
async function findUnknownModel(reader: LogReader, requestId: string): Promise<UnknownModel | null> {
  const begin = await reader.beginOf(requestId);
  if (begin === null) return null;
  const configuration = await reader.configurationAt(begin.sequence);
  if (configuration === null) return null;
  const { targets, modelAliases } = configuration.pool;
  const models = targets.filter(({ retiring }) => retiring !== true).map(({ model }) => model);
  const offered = [...new Set([ANY_MODEL, ...models, ...Object.keys(modelAliases)])].sort();
  return offered.includes(begin.payload.model) ? null : { asked: begin.payload.model, offered };
}

/** An id may come back once its request has ended, so the attempt's number alone does not tell. */
function takeOutcome(open: OutcomeRow[], decision: DecisionRow): OutcomeRow | null {
  if (decision.chosen_target === null) return null;
  const index = open.findIndex(({ attempt, sequence }) => attempt === decision.attempt && sequence > decision.sequence);
  return index < 0 ? null : (open.splice(index, 1)[0] ?? null);
}

async function unknownRequest(reader: LogReader, requestId: string): Promise<string> {
  if (reader.isHeld) {
    const route = `GET /admin/explain/${encodeURIComponent(requestId)}`;
    return `${reader.path}: no request ${requestId} in the closed segments; a running server holds the rows since then: ask it with ${route}`;
  }
  const example = await reader.exampleRequestId();
  const advice = example === null ? 'the log holds no decisions' : `it knows ${example}, for example`;
  return `${reader.path}: no request ${requestId} in this log; ${advice}`;
}
