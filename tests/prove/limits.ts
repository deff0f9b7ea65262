/** Rate limits and outages through the whole driver: what passes is what should pass, within 1 %. */
import {
  availability,
  rateLimited,
  scheduledAvailability,
  type Compared,
} from '../simulator/replay/provider-limits.ts';
import { holds, percent, type Check, type Proof } from './proof.ts';

export const limits: Proof = {
  name: 'limits',
  about: 'token buckets pass their rate, outages take their share of requests',
  async run(report) {
    report(within('a bucket of 600 requests a minute, for 10 hours', await rateLimited('requests', 600, 1)));
    report(within('a bucket of 6,600 tokens a minute, for 10 hours', await rateLimited('tokens', 600, 1)));
    report(within('weather over 20,000 hours: share answered', await availability(20_000, 1_000_000, 1)));
    report(within('12 min of outage an hour: share answered', await scheduledAvailability(200, 500_000, 1)));
  },
};

function within(name: string, { measured, expected }: Compared): Check {
  const error = Math.abs(measured / expected - 1);
  const figure = `${measured.toFixed(4)}, expected ${expected.toFixed(4)}: ${percent(error)} off`;
  return holds(name, figure, '<= 1 %', error <= 0.01);
}
