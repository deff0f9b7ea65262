import { expect, it } from 'vitest';
import type { Check } from '../../../simulator/validate/check.ts';
import { limitChecks } from '../../../simulator/validate/limits/limit-checks.ts';
import { queueChecks, type QueueStudy } from '../../../simulator/validate/queues/queue-checks.ts';

const STUDY: QueueStudy = {
  loads: [{ load: 0.5, customers: 2_000, customersWithALimit: 2_000, errorMax: 0.2 }],
  replications: 10,
  warmUp: 200,
  seed: 1,
};

async function checksOf(changes: Partial<QueueStudy>): Promise<readonly Check[]> {
  const checks: Check[] = [];
  await queueChecks({ ...STUDY, ...changes }, (check) => checks.push(check));
  return checks;
}

it('asks errors, intervals and Little’s law of every queue, and judges all plain intervals together', async () => {
  const checks = await checksOf({});
  // Five queues with two errors, intervals and Little's law each; the last one turns customers away, too.
  expect(checks).toHaveLength(5 * 4 + 1 + 1);
  expect(new Set(checks.map(({ name }) => name)).size).toBe(checks.length);
  expect(checks.every(({ group }) => group === 'analytic')).toBe(true);
  expect(checks.filter(({ pass }) => !pass)).toEqual([]);
});

it('fails an error that is larger than it may be', async () => {
  const [load] = STUDY.loads;
  const checks = await checksOf({ loads: [{ ...load!, errorMax: 1e-6 }] });
  const errors = checks.filter(({ name }) => name.includes('error of'));
  expect(errors.map(({ pass }) => pass)).toEqual(errors.map(() => false));
});

it('asks rates and shares of limits and outages', async () => {
  const checks: Check[] = [];
  await limitChecks(
    {
      bucketMinutes: 10,
      weatherHours: 500,
      weatherRequests: 4_000,
      scheduledHours: 10,
      scheduledRequests: 4_000,
      seed: 1,
    },
    (check) => checks.push(check),
  );
  expect(checks.map(({ limit }) => limit)).toEqual([0.01, 0.01, 0.01, 0.01]);
  // So few requests say little of shares, but the buckets are exact.
  expect(checks.slice(0, 2).map(({ pass }) => pass)).toEqual([true, true]);
  for (const { value } of checks) expect(value).toBeLessThan(0.1);
});
