/** What a steered request asked for and what was tried for it, for the answer that says that there is nobody. */
import { ELIGIBLE, REJECTION_CODE } from '../candidates/candidate-field.ts';
import type { RejectDetails } from '../contract.ts';
import type { RouterState } from '../state/router-state.ts';
import type { Tier } from './compiled-routes.ts';
import type { Steered } from './steer-request.ts';

/**
 * Reads the last filtering, which must have been that of the request.
 *
 * @param lane of the request; -1 when there is none, and so nothing to filter
 */
export function rejectDetails({ field }: RouterState, steered: Steered, lane: number): RejectDetails {
  const { requestedRoute, forced, sticky, allowed, disabled } = steered;
  const named = forced ?? sticky;
  const tiers = lane < 0 ? [] : field.lane.tiers;
  return {
    route: requestedRoute,
    named,
    attempted: tiers.map((tier) => {
      const place = tier.route === null ? (forced ?? 'pool') : `${tier.route}:${tier.pool}`;
      return `${place}:${hindrance(field.rejection, tier)}`;
    }),
    allowedProviders: allowed,
    disabled,
  };
}

/** What all targets of the tier have in common, or that they are out for several reasons. Those that an operator disabled do not count beside others. */
function hindrance(rejection: Uint8Array, { targets }: Tier): string {
  const codes = Array.from(targets, (target) => rejection[target]!);
  const enabled = codes.filter((code) => code !== REJECTION_CODE.disabled);
  const found = new Set(enabled.map(wordFor));
  return found.size === 1 ? [...found][0]! : 'health';
}

function wordFor(code: number): string {
  switch (code) {
    case ELIGIBLE:
    case REJECTION_CODE.busy:
    case REJECTION_CODE.queue_full:
      return 'busy';
    case REJECTION_CODE.not_capable:
      return 'not_capable';
    case REJECTION_CODE.excluded:
      return 'excluded';
    case REJECTION_CODE.budget_exhausted:
      return 'budget';
    default:
      return 'health';
  }
}
