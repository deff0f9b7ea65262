import { BadInput } from '../config/bad-input.ts';
import type { LogReader } from './log-reader.ts';
import type { DecisionRow, OutcomeRow } from './schema.ts';

/** A decision and what came of it. */
export interface ExplainedDecision {
  readonly decision: DecisionRow;
  /** Null when no target was chosen, or the run ended first. */
  readonly outcome: OutcomeRow | null;
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
  return { requestId, beganAtMs, decisions: explained, leftWaiting };
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
