import { isRecord } from './json-record.ts';

/** What a provider counted, whole tokens, each >= 0. */
export interface Usage {
  /** All input, cached or not. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Of the input, read from the provider's prompt cache. */
  readonly cacheReadTokens: number;
  /** Of the input, written to the cache; OpenAI does not tell, some providers of its protocol do. */
  readonly cacheWriteTokens: number;
}

/** The usage in a `usage` object of a chat or embeddings answer, or null when it is not one. */
export function readUsage(value: unknown): Usage | null {
  if (!isRecord(value)) return null;
  const { prompt_tokens: input, completion_tokens: output, prompt_tokens_details: details } = value;
  if (!isCount(input) && !isCount(output)) return null;
  const cache = isRecord(details) ? details : {};
  return {
    inputTokens: count(input),
    outputTokens: count(output),
    // DeepSeek names it its own way.
    cacheReadTokens: count(cache['cached_tokens'] ?? value['prompt_cache_hit_tokens']),
    cacheWriteTokens: count(cache['cache_write_tokens'] ?? cache['cache_creation_tokens']),
  };
}

function count(value: unknown): number {
  return isCount(value) ? Math.round(value) : 0;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
