/** Whose policy the open requests go by once the canary is another one, or is over. */
import type { Canary } from '../canary.ts';
import type { PendingRequest } from '../state/pending-request.ts';
import { isSameData } from './same-configuration.ts';

/**
 * A request of the canary stays one while there is a canary of that id, or of that policy; else it goes on under the
 * main policy. One of `main` stays there, however many sessions the canary now has.
 */
export function carryArms(
  requests: readonly PendingRequest[],
  before: Canary | null,
  after: Canary | null,
): readonly PendingRequest[] {
  if (after !== null && (after.id === before?.id || isSameData(after.policy, before?.policy))) return requests;
  return requests.map((pending) => (pending.arm === 'main' ? pending : { ...pending, arm: 'main' }));
}

/** True when no open request goes by another policy because of the canary. */
export function isNobodyMoved(
  requests: readonly PendingRequest[],
  before: Canary | null,
  after: Canary | null,
): boolean {
  return requests.every(({ arm }) => arm === 'main') || isSameData(before?.policy, after?.policy);
}
