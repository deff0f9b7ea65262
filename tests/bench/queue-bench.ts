/** M/M/1 at load 0.7 through the whole simulator (core included), beside the same queue in SimPy. */
import { spawnSync } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { replay, type ReplayObserver } from '../../simulator/replay/replay.ts';
import { ONE_PATIENT_ATTEMPT } from '../../simulator/validate/queues/patient-policy.ts';
import { scenarioOf } from '../../simulator/validate/small/pool-in-small.ts';
import { poissonTrace } from '../../simulator/validate/queues/queueing-trial.ts';
import { STEADY_TWIN } from '../../simulator/validate/small/small-scenario.ts';

const MEAN_GAP_MS = 1_000;
const MEAN_SERVICE_MS = 700;
const ignore = (): void => undefined;
const NOBODY: ReplayObserver = {
  timeMoves: ignore,
  arrived: ignore,
  sent: ignore,
  attemptEnded: ignore,
  completed: ignore,
  rejected: ignore,
  cancelled: ignore,
};

export interface QueueSpeed {
  readonly eventsPerSecond: number;
  readonly customersPerSecond: number;
}

/** Ours: each customer is an arrival and an end, and passes through filters, scores, queue and settlement. */
export async function measureQueue(customers: number): Promise<QueueSpeed> {
  const scenario = scenarioOf([
    {
      id: 'aurora.main.large',
      concurrencyLimit: 1,
      queueLimit: Number.MAX_SAFE_INTEGER,
      twin: {
        firstToken: { ...STEADY_TWIN.firstToken, b0: Math.log(MEAN_SERVICE_MS), residual: { kind: 'exponential' } },
        interToken: { aMs: 0, bMs: 0, sigma: 0 },
      },
    },
  ]);
  const settings = { scenario, policy: ONE_PATIENT_ATTEMPT, seed: 1, observer: NOBODY };
  await replay(poissonTrace(customers / 4, MEAN_GAP_MS, 2), settings);
  const startMs = performance.now();
  const { events } = await replay(poissonTrace(customers, MEAN_GAP_MS, 1), settings);
  const seconds = (performance.now() - startMs) / 1_000;
  return { eventsPerSecond: events / seconds, customersPerSecond: customers / seconds };
}

/** SimPy's figures on this machine, or null when python3 or SimPy is not there. */
export function measureSimpy(customers: number): QueueSpeed | null {
  const script = fileURLToPath(new URL('mm1-simpy.py', import.meta.url));
  // Debian's python3 has Debian's simpy; another python3 may come first on the path.
  for (const python of ['/usr/bin/python3', 'python3']) {
    const { status, stdout } = spawnSync(python, [script, String(customers)], { encoding: 'utf8' });
    if (status !== 0) continue;
    const { events, seconds } = JSON.parse(stdout) as { readonly events: number; readonly seconds: number };
    return { eventsPerSecond: events / seconds, customersPerSecond: customers / seconds };
  }
  return null;
}
