/**
 * Class and priority of a request. The class follows from the size alone, whatever the endpoint; `background`
 * is what a client declares, never what it is forced into.
 */
import type { RouterRequest } from '../contract.ts';
import type { Priority } from '../pool.ts';
import type { Policy, RequestClass } from '../policy.ts';

/** Input plus the output to be expected: the client's maximum, or what the policy assumes without one. */
export function estimatedTokens(request: RouterRequest, policy: Policy): number {
  return request.inputTokens + (request.maxOutputTokens ?? policy.classes.assumedOutputTokens);
}

export function classifyRequest(request: RouterRequest, policy: Policy): RequestClass {
  if (request.declaredClass === 'background') return 'background';
  const tokens = estimatedTokens(request, policy);
  if (tokens >= policy.classes.longTokensMin) return 'long';
  if (tokens <= policy.classes.chatTokensMax) return 'chat';
  return 'balanced';
}

/**
 * The declared priority when it is one of the three words (case and outer blanks aside), else `low` for
 * background and `normal` for the rest; never above what the client key may claim.
 */
export function prioritise(declared: string | null, requestClass: RequestClass, ceiling: Priority): Priority {
  const claimed = declared === null ? null : declared.trim().toLowerCase();
  const priority: Priority =
    claimed === 'low' || claimed === 'normal' || claimed === 'high'
      ? claimed
      : requestClass === 'background'
        ? 'low'
        : 'normal';
  return rank(priority) > rank(ceiling) ? ceiling : priority;
}

function rank(priority: Priority): number {
  return priority === 'low' ? 0 : priority === 'normal' ? 1 : 2;
}
