import { performance } from 'node:perf_hooks';

const TARGETS = 10;
const ROUNDS = 5_000_000;

/**
 * The floor: ten targets, three terms, the best wins; no filters, states, budgets or record. Decisions per second,
 * as a yardstick for the machine at this moment.
 */
export function measureNaiveDecision(): number {
  const success = Float64Array.from({ length: TARGETS }, (_, target) => target / TARGETS);
  const firstTokenMs = new Float64Array(TARGETS).fill(300);
  const price = new Float64Array(TARGETS).fill(2);
  let best = 0;
  const startMs = performance.now();
  for (let round = 0; round < ROUNDS; round++) {
    let bestScore = -1;
    for (let target = 0; target < TARGETS; target++) {
      const score =
        0.3 * success[target]! + 0.2 * (800 / (800 + firstTokenMs[target]!)) + 0.2 * (2 / (2 + price[target]!));
      if (score > bestScore) {
        bestScore = score;
        best = target;
      }
    }
    success[best] = success[best]! * 0.99 + 0.001;
  }
  return (ROUNDS * 1_000) / (performance.now() - startMs);
}
