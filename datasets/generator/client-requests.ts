import type { RouteSignals, Steering } from '../../src/router/index.ts';
import { drawUniform } from '../../src/router/keyed-draw.ts';
import { normalQuantile } from '../distributions/normal-quantile.ts';
import { drawOpenUniform } from '../distributions/open-uniform.ts';
import { tokenQuantile, wholeTokens } from '../distributions/token-lengths.ts';
import { DATASET_DRAW } from '../draw-purpose.ts';
import type { TraceRow } from '../trace.ts';
import { dueQueue } from './due-queue.ts';
import { promptBlocks } from './prompt-blocks.ts';
import { drawSignals } from './route-signals.ts';
import { beginInstructions, nextInstructions, type SessionInstructions } from './session-instructions.ts';
import type { GeneratedClient, GeneratorSettings } from './settings.ts';

/** What the requests of a session, or a single request, have in common, and how far it has come. */
interface Conversation {
  /** Index of its first request: the key of all its draws. */
  readonly owner: number;
  readonly sessionId: string | null;
  readonly background: boolean;
  readonly priority: string | null;
  readonly hasTools: boolean;
  /** With signals, images come with the users' turns and stay in the prompt. */
  hasImage: boolean;
  readonly stream: boolean;
  readonly instructions: SessionInstructions | null;
  /** Tokens of the prompt so far, answers included. */
  contextTokens: number;
  /** The one under way included. */
  turnsLeft: number;
  dueMs: number;
}

/** Limits that clients write; the smallest that leaves room is taken. */
const OUTPUT_LIMITS = [256, 512, 1_024, 2_048, 4_096, 8_192, 16_384, 32_768, 65_536] as const;
/** A client leaves up to this many times the room that the answer needs. */
const OUTPUT_ROOM_MAX = 4;

/**
 * Makes the requests of one client.
 *
 * A request starts a session with probability share / meanTurns; otherwise it is the next turn of the session that has
 * been due longest, and stands alone when none is due. A turn's prompt is all that was said before, then new input.
 * Each draw is keyed by the index of the request, or of the session's first request.
 *
 * @param place.ownerOffset added to request indexes to number the owners of blocks
 * @param place.idBase added to request indexes to make ids
 */
