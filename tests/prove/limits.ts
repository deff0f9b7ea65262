/** Rate limits and outages at the size that is claimed. */
import { limitChecks } from '../../simulator/validate/limits/limit-checks.ts';
import { ofValidation, type Proof } from './proof.ts';

export const limits: Proof = {
  name: 'limits',
  about: 'token buckets pass their rate for 10 hours, outages take their share of requests over 20,000 hours',
  run: (report) =>
    limitChecks(
      {
        bucketMinutes: 600,
        weatherHours: 20_000,
        weatherRequests: 1_000_000,
        scheduledHours: 200,
        scheduledRequests: 500_000,
        seed: 1,
      },
      (check) => report(ofValidation(check)),
    ),
};
