/**
 * Expected cost of a request at a target, micro-USD: warm input at the cache-read price, the rest at the input
 * price, plus the expected output. Prices are micro-USD per token (= USD per million tokens).
 */
export function expectedCostMicroUsd(
  inputTokens: number,
  outputTokens: number,
  warmShare: number,
  inputPrice: number,
  cacheReadPrice: number,
  outputPrice: number,
): number {
  return inputTokens * (inputPrice + warmShare * (cacheReadPrice - inputPrice)) + outputTokens * outputPrice;
}

/**
 * Cost term: ref / (ref + cost) with the reference scaled to the request's size, so that long and short requests
 * tell dear from cheap targets equally well. In (0, 1]; free is 1; a blended price equal to the reference is 1/2.
 *
 * @param referenceUsdPerMillion the policy's reference price, > 0
 */
export function costTerm(costMicroUsd: number, totalTokens: number, referenceUsdPerMillion: number): number {
  const reference = referenceUsdPerMillion * Math.max(1, totalTokens);
  return reference / (reference + costMicroUsd);
}
