import type { TwinDefinition } from '../scenario.ts';

/** Prices in pico-USD per token: whole numbers, so that sums are exact and rounding happens once. */
export interface Pricing {
  readonly inputPicoUsd: number;
  readonly outputPicoUsd: number;
  readonly cacheReadPicoUsd: number;
  readonly cacheWritePicoUsd: number;
  readonly billsAborted: boolean;
}

const PICO_PER_MICRO = 1_000_000;

/** Prices finer than a pico-USD per token (a millionth of a USD per million tokens) are rounded to it. */
export function createPricing(prices: TwinDefinition['prices']): Pricing {
  return {
    inputPicoUsd: Math.round(prices.inputMicroUsdPerToken * PICO_PER_MICRO),
    outputPicoUsd: Math.round(prices.outputMicroUsdPerToken * PICO_PER_MICRO),
    cacheReadPicoUsd: Math.round(prices.cacheReadMicroUsdPerToken * PICO_PER_MICRO),
    cacheWritePicoUsd: Math.round(prices.cacheWriteMicroUsdPerToken * PICO_PER_MICRO),
    billsAborted: prices.billsAborted,
  };
}

/**
 * The bill of one attempt in whole micro-USD, half a micro-USD rounded up. Input tokens not read from the cache
 * and not written to it cost the input price. Exact while the sum stays below 9,000 USD.
 *
 * @param inputTokens all input, cached or not
 * @param factor of a price fault, 1 = none
 */
export function costMicroUsd(
  pricing: Pricing,
  inputTokens: number,
  cacheReadTokens: number,
  cacheWriteTokens: number,
  outputTokens: number,
  factor: number,
): number {
  const picoUsd =
    (inputTokens - cacheReadTokens - cacheWriteTokens) * pricing.inputPicoUsd +
    cacheReadTokens * pricing.cacheReadPicoUsd +
    cacheWriteTokens * pricing.cacheWritePicoUsd +
    outputTokens * pricing.outputPicoUsd;
  return Math.round((picoUsd * factor) / PICO_PER_MICRO);
}
