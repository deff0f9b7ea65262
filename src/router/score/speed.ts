/**
 * Speed term: v / (v + ref) for a mean output speed v in tokens per second, 1/2 at the policy's reference.
 * In [0, 1).
 */
export function speedTerm(meanTokensPerSecond: number, referenceTokensPerSecond: number): number {
  return meanTokensPerSecond / (meanTokensPerSecond + referenceTokensPerSecond);
}
