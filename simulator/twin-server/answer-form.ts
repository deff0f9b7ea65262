import type { AttemptPlan } from '../twins/attempt-plan.ts';

/** The wire form of one answer. A class for each kind, because one is made for every request. */
export interface AnswerForm {
  /** The JSON text of an answer in one piece. */
  whole(plan: AttemptPlan): string;
  /** First frames of a stream, before any content. */
  opening(): string;
  /** One frame with the tokens `from` (included) to `to`. */
  tokens(from: number, to: number): string;
  /** Last frames of a stream that ends well. */
  closing(plan: AttemptPlan): string;
}

/** `usage` as the OpenAI API gives it; tokens written to the cache as OpenRouter does. */
export function usageOf({ inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens }: AttemptPlan): object {
  const details = cacheWriteTokens > 0 ? { cache_write_tokens: cacheWriteTokens } : {};
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cacheReadTokens, audio_tokens: 0, ...details },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
  };
}
