import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { costMicroUsd, createPricing } from '../../../simulator/twins/pricing.ts';

const pricing = createPricing({
  inputMicroUsdPerToken: 3,
  outputMicroUsdPerToken: 15,
  cacheReadMicroUsdPerToken: 0.3,
  cacheWriteMicroUsdPerToken: 3.75,
  billsAborted: true,
});

describe('costMicroUsd', () => {
  it('bills uncached, read, written and produced tokens each at its price', () => {
    // 1000 in, of which 600 read and 200 written: 200 x 3 + 600 x 0.3 + 200 x 3.75 + 50 x 15.
    expect(costMicroUsd(pricing, 1_000, 600, 200, 50, 1)).toBe(600 + 180 + 750 + 750);
    expect(costMicroUsd(pricing, 1_000, 600, 200, 50, 2)).toBe(2 * 2_280);
    expect(costMicroUsd(pricing, 0, 0, 0, 0, 1)).toBe(0);
  });

  it('rounds halves up, once, at the end', () => {
    const cheap = createPricing({
      inputMicroUsdPerToken: 0.1,
      outputMicroUsdPerToken: 0.4,
      cacheReadMicroUsdPerToken: 0,
      cacheWriteMicroUsdPerToken: 0,
      billsAborted: true,
    });
    expect(costMicroUsd(cheap, 5, 0, 0, 0, 1)).toBe(1);
    expect(costMicroUsd(cheap, 4, 0, 0, 0, 1)).toBe(0);
    expect(costMicroUsd(cheap, 3, 0, 0, 3, 1)).toBe(2);
  });

  it('is exact in whole numbers for any price with six decimals (against BigInt)', () => {
    const price = fc.integer({ min: 0, max: 200_000_000 });
    const tokens = fc.integer({ min: 0, max: 2_000_000 });
    fc.assert(
      fc.property(fc.tuple(price, price, price, price), fc.tuple(tokens, tokens, tokens, tokens), (pico, counts) => {
        const [uncached, read, written, output] = counts;
        const exact = createPricing({
          inputMicroUsdPerToken: pico[0] / 1e6,
          cacheReadMicroUsdPerToken: pico[1] / 1e6,
          cacheWriteMicroUsdPerToken: pico[2] / 1e6,
          outputMicroUsdPerToken: pico[3] / 1e6,
          billsAborted: true,
        });
        const sum = counts.reduce((total, count, index) => total + BigInt(count) * BigInt(pico[index]!), 0n);
        const expected = Number((sum + 500_000n) / 1_000_000n);
        expect(costMicroUsd(exact, uncached + read + written, read, written, output, 1)).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });
});
