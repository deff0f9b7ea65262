import { expect, test } from 'vitest';
import {
  availability,
  rateLimited,
  scheduledAvailability,
  type Compared,
} from '../../../simulator/validate/limits/provider-limits.ts';

const error = ({ measured, expected }: Compared): number => Math.abs(measured / expected - 1);

test.each(['requests', 'tokens'] as const)('a bucket of %s passes its rate within one percent', async (metric) => {
  expect(error(await rateLimited(metric, 60, 1))).toBeLessThan(0.01);
});

test('weather answers its share of requests within 1 %', async () => {
  expect(error(await availability(2_000, 100_000, 1))).toBeLessThan(0.01);
});

test('scheduled outages take their share of requests within 1 %', async () => {
  expect(error(await scheduledAvailability(50, 50_000, 1))).toBeLessThan(0.01);
});
