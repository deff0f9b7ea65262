import type { TwinDefinition } from '../scenario.ts';

const HOUR_MS = 3_600_000;
const HOURS_PER_DAY = 24;

/**
 * What the hour of the day does to the first token: steps at full hours.
 *
 * @param startHour hour of the day in UTC at time 0
 * @returns the factor at a time in ms
 */
export function createHourFactor(
  factors: TwinDefinition['firstToken']['hourFactors'],
  startHour: number,
): (nowMs: number) => number {
  if (factors === null) return () => 1;
  return (nowMs) => factors[Math.floor(startHour + nowMs / HOUR_MS) % HOURS_PER_DAY]!;
}
