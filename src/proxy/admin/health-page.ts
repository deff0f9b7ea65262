/** Whether the proxy can serve: for load balancers and people, without anything that only an operator may know. */
import type { PolicyStanding } from '../../policies/standing.ts';
import { targetStatuses, type ProxyView } from '../watch/index.ts';
import { uptimeSeconds } from './status-page.ts';

/**
 * - `ok`: all is well
 * - `degraded`: it serves, but something wants attention
 * - `draining`: it shuts down: requests under way are ended, new ones refused
 * - `failing`: it takes no requests, or has nowhere to send them
 */
export type HealthStatus = 'ok' | 'degraded' | 'draining' | 'failing';

/** `GET /health`: 200 for `ok` and `degraded`, 503 for the others. */
export interface HealthPage {
  readonly status: HealthStatus;
  /** One line; null when all is well. */
  readonly why: string | null;
  readonly version: string;
  readonly uptimeSeconds: number;
  readonly log: { readonly state: 'ok' | 'failing'; readonly reason: string | null };
  /** Targets that can be sent to now (busy ones too), of all that are not disabled. */
  readonly targets: { readonly eligible: number; readonly total: number };
  readonly openRequests: number;
  /** Which one is in force, by what, and which one is on its way; who did it and why is for operators. */
  readonly policy: Omit<PolicyStanding, 'why'>;
}

export function healthPage(view: ProxyView): HealthPage {
  const enabled = targetStatuses(view).filter(({ state, isLeaving }) => state !== 'disabled' && !isLeaving);
  const eligible = enabled.filter(({ isAvailable }) => isAvailable).length;
  const { state, reason, databaseTrouble } = view.logHealth();
  const { name, hash, source, candidate } = view.policyStanding();
  const verdict = judge(view, eligible, enabled.length, state === 'ok', databaseTrouble === null);
  return {
    status: verdict[0],
    why: verdict[1],
    version: view.version,
    uptimeSeconds: uptimeSeconds(view),
    log: { state, reason: reason ?? databaseTrouble },
    targets: { eligible, total: enabled.length },
    openRequests: view.openRequests,
    policy: { name, hash, source, candidate },
  };
}

function judge(
  view: ProxyView,
  eligible: number,
  total: number,
  isLogged: boolean,
  isDatabaseWell: boolean,
): readonly [HealthStatus, string | null] {
  if (view.isDraining) return ['draining', 'shutting down'];
  if (!isLogged && view.refusesWithoutLog)
    return ['failing', 'the decision log cannot be written, so calls are refused'];
  if (eligible === 0) return ['failing', 'no target can be sent to now'];
  if (!isLogged) return ['degraded', 'the decision log cannot be written'];
  if (!isDatabaseWell) return ['degraded', 'the database of the decision log takes no rows; they wait on disk'];
  if (eligible < total) return ['degraded', `${total - eligible} of ${total} targets cannot be sent to now`];
  return ['ok', null];
}
