/** What the fleet is asked for a request that came over the wire. */
import type { IncomingHttpHeaders } from 'node:http';
import { DRAW_PURPOSE_OUTSIDE_ROUTER, drawUniform, hashText } from '../../src/router/keyed-draw.ts';
import { lognormalFromUniform } from '../statistics/normal-quantile.ts';
import type { AttemptRequest } from '../twins/attempt-plan.ts';
import { readPrefixBlocks, TWIN_HEADERS } from './header-names.ts';
import type { ChatCall, EmbeddingsCall } from './openai-request.ts';
import { prefixBlocksOf } from './prompt-size.ts';

const OUTPUT_LENGTH_PURPOSE = DRAW_PURPOSE_OUTSIDE_ROUTER + 400;
/** Length of answers that nobody asked for: lognormal, as in public traces of conversations. */
const OUTPUT_MEDIAN_TOKENS = 150;
const OUTPUT_SIGMA = 0.9;
const OUTPUT_TOKENS_MAX = 1_000_000;

export interface AttemptOfRequest {
  readonly request: AttemptRequest;
  /** 1, 2, ... */
  readonly attempt: number;
  /** The answer would have been longer than `max_tokens`. */
  readonly isCut: boolean;
}

/**
 * @param requestId see {@link TWIN_HEADERS.requestId}
 * @param seed for the length of an answer whose length the request does not say
 * @param blockTokens of the target's prompt cache; `null` = it has none
 */
export function attemptOfRequest(
  call: ChatCall | EmbeddingsCall,
  headers: IncomingHttpHeaders,
  requestId: string,
  seed: number,
  blockTokens: number | null,
): AttemptOfRequest {
  const requestKey = hashText(requestId);
  const attempt = wholeNumber(headers[TWIN_HEADERS.attempt], 1, 1_000) ?? 1;
  if (call.kind === 'embeddings') {
    const request = {
      requestId,
      requestKey,
      inputTokens: call.prompt.tokens,
      outputTokens: 0,
      stream: false,
      sessionKey: 0,
    };
    return { request: { ...request, prefixBlocks: null }, attempt, isCut: false };
  }
  const wanted =
    wholeNumber(headers[TWIN_HEADERS.outputTokens], 0, OUTPUT_TOKENS_MAX) ?? drawnOutputTokens(seed, requestKey);
  const outputTokens = call.maxTokens === null ? wanted : Math.min(wanted, call.maxTokens);
  const session = headers[TWIN_HEADERS.session] ?? call.promptCacheKey;
  const sessionKey = typeof session === 'string' && session !== '' ? hashText(session) : 0;
  return {
    request: {
      requestId,
      requestKey,
      inputTokens: call.prompt.tokens,
      outputTokens,
      stream: call.stream,
      sessionKey,
      prefixBlocks: blocksOf(call, headers[TWIN_HEADERS.prefixBlocks], sessionKey !== 0, blockTokens),
    },
    attempt,
    isCut: outputTokens < wanted,
  };
}

/** The ones that the request names; else a session speaks for itself; else the text does. */
function blocksOf(
  call: ChatCall,
  header: string | readonly string[] | undefined,
  hasSession: boolean,
  blockTokens: number | null,
): readonly number[] | null {
  const named = typeof header === 'string' ? readPrefixBlocks(header) : undefined;
  if (named !== undefined) return named;
  return hasSession || blockTokens === null ? null : prefixBlocksOf(call.prompt.texts, blockTokens);
}

function drawnOutputTokens(seed: number, requestKey: number): number {
  const uniform = drawUniform(seed, requestKey, 0, OUTPUT_LENGTH_PURPOSE);
  return Math.max(1, Math.round(lognormalFromUniform(uniform, OUTPUT_MEDIAN_TOKENS, OUTPUT_SIGMA)));
}

function wholeNumber(text: string | readonly string[] | undefined, min: number, max: number): number | null {
  if (typeof text !== 'string' || !/^\d{1,7}$/.test(text)) return null;
  const value = Number(text);
  return value >= min && value <= max ? value : null;
}
