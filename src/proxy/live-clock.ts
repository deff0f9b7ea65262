/** Unix time in ms with fractions, which never goes back: the core's time in the live proxy. */
import { performance } from 'node:perf_hooks';

/** The machine's clock may run ahead of ours by this before we follow it, ms. */
const LAG_MAX_MS = 1_000;
const CHECK_EVERY_MS = 10_000;

export interface LiveClock {
  nowMs(): number;
}

/**
 * A clock that goes at the pace of the monotonic one, and jumps forward when the machine's clock was set forward (or
 * the machine slept). When that was set back, ours goes on.
 *
 * @param notBeforeMs of the last input of an earlier run, which our time must not fall behind
 */
export function createLiveClock(notBeforeMs: number): LiveClock {
  const wallNow = (): number => performance.timeOrigin + performance.now();
  let offsetMs = Math.max(0, notBeforeMs - wallNow());
  let checkAtMs = 0;
  return {
    nowMs() {
      const nowMs = wallNow() + offsetMs;
      if (nowMs < checkAtMs) return nowMs;
      checkAtMs = nowMs + CHECK_EVERY_MS;
      const behindMs = Date.now() - nowMs;
      if (behindMs > LAG_MAX_MS) offsetMs += behindMs;
      return wallNow() + offsetMs;
    },
  };
}
