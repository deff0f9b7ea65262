import type { TwinDefinition } from '../scenario.ts';
import { lognormalFromUniform } from '../statistics/normal-quantile.ts';

/**
 * Time per output token after the first, ms: (a + b x inFlight) x lognormal noise of median 1, drawn once for
 * an answer.
 *
 * @param inFlight other attempts in flight at the twin when this one is sent
 * @param uniform in [0, 1)
 */
export function interTokenMs(definition: TwinDefinition['interToken'], inFlight: number, uniform: number): number {
  return lognormalFromUniform(uniform, definition.aMs + definition.bMs * inFlight, definition.sigma);
}