export function clientRequests(
  client: GeneratedClient,
  place: {
    readonly clientIndex: number;
    readonly ownerOffset: number;
    readonly seed: number;
    readonly prefixBlockTokens: number;
    readonly idBase: number;
    readonly instructions: GeneratorSettings['instructions'];
  },
): (index: number, arrivalMs: number, requestId: string) => TraceRow {
  const { seed, prefixBlockTokens, clientIndex, ownerOffset, idBase, instructions } = place;
  const inputLength = tokenQuantile(client.input);
  const outputLength = tokenQuantile(client.output);
  const systemBlocks = Math.floor(client.systemTokens / prefixBlockTokens);
  const startProbability = client.sessions === null ? 0 : client.sessions.share / client.sessions.meanTurns;
  const open = dueQueue<Conversation>();
  const chance = (key: number, purpose: number, probability: number): boolean =>
    probability > 0 && (probability >= 1 || drawUniform(seed, key, 0, purpose) < probability);

  function begin(owner: number, isSession: boolean): Conversation {
    const background = chance(owner, DATASET_DRAW.background, client.backgroundShare);
    return {
      owner,
      sessionId: isSession ? `s${idBase + owner}` : null,
      background,
      priority: drawPriority(client, drawUniform(seed, owner, 0, DATASET_DRAW.priority)),
      hasTools: chance(owner, DATASET_DRAW.tools, client.toolsShare),
      hasImage: client.signals === undefined && chance(owner, DATASET_DRAW.image, client.imageShare),
      stream: !background && chance(owner, DATASET_DRAW.stream, client.streamShare),
      instructions: isSession && instructions !== undefined ? beginInstructions(instructions, seed, owner) : null,
      contextTokens: client.systemTokens,
      turnsLeft: isSession ? drawTurns(owner) : 1,
      dueMs: 0,
    };
  }

  /** Geometric from 1 on, by inversion. */
  function drawTurns(owner: number): number {
    const mean = client.sessions?.meanTurns ?? 1;
    if (mean <= 1) return 1;
    const u = drawOpenUniform(seed, owner, 0, DATASET_DRAW.turns);
    return 1 + Math.floor(Math.log(u) / Math.log1p(-1 / mean));
  }

  function converse(index: number, arrivalMs: number): Conversation {
    if (client.sessions === null) return begin(index, false);
    if (chance(index, DATASET_DRAW.sessionStart, startProbability))
      return begin(index, open.size < client.sessions.openMax);
    return open.takeDue(arrivalMs) ?? begin(index, false);
  }

  /** Keeps a session for its next turn, unless it is over or its prompt is full. */
  function keep(conversation: Conversation, index: number, arrivalMs: number, contextTokens: number): void {
    if (client.sessions === null || conversation.turnsLeft <= 1 || contextTokens >= client.promptTokensMax) return;
    const { medianSeconds, sigma } = client.sessions.thinkTime;
    const z = normalQuantile(drawOpenUniform(seed, index, 0, DATASET_DRAW.thinkTime));
    conversation.contextTokens = contextTokens;
    conversation.turnsLeft--;
    conversation.dueMs = arrivalMs + medianSeconds * 1_000 * Math.exp(sigma * z);
    open.push(conversation);
  }

  function outputLimit(index: number, outputTokens: number): number | null {
    if (!chance(index, DATASET_DRAW.maxOutput, client.outputLimitShare)) return null;
    const room = 1 + (OUTPUT_ROOM_MAX - 1) * drawUniform(seed, index, 0, DATASET_DRAW.maxOutputRoom);
    return OUTPUT_LIMITS.find((limit) => limit >= outputTokens * room) ?? outputTokens;
  }

  function signalsOf(conversation: Conversation, index: number): RouteSignals | null {
    if (client.signals === undefined) return null;
    const { owner, hasTools, background } = conversation;
    const turn = { isFirstTurn: index === owner, hasTools, background };
    const signals = drawSignals(client.signals, client.imageShare, turn, seed, index);
    conversation.hasImage ||= signals.hasImage;
    return signals;
  }

  /** Null for a request that says nothing of where it wants to go, and of whose session nothing is remembered. */
  function steeringOf(conversation: Conversation, index: number, requestId: string): Steering | null {
    const signals = signalsOf(conversation, index);
    const { sessionId, instructions: ofSession } = conversation;
    if (signals === null && ofSession === null) return null;
    return {
      scope: sessionId === null ? 'request' : 'session',
      scopeId: sessionId === null ? requestId : `session:${sessionId}`,
      signals,
      routeHint: null,
      instructions: ofSession === null ? [] : nextInstructions(ofSession, signals?.latestFromUser ?? true, seed, index),
      bans: [],
      needsServerTools: false,
    };
  }

  return (index, arrivalMs, requestId) => {
    const conversation = converse(index, arrivalMs);
    const steering = steeringOf(conversation, index, requestId);
    const newTokens = wholeTokens(inputLength(drawOpenUniform(seed, index, 0, DATASET_DRAW.input)));
    const inputTokens = Math.min(client.promptTokensMax, conversation.contextTokens + newTokens);
    const outputTokens = wholeTokens(outputLength(drawOpenUniform(seed, index, 0, DATASET_DRAW.output)));
    keep(conversation, index, arrivalMs, inputTokens + outputTokens);
    return {
      arrivalMs,
      requestId,
      sessionId: conversation.sessionId,
      clientKey: client.name,
      protocol: client.protocol,
      model: client.model,
      declaredClass: conversation.background ? 'background' : null,
      declaredPriority: conversation.priority,
      inputTokens,
      outputTokens,
      maxOutputTokens: outputLimit(index, outputTokens),
      stream: conversation.stream,
      hasTools: conversation.hasTools,
      hasImage: conversation.hasImage,
      steering,
      prefixBlocks: promptBlocks(
        Math.floor(inputTokens / prefixBlockTokens),
        { owner: clientIndex, blocks: systemBlocks },
        ownerOffset + conversation.owner,
      ),
      recorded: null,
    };
  };
}

function drawPriority(client: GeneratedClient, u: number): string | null {
  if (u < client.lowPriorityShare) return 'low';
  if (u < client.lowPriorityShare + client.highPriorityShare) return 'high';
  return null;
}
