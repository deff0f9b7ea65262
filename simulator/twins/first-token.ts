import type { TwinDefinition } from '../scenario.ts';
import { createResidual } from './residual.ts';

/**
 * Time to the first token of a warm model, ms:
 * exp(b0 + b1 ln(1 + uncachedTokens / n0) + load x inFlight / loadReference) x residual.
 *
 * @returns a function of the input tokens not read from a cache, the other attempts in flight at the twin when
 *   this one is sent, and a uniform draw in [0, 1)
 */
export function createFirstToken(
  definition: TwinDefinition['firstToken'],
): (uncachedTokens: number, inFlight: number, uniform: number) => number {
  const { b0, b1, n0, load, loadReference } = definition;
  const residual = createResidual(definition.residual);
  const loadPerAttempt = load / loadReference;
  return (uncachedTokens, inFlight, uniform) =>
    Math.exp(b0 + b1 * Math.log1p(uncachedTokens / n0) + loadPerAttempt * inFlight) * residual(uniform);
}
