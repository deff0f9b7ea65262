/** Unix time in ms with fractions, which never goes back: the core's time in the live proxy. */
import { performance } from 'node:perf_hooks';

/** The machine's clock may run ahead of ours by this before we follow it, ms. */
const LAG_MAX_MS = 1_000;
const CHECK_EVERY_MS = 10_000;

export interface LiveClock {
  nowMs(): number;
  /**
   * How many ms of the core's time pass in one on the wall; 1 in earnest. With twins that play their scenario faster
   * than life, the core lives in the scenario's time: its cooldowns, budgets and log then mean what they say.
   */
  readonly speed: number;
}

/**
 * A clock that goes at the pace of the monotonic one, and jumps forward when the machine's clock was set forward (or
 * the machine slept). When that was set back, ours goes on.
 *
 * @param notBeforeMs of the last input of an earlier run, which our time must not fall behind
 * @param speed see {@link LiveClock.speed}
 */
export function createLiveClock(notBeforeMs: number, speed = 1): LiveClock {
  if (speed !== 1) return fastClock(notBeforeMs, speed);
  const wallNow = (): number => performance.timeOrigin + performance.now();
  let offsetMs = Math.max(0, notBeforeMs - wallNow());
  let checkAtMs = 0;
  return {
    speed,
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

/** Starts with the machine's clock and leaves it behind. */
function fastClock(notBeforeMs: number, speed: number): LiveClock {
  const startMs = Math.max(Date.now(), notBeforeMs);
  const startedAtMs = performance.now();
  return { speed, nowMs: () => startMs + (performance.now() - startedAtMs) * speed };
}
