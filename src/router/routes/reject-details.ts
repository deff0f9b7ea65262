/** What a steered request asked for and what was tried for it, for the answer that says that there is nobody. */
import { ELIGIBLE, REJECTION_CODE } from '../candidates/candidate-field.ts';
import { lacksRoomAlone } from '../candidates/filter-candidates.ts';
import type { RejectDetails, RouterRequest } from '../contract.ts';
import type { PendingRequest } from '../state/pending-request.ts';
import type { RouterState } from '../state/router-state.ts';
import type { Tier } from './compiled-routes.ts';
import type { Steered } from './steer-request.ts';

/** Reads the last filtering, which must have been that of the request; one without a lane was not filtered. */
export function rejectDetails(state: RouterState, pending: PendingRequest, steered: Steered): RejectDetails {
  const { requestedRoute, forced, sticky, allowed, disabled } = steered;
  const tiers = pending.lane < 0 ? [] : state.field.lane.tiers;
  const attempted = tiers.map((tier) => {
    const place = tier.route === null ? (forced ?? 'pool') : `${tier.route}:${tier.pool}`;
    return `${place}:${hindrance(state, pending.request, tier)}`;
  });
  return {
    route: requestedRoute,
    named: forced ?? sticky,
    // A pool that an image splits in two is one to people.
    attempted: [...new Set(attempted)],
    allowedProviders: allowed,
    disabled,
  };
}

/**
 * What all targets of the tier have in common, or that they are out for several reasons. Those that an operator disabled
 * do not count beside others.
 */
function hindrance(state: RouterState, request: RouterRequest, { targets }: Tier): string {
  const { rejection } = state.field;
  const enabled = [...targets].filter((target) => rejection[target] !== REJECTION_CODE.disabled);
  const found = new Set(enabled.map((target) => wordFor(state, target, request)));
  if (targets.length === 0) return 'empty';
  return found.size === 1 ? [...found][0]! : 'health';
}

function wordFor(state: RouterState, target: number, request: RouterRequest): string {
  switch (state.field.rejection[target]) {
    case ELIGIBLE:
    case REJECTION_CODE.busy:
    case REJECTION_CODE.queue_full:
      return 'busy';
    case REJECTION_CODE.not_capable:
      return lacksRoomAlone(state, target, request) ? 'max_context_window' : 'not_capable';
    case REJECTION_CODE.excluded:
      return 'excluded';
    case REJECTION_CODE.budget_exhausted:
      return 'budget';
    default:
      return 'health';
  }
}
