import { BadInput } from '../config/bad-input.ts';
import {
  addressedTargets,
  ANY_MODEL,
  BUILT_IN_ROUTES,
  namedTargets,
  whyUnsupported,
  type Arm,
  type PoolDefinition,
  type RouterRequest,
} from '../router/index.ts';
import { armThatDecided } from './deciding-arm.ts';
import type { ExhaustedBudget } from './exhausted-budgets.ts';
import type { LogReader } from './log-reader.ts';
import type { DecisionRow, OutcomeRow } from './schema.ts';

/** A decision and what came of it. */
export interface ExplainedDecision {
  readonly decision: DecisionRow;
  /** Null when no target was chosen, or the run ended first. */
  readonly outcome: OutcomeRow | null;
  /** Whose policy decided; left out where no canary was in force. */
  readonly arm?: Arm;
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
  /** In sentences, what the targets of its model lack; left out unless none of them could ever serve it. */
  readonly unsupported?: string;
  /** Left out unless the request named a route, provider, key or model that its pool did not have. */
  readonly unknownName?: string;
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
  const explained: ExplainedDecision[] = [];
  for (const decision of decisions) {
    const arm = await armThatDecided(reader, decision);
    explained.push({ decision, outcome: takeOutcome(open, decision), ...(arm === null ? {} : { arm }) });
  }
  const leftWaiting = open.find(({ attempt }) => attempt === 0) ?? null;
  const story = { requestId, beganAtMs, decisions: explained, leftWaiting };
  const last = decisions.at(-1);
  if (last !== undefined && last.reject_code !== 'UNSUPPORTED_REQUEST') return story;
  return { ...story, ...(await faultOfRequest(reader, requestId, last?.sequence ?? null)) };
}

/**
 * What is wrong with the request itself, as its inputs tell.
 *
 * @param rejectedAt the input at which it was found that no target can serve it; null when nothing was decided
 */
async function faultOfRequest(
  reader: LogReader,
  requestId: string,
  rejectedAt: number | null,
): Promise<Pick<RequestExplanation, 'unknownModel' | 'unsupported' | 'unknownName'>> {
  const begin = await reader.beginOf(requestId);
  const configuration = begin && (await reader.configurationAt(rejectedAt ?? begin.sequence));
  if (begin === null || configuration === null) return {};
  const { pool } = configuration;
  const { model: asked } = begin.payload;
  if (rejectedAt !== null) return { unsupported: whyUnsupported(pool, begin.payload) };
  const unknownName = unknownNameOf(pool, begin.payload);
  if (unknownName !== null) return { unknownName };
  if (namedTargets(pool).has(asked)) return {};
  const models = pool.targets.filter(({ retiring }) => retiring !== true).map(({ model }) => model);
  const offered = [...new Set([ANY_MODEL, ...models, ...Object.keys(pool.modelAliases)])].sort();
  return { unknownModel: { asked, offered } };
}

/** What the request says of where it wants to go and means nothing in the pool. */
function unknownNameOf(pool: PoolDefinition, { steering }: RouterRequest): string | null {
  if (steering === null) return null;
  const { routeHint, instructions, bans } = steering;
  const routes = pool.routing?.routes.map(({ name }) => name) ?? [];
  if (routeHint !== null && ![...routes, ...BUILT_IN_ROUTES].includes(routeHint)) return routeHint;
  const addresses = addressedTargets(pool);
  const named = instructions.filter(({ kind }) => kind !== 'clear').map(({ name }) => name);
  return [...named, ...bans].find((name) => !addresses.has(name)) ?? null;
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
