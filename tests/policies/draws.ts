/** Luck for tests that repeat themselves. */
import { drawUniform } from '../../src/router/keyed-draw.ts';

export interface Draws {
  /** In [0, 1). */
  uniform(): number;
  normal(): number;
}

export function drawsOf(seed: number): Draws {
  let place = 0;
  const uniform = (): number => drawUniform(seed, (place += 1), 0, 3);
  return {
    uniform,
    // Box and Muller's.
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  };
}
