/** Rate limits and outages through the whole driver: what passes is what should pass, within 1 %. */
import { atMost, type Check } from '../check.ts';
import { availability, rateLimited, scheduledAvailability, type Compared } from './provider-limits.ts';

export interface LimitStudy {
  readonly bucketMinutes: number;
  readonly weatherHours: number;
  readonly weatherRequests: number;
  readonly scheduledHours: number;
  readonly scheduledRequests: number;
  readonly seed: number;
}

const ERROR_MAX = 0.01;

/** @param report called with each check as soon as its figure is known */
export async function limitChecks(study: LimitStudy, report: (check: Check) => void): Promise<void> {
  const { bucketMinutes, weatherHours, weatherRequests, scheduledHours, scheduledRequests, seed } = study;
  report(errorOf('bucket of requests: rate let through', await rateLimited('requests', bucketMinutes, seed)));
  report(errorOf('bucket of tokens: rate let through', await rateLimited('tokens', bucketMinutes, seed)));
  report(errorOf('weather: share answered', await availability(weatherHours, weatherRequests, seed)));
  report(
    errorOf(
      '12 min of outage an hour: share answered',
      await scheduledAvailability(scheduledHours, scheduledRequests, seed),
    ),
  );
}

function errorOf(name: string, { measured, expected }: Compared): Check {
  const error = Math.abs(measured / expected - 1);
  return atMost('analytic', name, error, ERROR_MAX, `${measured.toFixed(4)}, expected ${expected.toFixed(4)}`);
}
