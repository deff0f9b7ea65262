/** Known twins, logs of their attempts, and how often the fits' intervals hold what is known. */
import type { Check } from '../../../simulator/validate/check.ts';
import { coverageChecks, coverageOf, type Recovered } from '../../../simulator/validate/recovery/coverage.ts';
import { recoverLatency } from '../../../simulator/validate/recovery/latency-recovery.ts';
import { recoverTrouble } from '../../../simulator/validate/recovery/trouble-recovery.ts';

/** Half a second each. */
export const RECOVERY_RUNS = 200;
export const QUICK_RECOVERY_RUNS = 20;

/** @param onRun called with the number of runs that are done; others get their turn between runs */
export async function validateRecovery(
  runs: number,
  seed: number,
  onRun: (done: number) => void,
): Promise<readonly Check[]> {
  const recovered: Recovered[] = [];
  for (let run = 0; run < runs; run++) {
    recovered.push(...recoverLatency(seed + run), ...recoverTrouble(seed, run));
    onRun(run + 1);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return coverageChecks(coverageOf(recovered));
}
