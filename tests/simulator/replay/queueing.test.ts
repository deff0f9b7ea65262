/** Short forms of the queueing proofs; `npm run prove -- --only queues` runs them at length. */
import { describe, expect, test } from 'vitest';
import {
  estimate,
  halfWidth,
  QUEUES,
  replicate,
  theoryOf,
  type NamedQueue,
} from '../../../simulator/validate/queues/queueing-replications.ts';

const REPLICATIONS = 20;
const CUSTOMERS = 8_000;
const WARM_UP = 1_000;
/** Intervals of all looks below are to hold together with 95 %. */
const LOOKS = 40;
const CONFIDENCE = 1 - 0.05 / LOOKS;

const cell = (name: string, load: number): NamedQueue => ({ ...QUEUES.find((queue) => queue.name === name)!, load });

describe.each([
  cell('M/M/1', 0.7),
  cell('M/M/4', 0.7),
  cell('M/D/1', 0.7),
  cell('M/G/1 (two lognormals)', 0.5),
  cell('M/M/2/4', 0.9),
])('$name at load $load', (queue) => {
  test('waits, fills up and turns away as theory says', async () => {
    const theory = theoryOf(queue);
    const measured = await replicate(queue, REPLICATIONS, CUSTOMERS, WARM_UP, 1);
    for (const measure of [
      'meanWait',
      'meanTimeInSystem',
      'meanNumberInSystem',
      'utilisation',
      'waitProbability',
      'blockingProbability',
    ] as const) {
      const error = Math.abs(measured[measure].mean - theory[measure]);
      expect(error, measure).toBeLessThanOrEqual(halfWidth(measured[measure], CONFIDENCE) + 1e-9);
    }
    expect(Math.abs(measured.meanTimeInSystem.mean / theory.meanTimeInSystem - 1)).toBeLessThan(0.04);
    expect(Math.abs(measured.meanNumberInSystem.mean / theory.meanNumberInSystem - 1)).toBeLessThan(0.04);
    // Little's law is no matter of chance but of counting: only the edges of a run part the two sides.
    expect(Math.abs(measured.littleNumberInSystem.mean / measured.meanNumberInSystem.mean - 1)).toBeLessThan(0.002);
  });
});

test('the interval is Student’s', () => {
  const { mean, standardError } = estimate([1, 2, 3, 4, 5]);
  expect(mean).toBe(3);
  expect(standardError).toBeCloseTo(Math.sqrt(2.5 / 5), 12);
  // R: qt(0.975, 29), qt(0.975, 99), qt(0.9995, 29)
  expect(halfWidth({ mean: 0, standardError: 1, replications: 30 }, 0.95)).toBeCloseTo(2.04523, 3);
  expect(halfWidth({ mean: 0, standardError: 1, replications: 100 }, 0.95)).toBeCloseTo(1.984217, 4);
  expect(halfWidth({ mean: 0, standardError: 1, replications: 30 }, 0.999)).toBeCloseTo(3.659405, 1);
});
