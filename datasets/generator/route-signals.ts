/** How a generated request looks to a classifier of routes: a user's turn, or an agent's that goes on with a tool's result. */
import { TOOL_CATEGORIES, type RouteSignals, type ToolCategory } from '../../src/router/index.ts';
import { drawUniform } from '../../src/router/keyed-draw.ts';
import { DATASET_DRAW } from '../draw-purpose.ts';
import type { GeneratedClient } from './settings.ts';

type SignalSettings = NonNullable<GeneratedClient['signals']>;

/** What the signals of a turn depend on, besides draws. */
export interface TurnPlace {
  readonly isFirstTurn: boolean;
  /** The agent has tools: without any, each turn is the user's. */
  readonly hasTools: boolean;
  readonly background: boolean;
}

/**
 * Draws the signals of the request with this index. Words and images count in a user's turn alone: further back they
 * say nothing of what is asked for now.
 *
 * @param imageShare share of the users' turns that hold an image
 */
export function drawSignals(
  settings: SignalSettings,
  imageShare: number,
  place: TurnPlace,
  seed: number,
  index: number,
): RouteSignals {
  const chance = (purpose: number, probability: number): boolean =>
    probability > 0 && drawUniform(seed, index, 0, purpose) < probability;
  const byUser = place.isFirstTurn || !place.hasTools || chance(DATASET_DRAW.turnByUser, settings.userTurnShare);
  return {
    latestFromUser: byUser,
    hasImage: byUser && chance(DATASET_DRAW.turnImage, imageShare),
    wantsWebSearch: byUser && chance(DATASET_DRAW.webSearch, settings.webSearchShare),
    isBackground: byUser && place.background,
    lastTool: byUser ? null : toolAt(settings.tools, drawUniform(seed, index, 0, DATASET_DRAW.lastTool)),
    usesTools: place.hasTools,
  };
}

/** The category in whose share of the weights u falls. */
function toolAt(weights: Readonly<Record<ToolCategory, number>>, u: number): ToolCategory {
  const total = TOOL_CATEGORIES.reduce((sum, tool) => sum + weights[tool], 0);
  let upTo = 0;
  const found = TOOL_CATEGORIES.find((tool) => u * total < (upTo += weights[tool]));
  // Past the last one only by rounding.
  return found ?? 'other';
}
