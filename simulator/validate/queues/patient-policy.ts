import { DEFAULT_POLICY, type Policy } from '../../../src/router/policy.ts';

/** Longer than any run, ms. */
export const FOR_EVER_MS = 1e12;

/** The default policy with neither retries nor limits of time, so that only the twin ends an attempt. */
export const ONE_PATIENT_ATTEMPT: Policy = {
  ...DEFAULT_POLICY,
  health: { ...DEFAULT_POLICY.health, minSamples: 1e9, latencySpikeFactor: 1e9 },
  queue: { timeoutMs: FOR_EVER_MS, recoveryWaitMaxMs: 0 },
  retry: { attemptsMax: 1, backoffBaseMs: 1, backoffMaxMs: 1, deadlineMs: FOR_EVER_MS },
  timeouts: { connectMs: FOR_EVER_MS, firstTokenMs: FOR_EVER_MS, idleMs: FOR_EVER_MS, totalMs: FOR_EVER_MS },
};
