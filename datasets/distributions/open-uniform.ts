import { drawUniform } from '../../src/router/keyed-draw.ts';

/** Half the distance between two neighbouring draws. */
const HALF_STEP = 2 ** -33;

/** A keyed uniform draw in (0, 1) without its ends, where logarithms and quantiles are infinite. */
export function drawOpenUniform(seed: number, key: number, salt: number, purpose: number): number {
  return drawUniform(seed, key, salt, purpose) + HALF_STEP;
}
