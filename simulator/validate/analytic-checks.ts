/** The simulator against what is known in closed form: textbook queues, token buckets, outages. */
import type { Check } from './check.ts';
import { limitChecks, type LimitStudy } from './limits/limit-checks.ts';
import { queueChecks, type QueueStudy } from './queues/queue-checks.ts';

/**
 * Errors are let be three or more of their own standard deviations by the asymptotic variance of M/M/1, so that another
 * seed seldom changes the answer.
 */
const QUEUE_STUDY: Omit<QueueStudy, 'seed'> = {
  loads: [
    { load: 0.5, customers: 10_000, customersWithALimit: 20_000, errorMax: 0.02 },
    { load: 0.7, customers: 35_000, customersWithALimit: 10_000, errorMax: 0.02 },
    { load: 0.9, customers: 100_000, customersWithALimit: 10_000, errorMax: 0.04 },
  ],
  replications: 20,
  warmUp: 4_000,
};

const QUICK_QUEUE_STUDY: Omit<QueueStudy, 'seed'> = {
  loads: [
    { load: 0.5, customers: 16_000, customersWithALimit: 16_000, errorMax: 0.03 },
    { load: 0.7, customers: 16_000, customersWithALimit: 16_000, errorMax: 0.05 },
  ],
  replications: 10,
  warmUp: 1_000,
};

const LIMIT_STUDY: Omit<LimitStudy, 'seed'> = {
  bucketMinutes: 120,
  weatherHours: 20_000,
  weatherRequests: 500_000,
  scheduledHours: 200,
  scheduledRequests: 300_000,
};

const QUICK_LIMIT_STUDY: Omit<LimitStudy, 'seed'> = {
  bucketMinutes: 30,
  weatherHours: 4_000,
  weatherRequests: 150_000,
  scheduledHours: 50,
  scheduledRequests: 100_000,
};

/** @param report called with each check as soon as its figure is known */
export async function analyticChecks(seed: number, isQuick: boolean, report: (check: Check) => void): Promise<void> {
  await queueChecks({ ...(isQuick ? QUICK_QUEUE_STUDY : QUEUE_STUDY), seed }, report);
  await limitChecks({ ...(isQuick ? QUICK_LIMIT_STUDY : LIMIT_STUDY), seed }, report);
}
