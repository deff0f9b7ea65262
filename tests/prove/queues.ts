/** Queues with known answers at the size that is claimed: each of five queues at four loads, by forty replications. */
import { queueChecks, type QueueStudy } from '../../simulator/validate/queues/queue-checks.ts';
import { ofValidation, type Proof } from './proof.ts';

/**
 * Customers enough for the error of the mean to stay below a third of its limit, by the asymptotic variance of M/M/1.
 * Turning away is rare at low load, and its frequency takes more customers to see.
 */
const STUDY: QueueStudy = {
  loads: [
    { load: 0.3, customers: 40_000, customersWithALimit: 250_000, errorMax: 0.01 },
    { load: 0.5, customers: 50_000, customersWithALimit: 80_000, errorMax: 0.01 },
    { load: 0.7, customers: 100_000, customersWithALimit: 40_000, errorMax: 0.01 },
    { load: 0.9, customers: 300_000, customersWithALimit: 40_000, errorMax: 0.02 },
  ],
  replications: 40,
  warmUp: 4_000,
  seed: 1,
};

export const queues: Proof = {
  name: 'queues',
  about: `M/M/1, M/M/4, M/D/1, M/G/1, M/M/2/4 and Little's law at load .3 .5 .7 .9`,
  run: (report) => queueChecks(STUDY, (check) => report(ofValidation(check))),
};
