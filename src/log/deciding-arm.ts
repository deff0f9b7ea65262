import { armOf, type Arm } from '../router/index.ts';
import type { LogReader } from './log-reader.ts';
import type { DecisionRow } from './schema.ts';

/** Whose policy made a logged decision; null when there was no canary, or the log does not tell. */
export async function armThatDecided(
  reader: Pick<LogReader, 'configurationAt' | 'beginOf'>,
  decision: DecisionRow,
): Promise<Arm | null> {
  const configuration = await reader.configurationAt(decision.sequence);
  if (configuration === null || !configuration.canary) return null;
  const { policyHash, canary } = configuration;
  if (canary.policyHash !== policyHash) return decision.policy_hash === canary.policyHash ? 'canary' : 'main';
  // Both arms have the same policy: only the draw with which the request began tells them apart.
  const begin = await reader.beginOf(decision.request_id);
  const then = begin === null ? null : await reader.configurationAt(begin.sequence);
  return begin === null || then === null ? null : armOf(then.canary ?? null, begin.payload, then.seed);
}
