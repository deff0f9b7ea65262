/** Tried policies with made-up standings, for tests of what is worked out from them. */
import { DEFAULT_POLICY } from '../../../src/router/policy.ts';
import type { Trialed } from '../../../simulator/tune/trial-book.ts';
import type { KnobValue, MetricValues } from '../../../simulator/tune/tuning-result.ts';

export function trialWith(
  name: string,
  knobs: Readonly<Record<string, KnobValue>>,
  merit: number,
  metrics: MetricValues = {},
): Trialed {
  return {
    origin: 'sobol',
    policy: DEFAULT_POLICY,
    policyHash: name,
    point: new Float64Array(),
    knobs,
    rung: { index: 0, share: 1, stretches: [], withFaults: null, rows: 0 },
    metrics,
    troubled: null,
    standing: { violation: 0, utility: merit, merit },
  };
}
