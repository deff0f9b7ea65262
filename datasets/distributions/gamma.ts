import { normalQuantile } from './normal-quantile.ts';
import { drawOpenUniform } from './open-uniform.ts';

/** Salts that one Gamma draw may use; callers that draw several from one key keep this distance. */
export const GAMMA_SALTS = 16;

/**
 * A keyed draw from the Gamma distribution with scale 1 (R's `rgamma(1, shape)`): Marsaglia and Tsang, "A Simple
 * Method for Generating Gamma Variables", ACM TOMS 26(3), 2000; below shape 1 with their power of a uniform.
 *
 * @param shape > 0
 * @param salt the draw uses `salt` to `salt + GAMMA_SALTS - 1`
 */
export function drawGamma(shape: number, seed: number, key: number, salt: number, purpose: number): number {
  if (shape === 1) return -Math.log(drawOpenUniform(seed, key, salt, purpose));
  if (shape < 1) {
    const boost = drawOpenUniform(seed, key, salt + GAMMA_SALTS - 1, purpose) ** (1 / shape);
    return boost * drawLargeGamma(shape + 1, seed, key, salt, purpose);
  }
  return drawLargeGamma(shape, seed, key, salt, purpose);
}

function drawLargeGamma(shape: number, seed: number, key: number, salt: number, purpose: number): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  // About 5 % of the rounds are rejected at worst, so the salts of one draw are as good as never used up.
  for (let round = 0; ; round += 2) {
    const x = normalQuantile(drawOpenUniform(seed, key, salt + round, purpose));
    const root = 1 + c * x;
    if (root <= 0) continue;
    const v = root * root * root;
    const u = drawOpenUniform(seed, key, salt + round + 1, purpose);
    if (Math.log(u) < 0.5 * x * x + d * (1 - v + Math.log(v))) return d * v;
  }
}
