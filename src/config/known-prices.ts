import { calcPrice } from '@pydantic/genai-prices';
import type { Prices } from '../router/pool.ts';

/** Below the first step of every tiered price list. */
const TOKENS = 1_000;
const MICRO_USD_PER_USD = 1_000_000;

/**
 * The list price of a model by the price data that come with the package `@pydantic/genai-prices`; nothing is fetched.
 * Of prices that rise with the length of the prompt it is the lowest.
 *
 * @param provider as the price data name it (`openai`, `anthropic`, `google`, ...); of another name, the model alone tells
 * @returns null for a model that the data do not know
 */
export function knownPrices(provider: string, model: string): Prices | null {
  const input = microUsdPerToken(provider, model, { input_tokens: TOKENS });
  const output = microUsdPerToken(provider, model, { output_tokens: TOKENS });
  if (input === null || output === null) return null;
  const cacheRead = microUsdPerToken(provider, model, { input_tokens: TOKENS, cache_read_tokens: TOKENS });
  const cacheWrite = microUsdPerToken(provider, model, { input_tokens: TOKENS, cache_write_tokens: TOKENS });
  return {
    inputMicroUsdPerToken: input,
    outputMicroUsdPerToken: output,
    cacheReadMicroUsdPerToken: cacheRead ?? input,
    cacheWriteMicroUsdPerToken: cacheWrite ?? input,
  };
}

/** The price of {@link TOKENS} tokens of one kind, by the token. */
function microUsdPerToken(provider: string, model: string, usage: Readonly<Record<string, number>>): number | null {
  const found = priceOf(usage, model, provider) ?? priceOf(usage, model);
  // Rounded to a millionth of a micro-USD, so that a list price is that number again.
  return found === null ? null : Math.round((found * MICRO_USD_PER_USD * 1e6) / TOKENS) / 1e6;
}

/** USD; null where the data have no price for it. */
function priceOf(usage: Readonly<Record<string, number>>, model: string, providerId?: string): number | null {
  try {
    const options = providerId === undefined ? {} : { providerId };
    return calcPrice({ ...usage }, model, options)?.total_price ?? null;
  } catch {
    // It throws for a usage that the model has no price for.
    return null;
  }
}
