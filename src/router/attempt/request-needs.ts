/** Whether one waiting request is at least as hard to place as another of the same lane. */
import { neededCapabilities } from '../state/compiled-lanes.ts';
import type { PendingRequest } from '../state/pending-request.ts';

/**
 * True when every target that would take `pending` would also take `other`, so that nobody needs to be asked
 * about `pending` once `other` could not be placed. May be false although it is so.
 *
 * Every filter is monotone in what is compared here: capabilities, protocol, tokens, budgets, tried targets.
 */
export function needsAsMuch(pending: PendingRequest, other: PendingRequest): boolean {
  const wanted = neededCapabilities(other.request);
  return (
    // Two policies may differ in what they let through.
    pending.arm === other.arm &&
    pending.reservedOutputTokens >= other.reservedOutputTokens &&
    pending.request.inputTokens >= other.request.inputTokens &&
    (pending.request.maxOutputTokens ?? 0) >= (other.request.maxOutputTokens ?? 0) &&
    pending.clientKey === other.clientKey &&
    // What instructions and bans do is not compared.
    pending.barred.length === 0 &&
    pending.stickyLane < 0 &&
    other.barred.length === 0 &&
    other.stickyLane < 0 &&
    // Its first attempt also costs the client one request; a later one has targets that it must not try again.
    pending.attempts === 0 &&
    other.attempts === 0 &&
    (neededCapabilities(pending.request) & wanted) === wanted &&
    pending.request.protocol === other.request.protocol
  );
}
