/** The states of a target and the one table of legal moves between them. The README's diagram shows this table. */
import { TARGET_STATES, type TargetState } from '../contract.ts';

export const HEALTH_EVENTS = [
  'struggle',
  'steady',
  'trip',
  'drained',
  'rested',
  'passed',
  'relapse',
  'expel',
  'disable',
  'enable',
] as const;
/**
 * - `struggle` / `steady`: the failure ratio or latency became worrying / normal again
 * - `trip`: the failure ratio is too high to go on
 * - `drained`: the last attempt that was in flight at the trip ended
 * - `rested`: the cooldown is over
 * - `passed` / `relapse`: enough probes succeeded / one failed
 * - `expel`: the provider refused the key (401, 403), or an operator ordered a rest
 * - `disable` / `enable`: an operator's order; what is enabled takes requests at once, whatever kept it out
 */
export type HealthEvent = (typeof HEALTH_EVENTS)[number];

export const TRANSITIONS: Readonly<Record<TargetState, Readonly<Partial<Record<HealthEvent, TargetState>>>>> = {
  healthy: { struggle: 'degraded', trip: 'unhealthy', expel: 'cooldown', disable: 'disabled' },
  degraded: { steady: 'healthy', trip: 'unhealthy', expel: 'cooldown', disable: 'disabled' },
  unhealthy: { drained: 'cooldown', rested: 'probing', expel: 'cooldown', disable: 'disabled', enable: 'healthy' },
  cooldown: { rested: 'probing', expel: 'cooldown', disable: 'disabled', enable: 'healthy' },
  probing: { passed: 'healthy', relapse: 'cooldown', expel: 'cooldown', disable: 'disabled', enable: 'healthy' },
  disabled: { enable: 'healthy' },
};

/** The state after an event. @throws Error on an illegal move, which is a bug in the core. */
export function nextTargetState(state: TargetState, event: HealthEvent): TargetState {
  const next = TRANSITIONS[state][event];
  if (next === undefined) throw new Error(`a target that is ${state} cannot take the event ${event}`);
  return next;
}

/** States as small integers for typed arrays, in the order of `TARGET_STATES`. */
export const STATE_CODE = Object.fromEntries(TARGET_STATES.map((state, code) => [state, code])) as Readonly<
  Record<TargetState, number>
>;
