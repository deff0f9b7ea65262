import { until as untilSoon } from '../upstream/recorded-attempt.ts';

/** Waits until something holds; long enough for a machine that is busy with other things. */
export function until(holds: () => boolean, what: string, timeoutMs = 20_000): Promise<void> {
  return untilSoon(holds, what, timeoutMs);
}
