import { DRAW_PURPOSE_OUTSIDE_ROUTER } from '../../src/router/keyed-draw.ts';

const FIRST = DRAW_PURPOSE_OUTSIDE_ROUTER + 100;

/** What each keyed draw of the twins is for. */
export const TWIN_DRAW = {
  weatherStart: FIRST,
  weatherStartDwell: FIRST + 1,
  weatherStartPart: FIRST + 2,
  weatherDwell: FIRST + 3,
  weatherNext: FIRST + 4,
  outage: FIRST + 5,
  outageForm: FIRST + 6,
  error: FIRST + 7,
  storm: FIRST + 8,
  failure: FIRST + 9,
  failureDuration: FIRST + 10,
  abortShare: FIRST + 11,
  residual: FIRST + 12,
  coldStart: FIRST + 13,
  interToken: FIRST + 14,
  drift: FIRST + 15,
  donor: FIRST + 16,
} as const;

/**
 * Salt of an attempt's draws. It holds the target by name, not by place, so that adding a target to a pool
 * leaves the luck of the others as it was.
 *
 * @param targetHash `hashText` of the target's id
 * @param attempt 1, 2, ...
 */
export function attemptSalt(targetHash: number, attempt: number): number {
  return targetHash ^ Math.imul(attempt, 0x9e3779b1);
}
