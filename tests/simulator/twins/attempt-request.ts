import type { AttemptRequest } from '../../../simulator/twins/attempt-plan.ts';

/** 1,000 tokens in, 101 out, streamed. */
export function requestOf(changes: Partial<AttemptRequest> = {}): AttemptRequest {
  return {
    requestId: 'request',
    requestKey: 1,
    inputTokens: 1_000,
    outputTokens: 101,
    stream: true,
    sessionKey: 0,
    prefixBlocks: null,
    ...changes,
  };
}
