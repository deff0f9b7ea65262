/**
 * Exponential backoff with full jitter (Brooker, "Exponential Backoff and Jitter", 2015), the jitter keyed by
 * request and attempt: uniform in [0, min(max, base x 2^(failures - 1))), ms.
 */
import { DRAW_PURPOSE, drawUniform } from '../keyed-draw.ts';
import type { Policy } from '../policy.ts';

/** @param failures attempts that failed so far, >= 1 */
export function backoffMs(retry: Policy['retry'], seed: number, requestKey: number, failures: number): number {
  const ceiling = Math.min(retry.backoffMaxMs, retry.backoffBaseMs * 2 ** (failures - 1));
  return drawUniform(seed, requestKey, failures, DRAW_PURPOSE.backoff) * ceiling;
}
