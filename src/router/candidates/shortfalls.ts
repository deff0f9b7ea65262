/** What a target lacks for a request: the same rule as the filter `suits`, with its reasons. */
import type { RouterRequest } from '../contract.ts';
import type { TargetDefinition } from '../pool.ts';

/** `context`: input and longest answer together; `output`: the longest answer alone. */
export type Need = 'tools' | 'images' | 'streaming' | 'serverTools' | 'context' | 'output' | 'protocol';

export interface Shortfall {
  readonly need: Need;
  /** Tokens that the request needs, and those that the target has; null where it is no matter of tokens. */
  readonly neededTokens: number | null;
  readonly offeredTokens: number | null;
}

/** Empty when the target can serve the request. */
export function shortfallsOf(target: TargetDefinition, request: RouterRequest): Shortfall[] {
  const { capabilities, contextTokens, maxOutputTokens, protocols } = target;
  const outputTokens = request.maxOutputTokens ?? 0;
  const inAllTokens = request.inputTokens + outputTokens;
  const found: Shortfall[] = [];
  const lacks = (need: Need): void => void found.push({ need, neededTokens: null, offeredTokens: null });
  if (protocols.length > 0 && !protocols.includes(request.protocol)) lacks('protocol');
  if (request.hasTools && !capabilities.tools) lacks('tools');
  if (request.hasImage && !capabilities.vision) lacks('images');
  if (request.stream && !capabilities.streaming) lacks('streaming');
  if (request.steering?.needsServerTools === true && !capabilities.serverTools) lacks('serverTools');
  if (outputTokens > maxOutputTokens) {
    found.push({ need: 'output', neededTokens: outputTokens, offeredTokens: maxOutputTokens });
  }
  if (inAllTokens > contextTokens) {
    found.push({ need: 'context', neededTokens: inAllTokens, offeredTokens: contextTokens });
  }
  return found;
}
