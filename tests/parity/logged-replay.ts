/** Replays a trace into a decision log, with the pieces that the command `simulate --log` is made of. */
import type { TraceSource } from '../../datasets/trace.ts';
import { createLogWriter } from '../../src/log/log-writer.ts';
import { openLog } from '../../src/log/log-reader.ts';
import { verifyLog, type ParityResult } from '../../src/log/parity.ts';
import type { Policy } from '../../src/router/policy.ts';
import { CORE_VERSION } from '../../src/router/router.ts';
import { replay, type ReplayObserver, type ReplayTotals } from '../../simulator/replay/replay.ts';
import type { Scenario } from '../../simulator/scenario.ts';

const nothing = (): void => undefined;
export const NOBODY_WATCHES: ReplayObserver = {
  timeMoves: nothing,
  arrived: nothing,
  sent: nothing,
  attemptEnded: nothing,
  completed: nothing,
  rejected: nothing,
  cancelled: nothing,
};

export async function logReplay(
  path: string,
  trace: TraceSource,
  scenario: Scenario,
  policy: Policy,
  seed: number,
  observer: ReplayObserver = NOBODY_WATCHES,
): Promise<ReplayTotals> {
  const log = await createLogWriter(path, { coreVersion: CORE_VERSION });
  const totals = await replay(trace, { scenario, policy, policyName: policy.mode, seed, observer, recorder: log });
  await log.close();
  return totals;
}

/** Recomputes every decision of a log. */
export async function verifyAll(path: string): Promise<ParityResult> {
  const reader = await openLog(path);
  try {
    return await verifyLog(reader);
  } finally {
    reader.close();
  }
}
