import { describe, expect, it } from 'vitest';
import { knownPrices } from '../../src/config/known-prices.ts';

describe('known prices', () => {
  it('are list prices per million tokens: GPT-4.1 mini at 0.40, 1.60 and 0.10 USD since April 2025', () => {
    expect(knownPrices('openai', 'gpt-4.1-mini')).toEqual({
      inputMicroUsdPerToken: 0.4,
      outputMicroUsdPerToken: 1.6,
      cacheReadMicroUsdPerToken: 0.1,
      cacheWriteMicroUsdPerToken: 0.4,
    });
  });

  it('have the surcharge for writing to a cache: Claude Sonnet 4 at 3, 15, 0.30 and 3.75 USD', () => {
    expect(knownPrices('anthropic', 'claude-sonnet-4-20250514')).toEqual({
      inputMicroUsdPerToken: 3,
      outputMicroUsdPerToken: 15,
      cacheReadMicroUsdPerToken: 0.3,
      cacheWriteMicroUsdPerToken: 3.75,
    });
  });

  it('are found by the model where the provider has a name of its own', () => {
    expect(knownPrices('our-proxy', 'gpt-4.1-mini')?.inputMicroUsdPerToken).toBe(0.4);
  });

  it('are none for a model that nobody has heard of', () => {
    expect(knownPrices('aurora', 'aurora-large-2.5')).toBeNull();
  });
});
