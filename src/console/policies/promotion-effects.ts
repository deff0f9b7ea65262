/** What a plan is going to do, line by line, for whoever is asked to confirm it. */
import { formatPercent, formatSpan, plural } from '../../../reports/format.ts';
import type { PromotionPlan } from '../../policies/promotion.ts';
import { GUARD_NAMES, limitText } from './guard-words.ts';

/** In the order in which it happens; times are the proxy's. */
export function effectsOf(plan: PromotionPlan): readonly string[] {
  const { shadowForMs, canaryShare, canaryForMs, requestsMin } = plan;
  const shadow =
    shadowForMs === 0
      ? 'There is no shadow stage.'
      : `For ${formatSpan(shadowForMs)} its decisions are only heard, beside those of the policy in force. No request goes by it.`;
  const canary =
    canaryShare === 0
      ? 'There is no canary: all requests go by it at once, and no guard watches.'
      : `Then ${formatPercent(canaryShare, 1)} of the sessions go by it for ${formatSpan(canaryForMs)}, and it waits for at least ${plural(requestsMin, 'request')}.`;
  const guards = canaryShare === 0 ? [] : [`It is rolled back by itself when a guard breaks: ${guardsText(plan)}.`];
  return [shadow, canary, ...guards, 'Then all requests go by it, until somebody rolls it back.'];
}

function guardsText({ guards }: PromotionPlan): string {
  return (Object.keys(GUARD_NAMES) as (keyof typeof GUARD_NAMES)[])
    .map((guard) => `${GUARD_NAMES[guard].toLowerCase()} ${limitText(guard, guards[guard])}`)
    .join('; ');
}
