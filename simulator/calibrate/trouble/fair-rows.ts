import type { Fault, Scenario } from '../../scenario.ts';
import type { AttemptTable } from '../attempt-table.ts';
import type { TroubleFit } from '../fitted-twin.ts';

/** From here on an outage is replayed as one that lets nothing through. */
const OUTAGE_FAILURE = 0.9;

/**
 * 1 for every row of the table whose provider was up when it was sent, 0 for the others and for those of providers or
 * times of which the fits say nothing.
 *
 * @param troubles the fits of the table's providers, in any order
 */
export function isFairRows(table: AttemptTable, troubles: readonly TroubleFit[]): Uint8Array {
  const spansOfTarget = table.targets.map(
    ({ provider }) => troubles.find((trouble) => trouble.provider === provider)?.spans ?? [],
  );
  const span = new Uint32Array(spansOfTarget.length);
  const isFair = new Uint8Array(table.rows);
  for (let row = 0; row < table.rows; row++) {
    const target = table.target[row]!;
    const spans = spansOfTarget[target]!;
    const sentAtMs = table.sentAtMs[row]!;
    // Rows are in the order of sending, so a target's place in its spans only moves on.
    while (span[target]! < spans.length && spans[span[target]!]!.endMs <= sentAtMs) span[target]! += 1;
    const now = spans[span[target]!];
    isFair[row] = now !== undefined && now.startMs <= sentAtMs && now.state === 'up' ? 1 : 0;
  }
  return isFair;
}

/** A fitted scenario with the very trouble that was found, at the same times, in place of weather that comes by chance. */
export function withRecordedTrouble(scenario: Scenario, troubles: readonly TroubleFit[]): Scenario {
  return { ...scenario, weather: [], faults: troubles.flatMap(faultsOf) };
}

/**
 * The trouble that was found as scheduled faults, for a replay of the very same period: outages as `down`, or as
 * failures when much got through all the same; degraded times as failures and as latency.
 */
export function faultsOf({ provider, weather, spans }: TroubleFit): readonly Fault[] {
  if (weather === null) return [];
  const { degraded, down } = weather;
  return spans.flatMap(({ state, startMs, endMs }): readonly Fault[] => {
    const during = { scope: provider, startMs, endMs };
    if (state === 'up') return [];
    if (state === 'down') {
      return down.failureProbability >= OUTAGE_FAILURE
        ? [{ ...during, kind: 'down' }]
        : [{ ...during, kind: 'failures', probability: down.failureProbability }];
    }
    const failures: readonly Fault[] = [{ ...during, kind: 'failures', probability: degraded.failureProbability }];
    return degraded.latencyFactor === 1
      ? failures
      : [...failures, { ...during, kind: 'latency', factor: degraded.latencyFactor }];
  });
}
