import { SELECTION_MODES, type Policy, type SelectionMode } from '../router/policy.ts';
import { BadInput } from './bad-input.ts';
import type { ContextRoutingForm, ClassifierForm } from './classifier-schema.ts';
import { policyHash, type NamedPolicy } from './load-policy.ts';

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

const MODE_VARIABLE = 'ROUTER_SELECTION_MODE';
const RATE_VARIABLE = 'ROUTER_EXPLORATION_RATE';

/**
 * The policy with what `ROUTER_SELECTION_MODE` and `ROUTER_EXPLORATION_RATE` say in place of its own; empty or
 * missing variables say nothing. The hash is that of the policy in force, overrides included.
 *
 * @throws BadInput for a value that is none; it is never ignored
 */
export function overridePolicy(given: NamedPolicy, environment: Environment): NamedPolicy {
  const mode = readMode(environment[MODE_VARIABLE]);
  const explorationRate = readRate(environment[RATE_VARIABLE]);
  if (mode === null && explorationRate === null) return given;
  const policy: Policy = {
    ...given.policy,
    mode: mode ?? given.policy.mode,
    explorationRate: explorationRate ?? given.policy.explorationRate,
  };
  return { name: `${given.name} (environment)`, policy, hash: policyHash(policy) };
}

/**
 * The policy with what a `token-pool.yaml` says under `classifier` and `contextRouting` in place of its own `routing`.
 * The hash is that of the policy in force.
 */
export function configurePolicy(
  given: NamedPolicy,
  { longContextThresholdTokens }: ClassifierForm,
  contextRouting: ContextRoutingForm,
): NamedPolicy {
  const warnRatio = contextRouting.warnRatio ?? contextRouting.warn_ratio;
  const hardLimit = contextRouting.hardLimit ?? contextRouting.hard_limit;
  if (longContextThresholdTokens === undefined && warnRatio === undefined && hardLimit === undefined) return given;
  const { routing } = given.policy;
  const policy: Policy = {
    ...given.policy,
    routing: {
      longContextThresholdTokens: longContextThresholdTokens ?? routing.longContextThresholdTokens,
      warnRatio: warnRatio ?? routing.warnRatio,
      hardLimit: hardLimit ?? routing.hardLimit,
    },
  };
  return { name: `${given.name} (configuration)`, policy, hash: policyHash(policy) };
}

function readMode(text: string | undefined): SelectionMode | null {
  const mode = text?.trim() ?? '';
  if (mode === '') return null;
  const known = SELECTION_MODES.find((each) => each === mode);
  if (known !== undefined) return known;
  throw new BadInput(`${MODE_VARIABLE}: "${mode}" is no selection mode; expected one of ${SELECTION_MODES.join(', ')}`);
}

function readRate(text: string | undefined): number | null {
  const rate = text?.trim() ?? '';
  if (rate === '') return null;
  const value = Number(rate);
  if (value >= 0 && value <= 1) return value;
  throw new BadInput(`${RATE_VARIABLE}: "${rate}" is no exploration rate; expected a number from 0 to 1`);
}
